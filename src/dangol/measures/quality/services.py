"""Computing data quality: of all records at night, of changed ones soon after, and what it adds up to each day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import Max, Min
from django.utils import timezone

from dangol.identity import revisions
from dangol.identity.actors import Actor, may_administer
from dangol.measures.models import QualityDay, QualitySetting
from dangol.measures.quality import days, origins
from dangol.measures.quality.fields import NAME
from dangol.measures.quality.rules import in_force, looked_at
from dangol.measures.quality.statement import scores_write
from dangol.records import registry
from dangol.records.changes import changed_since, oldest_running
from dangol.records.types import RecordType

log = structlog.get_logger(__name__)

AT_ONCE: Final = 200_000
"""So many ids at once: a transaction of some seconds."""
FOLLOWED: Final = 5_000
MOST_FOLLOWED: Final = 100_000
DAYS_KEPT: Final = 90
"""Older days are kept only if they begin a month or a week."""
_ALONE: Final = 4_711_031


def compute_all() -> dict[str, int]:
    """Look at every record of every type, and add up the day. Returns how many scores changed, by type."""
    return {record_type.name: compute(record_type) for record_type in looked_at()}


def compute(record_type: RecordType) -> int:
    """Look at every record of a type, by ranges of ids, each in a transaction of its own, and add up the day.

    Waits for another one of the same kind. Returns how many scores changed.
    """
    setting = _setting(record_type.name)
    revisions.look()  # after the edition was read: rules that come later find the type due again
    place, begun = oldest_running(), timezone.now()
    rules = in_force(record_type, setting.weights)
    rows = record_type.model._base_manager.all()
    ends = rows.aggregate(low=Min("pk"), high=Max("pk"))
    written = 0
    if rules and ends["low"] is not None:
        for low in range(ends["low"], ends["high"] + 1, AT_ONCE):
            with transaction.atomic():
                _alone()
                with connection.cursor() as cursor:
                    # Values that stand on several records are looked up in a table in memory.
                    cursor.execute("SET LOCAL work_mem = '256MB'")
                part = rows.filter(pk__gte=low, pk__lt=low + AT_ONCE)
                written += scores_write(
                    record_type=record_type, rules=rules, rows=part, as_of=_today(), everything=True
                )
                origins.mark(record_type, low=low, high=low + AT_ONCE)
    with transaction.atomic():
        _alone()
        _forget_gone(record_type, any_rule=bool(rules))
        days.add_up(record_type, _today())
        QualitySetting.objects.filter(pk=record_type.name, edition=setting.edition).update(
            after=place, after_id=0, computed_at=begun
        )
    return written


def compute_some(record_type: RecordType, ids: Sequence[int]) -> int:
    """Look at these records again; what takes all records to tell stays as the night left it. Returns scores changed."""
    rules = in_force(record_type, _setting(record_type.name).weights)
    with transaction.atomic():
        _alone()
        written = 0
        if rules:
            rows = record_type.model._base_manager.filter(pk__in=list(ids))
            written = scores_write(
                record_type=record_type, rules=rules, rows=rows, as_of=_today(), everything=False
            )
            origins.mark(record_type, ids=ids)
        _forget_gone(record_type, any_rule=bool(rules), ids=ids)
    return written


def follow_changes() -> int:
    """Look at what changed since the last time, type by type; at all of a type that was never looked at, or is due again.

    Changes are found by transaction (`records.changes`), so that writing costs nothing more, many changes of a record are
    looked at once, and none is lost that commits late. Returns how many records were looked at.
    """
    looked = 0
    revisions.look()
    for record_type in looked_at():
        setting = _setting(record_type.name)
        if setting.computed_at is None:
            compute(record_type)
            continue
        place, place_id, seen = int(setting.after), setting.after_id, 0
        while True:
            found = changed_since(record_type, place, after_id=place_id, limit=FOLLOWED)
            if found.items:
                compute_some(record_type, [one.id for one in found.items])
            place, place_id, seen = found.next, found.next_id, seen + len(found.items)
            QualitySetting.objects.filter(pk=record_type.name).update(after=place, after_id=place_id)
            if not found.more or seen >= MOST_FOLLOWED:
                break
        if seen:
            with transaction.atomic():
                _alone()
                days.add_up(record_type, _today())
        looked += seen
    return looked


def forget_old_days() -> int:
    """Let go of days beyond three months, except Mondays and firsts of months. Returns how many rows went."""
    old = QualityDay.objects.filter(day__lt=_today() - timedelta(days=DAYS_KEPT))
    gone, _by_model = old.exclude(day__iso_week_day=1).exclude(day__day=1).delete()
    return gone


def recompute_request(*, actor: Actor) -> None:
    """Have everything looked at anew within the next minute. One statement. Raises PermissionDenied."""
    if not may_administer(actor):
        raise PermissionDenied
    QualitySetting.objects.update(computed_at=None)


def days_forget(record_type: str, most: int) -> int:
    """Take away what is kept of a type that is gone."""
    from dangol.records.objects.removing import delete_some

    tables = ("qualityday", "qualitysetting", "qualityrule", "qualitychange")
    return sum(delete_some(f"measures_{table}", "record_type = %s", [record_type], most) for table in tables)


def _setting(name: str) -> QualitySetting:
    found, _made = QualitySetting.objects.get_or_create(record_type=name)
    return found


def _forget_gone(record_type: RecordType, *, any_rule: bool, ids: Sequence[int] | None = None) -> None:
    """Take away the scores of records that are gone or in the recycle bin; all of them where no rule is in force."""
    table = connection.ops.quote_name(record_type.table.name)
    statement = "DELETE FROM measures_score s WHERE s.record_type = %s AND s.name = %s"
    parameters: list[Any] = [record_type.name, NAME]
    if ids is not None:
        statement += " AND s.record_id = ANY (%s)"
        parameters.append(list(ids))
    if any_rule:
        statement += (
            f" AND NOT EXISTS (SELECT FROM {table} r WHERE r.id = s.record_id AND r.deleted_at IS NULL)"
        )
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def _alone() -> None:
    """One at a time writes scores: two would wait for each other's rows."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ALONE])


def _today() -> date:
    return datetime.now(ZoneInfo(settings.TIME_ZONE)).date()


def type_named(name: str) -> RecordType | None:
    """The type of that name, if its records are looked at."""
    found = registry.find(name)
    return found if found is not None and found in looked_at() else None
