"""What was written as a value → the value that a field compares with."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from decimal import Context, Decimal
from typing import Any as Anything

from django.utils.translation import gettext as _

from dangol.records.fields import Choice, Field, FieldError, Locale, MultiChoice, Tags
from dangol.records.filters.messages import FilterError, did_you_mean, nearest, quoted
from dangol.records.filters.relative import EARLIEST, LATEST, PERSONS, is_day, known
from dangol.records.filters.tree import Compare, Path, Relative, Scalar

SUBSTRING = frozenset({"contains", "not contains", "starts with", "ends with"})
NUMERIC = frozenset({"integer", "number", "money"})
TEMPORAL = frozenset({"date", "datetime"})
MAX_SUBSTRING = 200
MAX_DIGITS = 40

_EXACT = Context(prec=2 * MAX_DIGITS)
"""Arithmetic that rounds no number anybody can write; the usual one ends at 28 digits."""
_LARGE = {"만": 10**4, "억": 10**8, "조": 10**12}
_SMALL = {"십": 10, "백": 100, "천": 1000}
_WESTERN = {"k": 10**3, "m": 10**6, "b": 10**9}
_PIECE = re.compile(r"(\d+(?:\.\d+)?)?([십백천만억조]?)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{1,2}-\d{1,2}", re.ASCII)


def amount(text: str) -> Decimal | None:
    """A number as people write it: 1250.5, 1,250, 5천, 3000만원, 1억2000만, 300k. None if it is none."""
    text = unicodedata.normalize("NFKC", text).strip().replace("−", "-").replace(",", "").replace("_", "")
    sign = -1 if text.startswith("-") else 1
    text = text.removeprefix("-").removeprefix("+").removeprefix("₩").removesuffix("원").casefold()
    factor = _WESTERN.get(text[-1:], 1)
    if factor > 1:
        text = text[:-1]
    if not text or not text.isprintable() or not text[0].isdigit() or len(text) > MAX_DIGITS:
        return None
    if re.fullmatch(r"\d+(\.\d+)?", text, re.ASCII):
        number = Decimal(text)
        if factor > 1:
            number = _EXACT.multiply(number, factor)
        return number if sign > 0 else number.copy_negate()
    return None if factor > 1 else _korean(text, sign)


def _korean(text: str, sign: int) -> Decimal | None:
    total = group = Decimal(0)
    ceiling = 10**16
    at = 0
    while at < len(text):
        match = _PIECE.match(text, at)
        if match is None or match.end() == at:
            return None
        at = match.end()
        number = Decimal(match[1]) if match[1] else None
        unit = match[2]
        if unit in _LARGE:
            if _LARGE[unit] >= ceiling:
                return None
            ceiling = _LARGE[unit]
            whole = group + (number or 0)
            if not whole:
                return None
            total += whole * ceiling
            group = Decimal(0)
        elif unit in _SMALL:
            group += (Decimal(1) if number is None else number) * _SMALL[unit]
        else:
            group += number or 0
    return sign * (total + group)


def relative_word(field: Field, word: str) -> str | None:
    """The canonical name if `word` is a moment, period or person and `field` can be compared with one."""
    name = known(word)
    if name is None:
        return None
    if name in PERSONS:
        return name if field.kind == "reference" else None
    return name if field.kind in TEMPORAL else None


def check_relative(field: Field, value: Relative) -> Relative:
    """`value`, if it fits `field`. Raises FilterError without a place."""
    if value.name in PERSONS:
        kinds = PERSONS[value.name]
        if field.kind == "reference" and refers_to(field) in kinds:
            return value
        raise FilterError(
            _("“%(word)s” does not fit “%(field)s”.") % {"word": value.name, "field": field.label},
            code="value",
            expected=[name for name, types in PERSONS.items() if refers_to(field) in types],
        )
    if field.kind not in TEMPORAL:
        raise FilterError(
            _("“%(word)s” does not fit “%(field)s”.") % {"word": value.name, "field": field.label},
            code="value",
        )
    if field.kind == "date" and not is_day(value.name):
        raise FilterError(
            _("“%(field)s” holds days without a time: write today instead of now.") % {"field": field.label},
            code="value",
            expected=["today"],
        )
    return value


def refers_to(field: Field) -> str:
    """What a reference points to, also where that is no record type: "user", "team", "territory"."""
    target = getattr(field, "target", None)
    if target:
        return str(target)
    model = getattr(field, "model", None)
    return model.__name__.lower() if model is not None else ""


def read(field: Field, op: str, raw: Anything, locale: Locale) -> Scalar | None:
    """One value, from text or JSON. None means "empty". Raises FilterError without a place."""
    if raw is None:
        return None
    if isinstance(field, Tags):
        return _tag(field, raw, locale)
    if isinstance(field, MultiChoice):
        try:
            return field.one(raw, locale)
        except FieldError as error:
            raise _explained(field, raw, error, locale) from None
    if op in SUBSTRING:
        return _substring(raw)
    if field.kind in NUMERIC and isinstance(raw, str):
        raw = _digits(raw)
    if field.kind == "datetime" and isinstance(raw, str) and _DAY.fullmatch(raw.strip()):
        return _in_range(_day(raw.strip()))
    try:
        value = field.parse(raw, locale)
    except FieldError as error:
        raise _explained(field, raw, error, locale) from None
    if field.kind == "reference" and value is not None:
        return _reference(value)
    if isinstance(value, dt.date):
        return _in_range(value)
    if value is not None and not isinstance(value, str | int | float | Decimal):
        raise FilterError(
            _("“%(field)s” cannot be compared with this.") % {"field": field.label}, code="value"
        )
    return value


def _tag(field: Tags, raw: Anything, locale: Locale) -> str | None:
    try:
        return field.one(raw if isinstance(raw, str) else str(raw), locale)
    except FieldError as error:
        raise FilterError(str(error.message), code="value") from None


def _digits(raw: str) -> str:
    """A number as people write it, in plain digits; an empty text stays one."""
    number = amount(raw)
    if number is None and raw.strip():
        raise FilterError(
            _("“%(value)s” is not a number. Write 1000000, 1,000,000, 300만 or 1.2억.")
            % {"value": quoted(raw)},
            code="value",
        )
    return "" if number is None else format(number, "f")


def _substring(raw: Anything) -> str:
    if not isinstance(raw, str) or not raw.strip():
        raise FilterError(_("Write the text to look for."), code="value")
    if len(raw) > MAX_SUBSTRING:
        raise FilterError(
            _("The text to look for is too long: at most %(limit)s characters.") % {"limit": MAX_SUBSTRING},
            code="value",
        )
    return unicodedata.normalize("NFC", raw)


def _day(text: str) -> dt.date:
    try:
        return dt.date(*map(int, text.split("-")))
    except ValueError:
        raise FilterError(_("There is no such day. Write a date as 2026-11-21."), code="value") from None


def _in_range(value: dt.date) -> dt.date:
    day = value.date() if isinstance(value, dt.datetime) else value
    if not EARLIEST <= day <= LATEST:
        raise FilterError(
            _("Dates lie between %(first)s and %(last)s.") % {"first": EARLIEST, "last": LATEST}, code="value"
        )
    return value


def _reference(value: Anything) -> int | str:
    identity = getattr(value, "id", value)
    if isinstance(identity, int):
        return identity
    title = getattr(value, "title", value)
    if isinstance(title, str) and title:
        return title
    raise FilterError(_("Write the id or the name of the record."), code="value")


def _explained(field: Field, raw: Anything, error: FieldError, locale: Locale) -> FilterError:
    if not isinstance(field, Choice):
        return FilterError(str(error.message), code="value")
    shown = quoted(str(raw))
    close = (
        nearest(str(raw), [*field.codes(), *field.labels(locale.language)]) if isinstance(raw, str) else []
    )
    message = _("“%(field)s” has no value “%(value)s”.") % {"field": field.label, "value": shown}
    if close:
        return FilterError(message + did_you_mean(close), code="unknown_value", expected=close)
    return FilterError(f"{message} {error.message}", code="unknown_value", expected=field.codes())


def condition(path: Path, field: Field, op: str, value: Scalar | None) -> Compare:
    """`field op value` with one value; compared with nothing, `=` means "is empty". Raises FilterError."""
    if value is not None:
        return Compare(path, op, value)
    if op in ("=", "!="):
        return Compare(path, "is empty" if op == "=" else "is not empty")
    raise FilterError(_("Write “is empty” to find missing values."), code="value", expected=["is empty"])
