"""Fields that identify or reach someone: phone, e-mail, business number."""

import re
import unicodedata
from functools import lru_cache
from html import escape
from typing import Any

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from stdnum.exceptions import ValidationError as NumberError
from stdnum.kr import brn

from dangol.records.fields.base import EMPTY_MARK, FieldError, Locale
from dangol.records.fields.text import Text, masked_mail, masked_number

HOME_REGION = "KR"
_PREFIX = r"(1[016-9]|2|3[1-3]|4[1-4]|5[1-5]|6[1-4]|70)"
_NATIONAL = re.compile(rf"0{_PREFIX}[- ]?(\d{{3,4}})[- ]?(\d{{4}})", re.ASCII)
_USUAL_MAIL = re.compile(
    r"[A-Za-z0-9]+(?:[._+-][A-Za-z0-9]+){0,8}@(?:[a-z0-9](?:[a-z0-9-]{0,40}[a-z0-9])?\.){1,4}[a-z]{2,20}",
    re.ASCII,
)
_USUAL_BUSINESS = re.compile(r"(?:10[1-9]|1[1-9]\d|[2-9]\d\d)-?(?!00)\d\d-?(?!0000)\d{5}", re.ASCII)
_CANONICAL = re.compile(rf"\+82{_PREFIX}\d{{7,8}}", re.ASCII)


@lru_cache(maxsize=4_096)
def _e164(text: str) -> str | None:
    """E.164 of a phone number as people write it, or None. Korean 15xx/16xx numbers have no area code and stay valid.

    Korean mobile numbers and those with an area code, nearly all there are, need no look at the library's tables: that is
    fifty times faster.
    """
    if found := _NATIONAL.fullmatch(text):
        return "+82" + "".join(found.groups())
    if _CANONICAL.fullmatch(text):
        return text
    if "~" in text:
        return None  # a range of numbers; taking the first would lose the others
    try:
        number = phonenumbers.parse(text, HOME_REGION)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@lru_cache(maxsize=65_536)
def national(e164: str) -> str:
    """`+821012345678` as it is read at home: 010-1234-5678; numbers of other countries keep their country code."""
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return e164
    style = (
        phonenumbers.PhoneNumberFormat.NATIONAL
        if phonenumbers.region_code_for_country_code(number.country_code or 0) == HOME_REGION
        else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    )
    return phonenumbers.format_number(number, style)


class Phone(Text):
    """A phone number; stored as E.164, shown the national way."""

    kind = "phone"
    widget = "tel"

    def convert(self, raw: Any, locale: Locale) -> str | None:
        text = super().convert(raw, locale)
        if text is None:
            return None
        number = _e164(unicodedata.normalize("NFKC", text))
        if number is None:
            raise FieldError("phone", _("Enter a phone number such as 010-1234-5678 or +82 2 123 4567."))
        return number

    def text(self, value: Any, locale: Locale) -> str:
        return national(value) if value else ""

    def mask(self, value: Any) -> str:
        return masked_number(national(str(value)))

    def html(self, value: Any, locale: Locale) -> SafeString:
        if not value:
            return EMPTY_MARK
        return SafeString(f'<a class="nowrap" href="tel:{escape(value)}">{escape(national(value))}</a>')


class Email(Text):
    """An e-mail address; the domain is kept in lower case."""

    kind = "email"
    widget = "email"
    _validate = EmailValidator()

    def convert(self, raw: Any, locale: Locale) -> str | None:
        text = super().convert(raw, locale)
        if text is None:
            return None
        local, at, domain = text.rpartition("@")
        text = f"{local}{at}{domain.lower()}"
        if _USUAL_MAIL.fullmatch(text):
            return text  # nearly all there are; Django's validator takes ten times as long
        try:
            self._validate(text)
        except ValidationError:
            raise FieldError("email", _("Enter an e-mail address such as name@example.com.")) from None
        return text

    def mask(self, value: Any) -> str:
        return masked_mail(str(value))

    def html(self, value: Any, locale: Locale) -> SafeString:
        if not value:
            return EMPTY_MARK
        shown = escape(value)
        return SafeString(f'<a href="mailto:{shown}">{shown}</a>')


def _check_digit(number: str) -> str:
    """The tenth digit by the National Tax Service's rule, which python-stdnum leaves unchecked.

    Weights 1 3 7 1 3 7 1 3 5 over the first nine digits; the ninth's product counts with its tens as well.
    """
    a, b, c, d, e, f, g, h, i = map(int, number[:9])
    total = a + 3 * b + 7 * c + d + 3 * e + 7 * f + g + 3 * h + 5 * i
    return str(-(total + i * 5 // 10) % 10)


class BusinessNumber(Text):
    """A Korean business registration number; stored as ten digits, shown NNN-NN-NNNNN."""

    kind = "business_number"

    def convert(self, raw: Any, locale: Locale) -> str | None:
        text = super().convert(raw, locale)
        if text is None:
            return None
        if _USUAL_BUSINESS.fullmatch(text):
            number = text.replace("-", "")
        else:
            try:
                number = brn.validate(unicodedata.normalize("NFKC", text))
            except NumberError:
                raise FieldError("business_number", _("Enter ten digits as 123-45-67890.")) from None
        if _check_digit(number) != number[-1]:
            raise FieldError(
                "check_digit",
                _("The check digit of this business number is wrong. Compare it with the certificate."),
            )
        return number

    def text(self, value: Any, locale: Locale) -> str:
        return brn.format(value) if value else ""

    def mask(self, value: Any) -> str:
        return f"{brn.format(str(value))[:6]}-*****"

    def html(self, value: Any, locale: Locale) -> SafeString:
        if not value:
            return EMPTY_MARK
        return SafeString(f'<span class="nowrap">{escape(self.text(value, locale))}</span>')
