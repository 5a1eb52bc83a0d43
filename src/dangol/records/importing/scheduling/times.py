"""When a schedule is due next."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from dangol.records.models import ImportSchedule, ScheduleRule

SATURDAY = 5


def next_moment(schedule: ImportSchedule, after: datetime) -> datetime:
    """The first moment after the given one (both aware) at which the schedule's rule is due.

    Times of day are the company's. One that the clock change skips comes as much later as the clock jumps.
    """
    if schedule.rule == ScheduleRule.MINUTES:
        return after.replace(second=0, microsecond=0) + timedelta(minutes=schedule.every)
    if schedule.rule == ScheduleRule.HOURLY:
        return after.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    zone = ZoneInfo(settings.TIME_ZONE)
    day = after.astimezone(zone).date()
    while True:
        moment = datetime.combine(day, schedule.at_time or time(), zone).astimezone(UTC)
        if moment > after and not (schedule.rule == ScheduleRule.WEEKDAYS and day.weekday() >= SATURDAY):
            return moment
        day += timedelta(days=1)
