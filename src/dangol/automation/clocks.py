"""Rules that begin by the clock, or when a date of a record comes.

Days and times of day are the company's (docs/decisions/0017).
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import TruncDate
from django.utils import timezone

from dangol.automation import index, matching, starting, triggers
from dangol.automation.acting import Chain, after
from dangol.automation.index import Entry
from dangol.automation.matching import Candidate
from dangol.automation.models import RuleClock
from dangol.identity import revisions
from dangol.records import registry
from dangol.records.fields import DateTime
from dangol.records.types import RecordType

CATCH_UP_DAYS = 31
CHUNK = 2_000
_REACHED = """
INSERT INTO automation_reached_date (rule_id, record_id, value)
SELECT %s, r.id, r.value FROM unnest(%s::bigint[], %s::date[]) AS r (id, value)
ON CONFLICT (rule_id, record_id, value) DO NOTHING
RETURNING record_id
"""


def zone() -> ZoneInfo:
    """The company's time zone."""
    return ZoneInfo(settings.TIME_ZONE)


def next_at(trigger: dict[str, Any], now: datetime) -> datetime:
    """When a rule by the clock comes next, after `now`."""
    local = now.astimezone(zone())
    if trigger["every"] == "hour":
        return (local + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
    at = time.fromisoformat(trigger["at"])
    day = local.date()
    if trigger["every"] == "week":
        day += timedelta(days=(trigger["weekday"] - day.weekday()) % 7)
    found = datetime.combine(day, at, zone())
    if found <= local:
        found = datetime.combine(day + timedelta(days=7 if trigger["every"] == "week" else 1), at, zone())
    return found


def start_due() -> int:
    """Start the rules whose time has come: for all records that meet the condition, set-wise. How many rules.

    A time that was missed is made up for once.
    """
    revisions.look()
    started = 0
    for entry in index.all_of_kind(triggers.SCHEDULE):
        with transaction.atomic():
            clock, made = RuleClock.objects.select_for_update().get_or_create(rule_id=entry.rule_id)
            now = timezone.now()
            due = not made and clock.next_at is not None and clock.next_at <= now
            if made or due or clock.next_at is None:
                clock.next_at = next_at(entry.trigger, now)
                clock.save(update_fields=["next_at"])
            if due:
                _start_all(entry)
                started += 1
    return started


def _start_all(entry: Entry) -> None:
    """A run for each record that meets the rule's condition, chunk by chunk."""
    record_type = registry.find(entry.record_type)
    if record_type is None:
        return
    rows = record_type.model._default_manager.filter(deleted_at=None).order_by("pk")
    chain = after("")
    last = 0
    while True:
        ids = list(rows.filter(pk__gt=last).values_list("pk", flat=True)[:CHUNK])
        if not ids:
            return
        last = ids[-1]
        if not _begin(record_type, entry, ids, triggers.SCHEDULE, chain):
            return


def _begin(record_type: RecordType, entry: Entry, ids: list[int], kind: str, chain: Chain) -> bool:
    """False where the rule cannot go on."""
    matches, unfit = matching.evaluated(record_type, [Candidate(entry, ids)])
    starting.drop_unfit(unfit)
    starting.start(matches, starting.Cause(kind, chain))
    return not unfit and all(match.version.rule.is_active for match in matches)


def start_reached(today: date | None = None) -> int:
    """Start rules for records whose date has come: each record once for each value of its date. How many records.

    Looks from the day it looked last, so that days without a worker are made up for, at most 31 of them.
    """
    revisions.look()
    today = today or timezone.now().astimezone(zone()).date()
    return sum(_reached(entry, today) for entry in index.all_of_kind(triggers.DATE))


def _reached(entry: Entry, today: date) -> int:
    record_type = registry.find(entry.record_type)
    name, days = entry.trigger.get("field", ""), timedelta(days=entry.trigger.get("days", 0))
    if record_type is None:
        return 0
    if name not in record_type.fields:
        _begin(record_type, entry, [0], triggers.DATE, after(""))  # says what is gone
        return 0
    with transaction.atomic():
        clock, _made = RuleClock.objects.select_for_update().get_or_create(rule_id=entry.rule_id)
        first = max(clock.looked_until or today, today - timedelta(days=CATCH_UP_DAYS))
        found = _new_dates(record_type, entry.rule_id, name, first - days, today - days)
        clock.looked_until = max(today, clock.looked_until or today)
        clock.save(update_fields=["looked_until"])
        chain = after("")
        for start in range(0, len(found), CHUNK):
            if not _begin(record_type, entry, found[start : start + CHUNK], triggers.DATE, chain):
                break
        return len(found)


def _new_dates(record_type: RecordType, rule_id: int, name: str, first: date, last: date) -> list[int]:
    """The records whose date lies in these days and was not told to the rule before. Two queries."""
    field = record_type.fields[name]
    rows = record_type.model._default_manager.filter(deleted_at=None)
    if isinstance(field, DateTime):
        begin, end = (datetime.combine(day, time(), zone()) for day in (first, last + timedelta(days=1)))
        rows = rows.filter(field.q(">=", begin) & field.q("<", end))
        rows = rows.annotate(_day=TruncDate(field.expression(), tzinfo=zone()))
    else:
        rows = rows.filter(field.q("between", (first, last))).annotate(_day=field.expression())
    pairs = list(rows.order_by("pk").values_list("pk", "_day"))
    if not pairs:
        return []
    ids, values = zip(*pairs, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(_REACHED, [rule_id, list(ids), list(values)])
        return sorted(record_id for (record_id,) in cursor.fetchall())
