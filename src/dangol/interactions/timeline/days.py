"""Entries under the headings of a reader's calendar: planned, today, yesterday, this week, last week, month by month."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from dangol.interactions.timeline.presenting import Shown


@dataclass(frozen=True)
class Group:
    """A heading, its entries, and how their times are best written: ago, clock, day_short or day."""

    label: str
    entries: Sequence[Shown]
    style: str


def grouped(entries: Iterable[Shown], now: datetime, zone: ZoneInfo) -> list[Group]:
    """Group entries that come newest first. `now` is the moment of reading, `zone` the reader's."""
    today = now.astimezone(zone).date()

    def heading(entry: Shown) -> tuple[str, str]:
        if entry.at > now and entry.at.astimezone(zone).date() > today:
            return _("Planned"), "day_short"
        return _heading(entry.at.astimezone(zone).date(), today)

    return [Group(label, list(found), style) for (label, style), found in groupby(entries, key=heading)]


def _heading(day: date, today: date) -> tuple[str, str]:
    monday = today - timedelta(days=today.weekday())
    if day >= today:
        return _("Today"), "clock"
    if day == today - timedelta(days=1):
        return _("Yesterday"), "clock"
    if day >= monday:
        return _("This week"), "day_short"
    if day >= monday - timedelta(days=7):
        return _("Last week"), "day_short"
    if (day.year, day.month) == (today.year, today.month):
        return _("This month"), "day_short"
    return f"{day.year}-{day.month:02d}", "day_short"
