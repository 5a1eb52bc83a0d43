"""When a mailing goes out next. Hours are Seoul's, whatever the time zone of server and readers."""

from __future__ import annotations

import calendar
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from dangol.insight.models import Rhythm

SEOUL: Final = ZoneInfo("Asia/Seoul")


def next_turn(rhythm: str, day: int, hour: int, after: datetime) -> datetime:
    """The first moment after `after` at which it goes out.

    Args:
        rhythm: every day, week or month.
        day: the weekday (1 Monday … 7 Sunday), or the day of the month; where the month is shorter, its last one.
        hour: 0–23, in Seoul.
        after: any moment with a time zone.
    """
    there = after.astimezone(SEOUL)
    at = there.date()
    while True:
        moment = datetime.combine(_on(rhythm, day, at), time(hour), SEOUL)
        if moment > there:
            return moment
        at = _following(rhythm, at)


def _on(rhythm: str, day: int, at: date) -> date:
    """The day of the turn in the week or month of `at`."""
    if rhythm == Rhythm.WEEK:
        return at + timedelta(days=day - at.isoweekday())
    if rhythm == Rhythm.MONTH:
        return at.replace(day=min(day, calendar.monthrange(at.year, at.month)[1]))
    return at


def _following(rhythm: str, at: date) -> date:
    """A day in the next day, week or month."""
    if rhythm == Rhythm.MONTH:
        return at.replace(day=1) + timedelta(days=32)
    return at + timedelta(days=7 if rhythm == Rhythm.WEEK else 1)
