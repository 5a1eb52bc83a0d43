"""Days and moments as people write them, read exactly or not at all.

What can be meant in one way only is read by itself. `03/04/2021` and `26-11-21` need the order of day, month and
year, which no single value tells: whoever knows the whole column says it.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta, timezone

ORDERS = ("ymd", "dmy", "mdy")

_SEPARATOR = r"\s*[.\-/]\s*"
_YEAR_FIRST = re.compile(
    r"([0-9]{4})(?:\s*[.\-/년]\s*)([0-9]{1,2})(?:\s*[.\-/월]\s*)([0-9]{1,2})(?:\s*[.일])?"
)
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_COMPACT_MOMENT = re.compile(r"([0-9]{8})([0-9]{2})([0-9]{2})([0-9]{2})")
_YEAR_LAST = re.compile(rf"([0-9]{{1,2}}){_SEPARATOR}([0-9]{{1,2}}){_SEPARATOR}([0-9]{{4}})\.?")
_SHORT_YEAR = re.compile(rf"([0-9]{{1,2}}){_SEPARATOR}([0-9]{{1,2}}){_SEPARATOR}([0-9]{{1,2}})\.?")
_NAMED = (
    re.compile(r"(?P<d>[0-9]{1,2})(?:st|nd|rd|th)?[\s\-.]*(?P<m>[a-z]{3,9})\.?,?[\s\-]*(?P<y>[0-9]{4})"),
    re.compile(r"(?P<m>[a-z]{3,9})\.?\s*(?P<d>[0-9]{1,2})(?:st|nd|rd|th)?,?\s+(?P<y>[0-9]{4})"),
    re.compile(r"(?P<y>[0-9]{4})[\s\-.]*(?P<m>[a-z]{3,9})[\s\-.]*(?P<d>[0-9]{1,2})"),
)
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
    "november", "december",
)  # fmt: skip
_MONTH_NUMBER = {name[:length]: n for n, name in enumerate(_MONTHS, 1) for length in (3, len(name))} | {
    "sept": 9
}
_WEEKDAY_BEFORE = re.compile(r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*[,.]?\s+")
_WEEKDAY_BEHIND = re.compile(r"\s*(?:\([월화수목금토일]\)|[월화수목금토일]요일)$")
_TIME = re.compile(
    r"(?P<before>오전|오후|am|pm)?\s*"
    r"(?P<hour>[0-9]{1,2})(?:\s*:\s*|시\s*)(?P<minute>[0-9]{1,2})?(?:분)?"
    r"(?:(?:\s*:\s*|\s*)(?P<second>[0-9]{1,2})(?:초)?(?:[.,](?P<fraction>[0-9]{1,9}))?)?"
    r"\s*(?P<after>am|pm|a\.m\.|p\.m\.)?"
    r"\s*(?P<zone>z|utc|gmt|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)
_BEFORE_TIME = re.compile(
    r"(?<=[0-9.일)])(?:t|,?\s+|\s*(?=오전|오후))(?=(?:오전|오후|am|pm)?\s*[0-9]{1,2}\s*[:시])"
)
_AFTERNOON = ("오후", "pm", "p.m.")
_LONGEST = 60
"""Characters; nothing longer is a moment, and no pattern has to look at it."""
_CENTURY_TURN = 69
"""Two digits below are 20xx, from here on 19xx, as in POSIX."""


def read_moment(text: str, order: str | None = None) -> datetime | date | None:
    """A day, or a moment where a time stands behind it; None for what is neither.

    Args:
        order: of day, month and year where the text leaves it open: "dmy", "mdy" or "ymd".

    Raises:
        ValueError: it is written as one, but there is no such day or time.
    """
    plain = unicodedata.normalize("NFKC", text).strip().lower()
    if len(plain) > _LONGEST:
        return None
    if found := _COMPACT_MOMENT.fullmatch(plain):
        clock = time(int(found[2]), int(found[3]), int(found[4]))
        return datetime.combine(_from(_COMPACT.fullmatch(found[1])), clock)  # type: ignore[arg-type]
    split = _BEFORE_TIME.search(plain)
    if split is None:
        return _day(plain, order)
    day = _day(plain[: split.start()], order)
    found = _TIME.fullmatch(plain[split.end() :].strip())
    if day is None or found is None:
        return None
    return _combined(day, found)


def _combined(day: date, found: re.Match[str]) -> datetime:
    hour, minute, second = int(found["hour"]), int(found["minute"] or 0), int(found["second"] or 0)
    half = found["before"] or found["after"]
    if half:
        if not 1 <= hour <= 12 and not (hour == 0 and half not in _AFTERNOON):
            raise ValueError("no such hour")
        hour = hour % 12 + (12 if half in _AFTERNOON else 0)
    micro = int((found["fraction"] or "0")[:6].ljust(6, "0"))
    return datetime.combine(day, time(hour, minute, second, micro, tzinfo=_zone(found["zone"])))


def _zone(text: str | None) -> timezone | None:
    if not text:
        return None
    if text[0] not in "+-":
        return UTC
    digits = text[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    return timezone(-offset if text[0] == "-" else offset)


def _day(text: str, order: str | None) -> date | None:
    text = _WEEKDAY_BEHIND.sub("", _WEEKDAY_BEFORE.sub("", text, count=1) if text[:1].isalpha() else text)
    text = text.strip().rstrip(",")
    if found := _YEAR_FIRST.fullmatch(text) or _COMPACT.fullmatch(text):
        return _from(found)
    for pattern in _NAMED:
        if (found := pattern.fullmatch(text)) and (month := _MONTH_NUMBER.get(found["m"])):
            return date(int(found["y"]), month, int(found["d"]))
    if order is None:
        return None
    found = (_YEAR_LAST.fullmatch(text) if order != "ymd" else None) or _SHORT_YEAR.fullmatch(text)
    if found is None:
        return None
    parts = dict(zip(order, map(int, found.groups()), strict=True))
    if parts["y"] < 100:
        parts["y"] += 1900 if parts["y"] >= _CENTURY_TURN else 2000
    return date(parts["y"], parts["m"], parts["d"])


def _from(found: re.Match[str]) -> date:
    year, month, day = map(int, found.groups())
    return date(year, month, day)
