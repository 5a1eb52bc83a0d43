"""When somebody is to be left alone, by the clock of that person's zone."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from dangol.interactions.models.notifications import NotificationSetting

SATURDAY = 5


def is_quiet(setting: NotificationSetting, zone: ZoneInfo, now: datetime) -> bool:
    """Whether no mail about notifications should reach the person now."""
    local = now.astimezone(zone)
    if setting.quiet_weekends and local.weekday() >= SATURDAY:
        return True
    begin, end = setting.quiet_from, setting.quiet_until
    if begin is None or end is None or begin == end:
        return False
    return _within(local.time(), begin, end)


def _within(clock: time, begin: time, end: time) -> bool:
    """A quiet time that begins in the evening lasts over midnight."""
    return begin <= clock < end if begin < end else clock >= begin or clock < end


def digest_day(setting: NotificationSetting, zone: ZoneInfo, now: datetime) -> date | None:
    """The person's day whose daily mail may go out now; None before its time, and on quiet days.

    The time of the daily mail goes before the quiet hours: who asks for it at six is meant to get it at six.
    """
    local = now.astimezone(zone)
    if setting.quiet_weekends and local.weekday() >= SATURDAY:
        return None
    return local.date() if local.time() >= setting.digest_at else None
