"""Days and periods are those of the actor's zone."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from dangol.records.filters.relative import days, span
from dangol.records.filters.tree import Relative

TODAY = date(2026, 3, 31)


@pytest.mark.parametrize(
    ("name", "offset", "first", "after"),
    [
        ("today", "", "2026-03-31", "2026-04-01"),
        ("yesterday", "", "2026-03-30", "2026-03-31"),
        ("tomorrow", "", "2026-04-01", "2026-04-02"),
        ("today", "-30d", "2026-03-01", "2026-03-02"),
        ("today", "-1mo", "2026-02-28", "2026-03-01"),
        ("today", "+1y", "2027-03-31", "2027-04-01"),
        ("this_week", "", "2026-03-30", "2026-04-06"),
        ("last_week", "", "2026-03-23", "2026-03-30"),
        ("this_month", "", "2026-03-01", "2026-04-01"),
        ("this_month", "-1mo", "2026-02-01", "2026-03-01"),
        ("last_month", "", "2026-02-01", "2026-03-01"),
        ("next_month", "", "2026-04-01", "2026-05-01"),
        ("this_quarter", "", "2026-01-01", "2026-04-01"),
        ("last_quarter", "", "2025-10-01", "2026-01-01"),
        ("this_year", "", "2026-01-01", "2027-01-01"),
        ("last_year", "", "2025-01-01", "2026-01-01"),
    ],
)
def test_a_period_runs_from_its_first_day_to_the_day_after_its_last(name, offset, first, after):
    assert days(Relative(name, offset), TODAY) == (date.fromisoformat(first), date.fromisoformat(after))


def test_today_begins_at_local_midnight():
    now = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)  # 00:30 of the next day in Seoul
    assert span(Relative("today"), now, ZoneInfo("Asia/Seoul")).start == datetime(
        2026, 11, 20, 15, tzinfo=UTC
    )
    assert span(Relative("today"), now, ZoneInfo("America/New_York")).start == datetime(
        2026, 11, 20, 5, tzinfo=UTC
    )


def test_a_day_is_23_hours_long_when_the_clock_springs_forward():
    zone = ZoneInfo("Europe/Berlin")
    found = span(Relative("today"), datetime(2026, 3, 29, 12, tzinfo=UTC), zone)
    assert (found.end.astimezone(UTC) - found.start.astimezone(UTC)).total_seconds() == 23 * 3600


def test_hours_are_elapsed_time_and_days_keep_the_clock():
    zone = ZoneInfo("Europe/Berlin")
    now = datetime(2026, 3, 28, 12, tzinfo=zone)
    assert span(Relative("now", "+24h"), now, zone).start.astimezone(zone).hour == 13
    assert span(Relative("now", "+1d"), now, zone).start.astimezone(zone).hour == 12
