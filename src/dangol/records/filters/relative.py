"""Moments, periods and persons that are known only when a filter runs: `today - 30d`, `this_month`, `me`.

Days, weeks and months are those of the actor's time zone; a week starts on Monday.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from dangol.records.filters.messages import FilterError
from dangol.records.filters.tree import Relative

ALL_UNITS = ("min", "h", "d", "w", "mo", "y")
UNITS = {
    "now": ALL_UNITS,
    "today": ("d", "w", "mo", "y"),
    "yesterday": (),
    "tomorrow": (),
    "this_week": ("w",),
    "last_week": (),
    "next_week": (),
    "this_month": ("mo", "y"),
    "last_month": (),
    "next_month": (),
    "this_quarter": ("y",),
    "last_quarter": (),
    "this_year": ("y",),
    "last_year": (),
}
"""Every moment and period, with the units of the offset that it takes."""

PERSONS = {"me": ("user",), "mine": ("team", "territory")}
"""Words for the actor, with the record types that a reference must point to."""

ALIASES = {
    "지금": "now",
    "오늘": "today",
    "어제": "yesterday",
    "내일": "tomorrow",
    "이번주": "this_week",
    "지난주": "last_week",
    "다음주": "next_week",
    "이번달": "this_month",
    "지난달": "last_month",
    "다음달": "next_month",
    "이번분기": "this_quarter",
    "지난분기": "last_quarter",
    "올해": "this_year",
    "작년": "last_year",
    "나": "me",
    "우리": "mine",
}
UNIT_ALIASES = {"분": "min", "시간": "h", "일": "d", "주": "w", "개월": "mo", "달": "mo", "년": "y"}
_LIMITS = {"min": 10_000_000, "h": 1_000_000, "d": 100_000, "w": 20_000, "mo": 6_000, "y": 500}
_OFFSET = re.compile(r"([+-])(\d{1,12})(\w+)", re.ASCII)
_AMOUNT = re.compile(r"(\d{1,12})([^\W\d]+)")

EARLIEST, LATEST = dt.date(1000, 1, 1), dt.date(9998, 12, 31)


class Span(NamedTuple):
    """From `start` up to, not including, `end`. A moment (`now`) has both equal."""

    start: dt.datetime
    end: dt.datetime


def known(word: str) -> str | None:
    """The canonical name of a word for a moment, period or person, or None."""
    folded = word.casefold()
    name = ALIASES.get(folded, folded)
    return name if name in UNITS or name in PERSONS else None


def read_offset(name: str, sign: str, amount: str) -> str:
    """`"-"` and `"30d"` → `"-30d"`, checked for the word `name`. Raises FilterError without a place."""
    match = _AMOUNT.fullmatch(amount)
    unit = UNIT_ALIASES.get(match[2], match[2].casefold()) if match else ""
    allowed = UNITS[name]
    if not allowed:
        raise FilterError(_("“%(name)s” stands alone, without + or −.") % {"name": name}, code="offset")
    if match is None or unit not in allowed:
        raise FilterError(
            _("Write how far as a number and a unit. Units for “%(name)s”: %(units)s.")
            % {"name": name, "units": ", ".join(allowed)},
            code="offset",
            expected=[f"1{unit}" for unit in allowed],
        )
    count = int(match[1])
    if count > _LIMITS[unit]:
        raise FilterError(
            _("That is too far away: at most %(limit)s.") % {"limit": f"{_LIMITS[unit]}{unit}"}, code="offset"
        )
    return f"{sign}{count}{unit}" if count else ""


def from_words(name: str, offset: str) -> Relative:
    """A Relative from JSON's two texts. Raises FilterError."""
    if name not in UNITS and name not in PERSONS:
        raise FilterError(
            _("There is no moment or period of this name."),
            code="value",
            expected=[*UNITS, *PERSONS],
            length=1,
        )
    if not offset:
        return Relative(name)
    match = _OFFSET.fullmatch(offset)
    if match is None or name in PERSONS:
        raise FilterError(_("An offset looks like “-30d”."), code="offset", expected=["-30d", "+2h"])
    return Relative(name, read_offset(name, match[1], match[2] + match[3]))


def is_day(name: str) -> bool:
    """Whether the word means a whole day or a longer period, so that it also fits a date without time."""
    return name in UNITS and name != "now"


def span(value: Relative, now: dt.datetime, zone: ZoneInfo) -> Span:
    """The moment or period in `zone`; days begin at local midnight, also where clocks change."""
    local = now.astimezone(zone)
    if value.name == "now":
        if value.offset:
            count, unit = _parts(value.offset)
            step = {"min": "minutes", "h": "hours"}.get(unit)
            # Minutes and hours are elapsed time; days and longer keep the wall clock.
            local = (
                (now.astimezone(dt.UTC) + dt.timedelta(**{step: count})).astimezone(zone)
                if step
                else dt.datetime.combine(_moved(local.date(), count, unit), local.timetz())
            )
        return Span(local, local)
    first, last = days(value, local.date())
    return Span(midnight(first, zone), midnight(last, zone))


def midnight(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    """The first moment of a local day."""
    return dt.datetime.combine(day, dt.time(), zone)


def days(value: Relative, today: dt.date) -> tuple[dt.date, dt.date]:
    """First day, and the day after the last, of a period that `is_day`."""
    anchor = _moved(today, *_parts(value.offset)) if value.offset else today
    which, _sep, unit = value.name.partition("_")
    if not unit:
        first = anchor + dt.timedelta(days={"today": 0, "yesterday": -1, "tomorrow": 1}[which])
        return first, first + dt.timedelta(days=1)
    shift = {"this": 0, "last": -1, "next": 1}[which]
    if unit == "week":
        first = anchor - dt.timedelta(days=anchor.weekday()) + dt.timedelta(weeks=shift)
        return first, first + dt.timedelta(weeks=1)
    size = {"month": 1, "quarter": 3, "year": 12}[unit]
    index = (anchor.year * 12 + anchor.month - 1) // size + shift
    return _month(index * size), _month((index + 1) * size)


def _month(index: int) -> dt.date:
    return dt.date(index // 12, index % 12 + 1, 1)


def _parts(offset: str) -> tuple[int, str]:
    match = _OFFSET.fullmatch(offset)
    if match is None:
        raise ValueError(f"not an offset: {offset!r}")
    return int(match[1] + match[2]), match[3]


def _moved(day: dt.date, count: int, unit: str) -> dt.date:
    if unit in ("d", "w"):
        return day + dt.timedelta(days=count * (7 if unit == "w" else 1))
    month = day.year * 12 + day.month - 1 + count * (12 if unit == "y" else 1)
    year, zero_based = divmod(month, 12)
    return dt.date(year, zero_based + 1, min(day.day, calendar.monthrange(year, zero_based + 1)[1]))
