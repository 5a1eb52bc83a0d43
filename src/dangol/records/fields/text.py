"""Fields that hold text."""

import re
import unicodedata
from html import escape
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from dangol.records.fields.base import EMPTY_MARK, Field, FieldError, Locale

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_SPACE = re.compile(r"\s+")


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
        text = self._tidied(text) if text.isprintable() else self._checked(text)
        if self.max_length is not None and len(text) > self.max_length:
            raise FieldError(
                "too_long",
                _("The text is %(length)s characters long; at most %(limit)s fit.")
                % {"length": len(text), "limit": self.max_length},
            )
        return text or None

    def _tidied(self, text: str) -> str:
        if not text.isascii():
            text = unicodedata.normalize("NFC", text)
        if not self.multiline and "  " in text:
            text = _SPACE.sub(" ", text)
        return text.strip()

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

    def html(self, value: Any, locale: Locale) -> SafeString:
        if not value:
            return EMPTY_MARK
        return SafeString(f'<span class="pre">{escape(value)}</span>')


class Url(Text):
    """A web address; only http and https."""

    kind = "url"
    widget = "url"
    _validate = URLValidator(schemes=["http", "https"])

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
