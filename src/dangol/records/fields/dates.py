"""Fields that hold days and moments."""

import unicodedata
from datetime import date, datetime, time
from html import escape
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from dangol.records.fields.base import EMPTY_MARK, Field, FieldError, Locale
from dangol.records.fields.days import read_moment
from dangol.web import formats

_DATE_OPERATORS = ("=", "!=", "<", "<=", ">", ">=", "between", "in", "not in", "is empty", "is not empty")


def _day(text: str) -> date:
    """A day. A midnight behind it, as spreadsheets write one, says no more; any other time would be lost."""
    try:
        value = read_moment(text)
    except ValueError:
        raise FieldError("date", _("There is no such day. Enter a date as 2026-11-21.")) from None
    if isinstance(value, datetime) and value.timetz() == time():
        return value.date()
    if value is None or isinstance(value, datetime):
        raise FieldError("date", _("Enter a date as 2026-11-21."))
    return value


def _moment(text: str) -> datetime:
    """A moment, or the midnight that a day begins with."""
    try:
        value = parse_datetime(text) or read_moment(text)
    except ValueError:
        raise FieldError(
            "datetime", _("There is no such moment. Enter a date and time as 2026-11-21 14:30.")
        ) from None
    if value is None:
        raise FieldError("datetime", _("Enter a date and time as 2026-11-21 14:30."))
    return value if isinstance(value, datetime) else datetime.combine(value, time())


class Date(Field):
    """A day."""

    kind = "date"
    operators = _DATE_OPERATORS
    widget = "date"

    def convert(self, raw: Any, locale: Locale) -> date:
        if isinstance(raw, datetime):
            return raw.astimezone(locale.zone).date() if raw.tzinfo else raw.date()
        if isinstance(raw, date):
            return raw
        if not isinstance(raw, str):
            raise FieldError("date", _("Enter a date as 2026-11-21."))
        return _day(unicodedata.normalize("NFKC", raw).strip())

    def to_json(self, value: Any) -> Any:
        return None if value is None else value.isoformat()

    def text(self, value: Any, locale: Locale) -> str:
        return "" if value is None else formats.day(value, locale.language, locale.zone)

    def input(self, value: Any, locale: Locale) -> str:
        return "" if value is None else value.isoformat()


class DateTime(Field):
    """A moment; stored in UTC, read and shown in the user's time zone."""

    kind = "datetime"
    operators = _DATE_OPERATORS
    widget = "datetime-local"

    def convert(self, raw: Any, locale: Locale) -> datetime:
        if isinstance(raw, datetime):
            value = raw
        elif isinstance(raw, date):
            value = datetime.combine(raw, time())
        elif isinstance(raw, str):
            value = _moment(unicodedata.normalize("NFKC", raw).strip())
        else:
            raise FieldError("datetime", _("Enter a date and time as 2026-11-21 14:30."))
        return value if value.tzinfo else value.replace(tzinfo=locale.zone)

    def to_json(self, value: Any) -> Any:
        return None if value is None else value.isoformat()

    def text(self, value: Any, locale: Locale) -> str:
        return "" if value is None else formats.moment(value, locale.language, locale.zone)

    def html(self, value: Any, locale: Locale) -> SafeString:
        if value is None:
            return EMPTY_MARK
        title = escape(self.text(value, locale))
        shown = escape(formats.day(value, locale.language, locale.zone))
        return SafeString(f'<time datetime="{value.isoformat()}" title="{title}">{shown}</time>')

    def input(self, value: Any, locale: Locale) -> str:
        return "" if value is None else value.astimezone(locale.zone).strftime("%Y-%m-%dT%H:%M")
