"""Periods: weeks begin on Monday (ISO 8601), quarters and years are the calendar's, days are the company's."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

GRAINS: Final = ("day", "week", "month", "quarter", "year")
UNITS: Final = {"day": "D", "week": "W", "month": "M", "quarter": "Q", "year": "Y"}
"""How Ibis calls them."""
DEFAULT_COUNT: Final = {"day": 30, "week": 13, "month": 12, "quarter": 8, "year": 5}
"""How many periods are shown where nobody said from when."""
MOST: Final = 400
"""The most periods of one answer."""
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}


def start(day: date, grain: str) -> date:
    """The first day of the period that holds this day."""
    if grain == "day":
        return day
    if grain == "week":
        return day - timedelta(days=day.weekday())
    if grain == "month":
        return day.replace(day=1)
    if grain == "quarter":
        return date(day.year, day.month - (day.month - 1) % 3, 1)
    return date(day.year, 1, 1)


def moved(day: date, grain: str, count: int) -> date:
    """The day that lies so many periods later; where the month is shorter, its last day."""
    if grain in ("day", "week"):
        return day + timedelta(days=count * (7 if grain == "week" else 1))
    months = day.year * 12 + day.month - 1 + count * _MONTHS[grain]
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def after(first: date, grain: str) -> date:
    """The first day of the period that follows the one that begins with `first`."""
    return moved(first, grain, 1)


def between(since: date, until: date, grain: str) -> list[date]:
    """The first days of all periods from the one of `since` to the one of `until`; at most one more than `MOST`."""
    found: list[date] = []
    at = start(since, grain)
    while at <= until and len(found) <= MOST:
        found.append(at)
        at = after(at, grain)
    return found


@dataclass(frozen=True, slots=True)
class Span:
    """Days from `since` to `until`, both included."""

    since: date
    until: date

    @property
    def end(self) -> date:
        """The day after the last one."""
        return self.until + timedelta(days=1)


def year_before(day: date) -> date:
    """The same day a year earlier; of 29 February, 1 March, so that what lay in a range still lies in it."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return date(day.year - 1, 3, 1)


def before(span: Span, grain: str) -> Span:
    """The span of the same length just before: so many whole periods earlier.

    What is cut short today is compared with what was cut short as much: 1–20 November with 1–20 October.
    """
    count = len(between(span.since, span.until, grain))
    whole = span.end == start(span.end, grain)
    until = moved(span.end, grain, -count) - timedelta(days=1) if whole else moved(span.until, grain, -count)
    return Span(moved(span.since, grain, -count), max(until, moved(span.since, grain, -count)))


def a_year_before(span: Span, grain: str) -> Span:
    """The same span a year earlier; of weeks and days by weeks 52 weeks earlier, so that weekdays meet."""
    if grain == "week":
        return Span(span.since - timedelta(weeks=52), span.until - timedelta(weeks=52))
    return Span(year_before(span.since), year_before(span.end) - timedelta(days=1))


def same_a_year_before(period: date, grain: str) -> date:
    """The first day of the period that a period is compared with, a year earlier."""
    return start(a_year_before(Span(period, period), grain).since, grain)
