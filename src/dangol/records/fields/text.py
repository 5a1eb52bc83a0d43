"""Fields that hold text."""

import re
import unicodedata
from html import escape
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from dangol.records.fields.base import EMPTY_MARK, OPAQUE, Field, FieldError, Locale
from dangol.records.fields.resident import SHORTEST, has_resident_number

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_SPACE = re.compile(r"\s+")


_RESIDENT = re.compile(r"(\d{6})[- ]?\d{7}", re.ASCII)
_NUMBER = re.compile(r"\+?[\d ().-]{7,}", re.ASCII)
RESIDENT_NUMBER = "resident_number"
RESIDENT_REFUSAL = _(
    "This looks like a resident registration number. The law forbids keeping it (Personal Information Protection Act, "
    "Article 24-2). Take it out, or leave the date of birth only."
)
MASKED_LENGTH = 20
"""Longer texts are masked as a whole: their outer letters would tell nothing, their length too much."""


def masked_text(value: str) -> str:
    """홍길동 → 홍*동, 김수 → 김*, a@b.com → a***@b.com, 900101-1234567 → 900101-*; digits are never shown."""
    if found := _RESIDENT.fullmatch(value):
        return f"{found[1]}-*"
    if "@" in value:
        return masked_mail(value)
    if len(value) > MASKED_LENGTH:
        return OPAQUE
    if _NUMBER.fullmatch(value):
        return masked_number(value)
    shown = value[0] + "*" * (len(value) - 2) + value[-1] if len(value) > 2 else value[:1] + "*"
    return re.sub(r"\d", "*", shown)


def masked_mail(value: str) -> str:
    """The mailbox's first letters – one of a short one, two of a longer one – and the domain."""
    mailbox, _at, domain = value.rpartition("@")
    return f"{mailbox[: 2 if len(mailbox) > 3 else 1]}***@{domain}"


def masked_number(value: str) -> str:
    """A number as it is written in groups: those between the first and the last are starred, 010-****-5678.

    Of a number in fewer groups only the last four digits are shown.
    """
    groups = value.split("-")
    if len(groups) > 2:
        return "-".join((groups[0], *("*" * len(group) for group in groups[1:-1]), groups[-1]))
    shown = sum(char.isdigit() for char in value) - 4
    stars = []
    for char in value:
        if char.isdigit():
            stars.append("*" if shown > 0 else char)
            shown -= 1
        else:
            stars.append(char)
    return "".join(stars)


def refuse_resident_number(text: str) -> None:
    """Raise FieldError where the text holds a resident registration number: they are not stored anywhere."""
    if has_resident_number(text):
        raise FieldError(RESIDENT_NUMBER, RESIDENT_REFUSAL)


class Text(Field):
    """One line of text. Stored in NFC with single blanks, since macOS sends Hangul decomposed."""

    kind = "text"
    operators = (
        "=", "!=", "contains", "not contains", "starts with", "ends with", "in", "not in", "is empty",
        "is not empty",
    )  # fmt: skip
    blank = ""
    multiline = False

    def __init__(self, name: str = "", *, max_length: int | None = None, **options: Any) -> None:
        super().__init__(name, **options)
        self.max_length = max_length

    def convert(self, raw: Any, locale: Locale) -> str | None:
        if type(raw) is str:
            text = raw
        elif isinstance(raw, bool) or not isinstance(raw, str | int | float):
            raise FieldError("type", _("Enter text."))
        else:
            text = str(raw)
        # Nearly all values are printable, and then they hold no control character, odd blank or broken surrogate.
        if not text.isprintable():
            text = self._checked(text)
        else:
            if not text.isascii() and not unicodedata.is_normalized("NFC", text):
                text = unicodedata.normalize("NFC", text)
            if "  " in text and not self.multiline:
                text = _SPACE.sub(" ", text)
            text = text.strip()
        if self.max_length is not None and len(text) > self.max_length:
            raise FieldError(
                "too_long",
                _("The text is %(length)s characters long; at most %(limit)s fit.")
                % {"length": len(text), "limit": self.max_length},
            )
        if len(text) >= SHORTEST:
            refuse_resident_number(text)
        return text or None

    def mask(self, value: Any) -> str:
        return masked_text(str(value))

    def _checked(self, text: str) -> str:
        if not text.isascii():
            try:
                text.encode()
            except UnicodeEncodeError:
                raise FieldError("encoding", _("The text contains characters that are not valid.")) from None
            text = unicodedata.normalize("NFC", text)
        if _CONTROL.search(text):
            raise FieldError("control", _("The text contains control characters. Remove them and try again."))
        return text.strip() if self.multiline else _SPACE.sub(" ", text).strip()


class LongText(Text):
    """Text with line breaks."""

    kind = "long_text"
    widget = "textarea"
    multiline = True

    def mask(self, value: Any) -> str:
        return OPAQUE

    def html(self, value: Any, locale: Locale) -> SafeString:
        if not value:
            return EMPTY_MARK
        return SafeString(f'<span class="pre">{escape(value)}</span>')


class Url(Text):
    """A web address; only http and https."""

    kind = "url"
    widget = "url"
    _validate = URLValidator(schemes=["http", "https"])

    def mask(self, value: Any) -> str:
        return OPAQUE

    def convert(self, raw: Any, locale: Locale) -> str | None:
        text = super().convert(raw, locale)
        if text is None:
            return None
        if "://" not in text:
            text = f"https://{text}"
        try:
            self._validate(text)
        except ValidationError:
            raise FieldError("url", _("Enter a web address such as https://example.com.")) from None
        return text

    def html(self, value: Any, locale: Locale) -> SafeString:
        if not value:
            return EMPTY_MARK
        shown = escape(value.removeprefix("https://").removeprefix("http://").rstrip("/"))
        return SafeString(f'<a href="{escape(value)}" rel="noopener noreferrer" target="_blank">{shown}</a>')
