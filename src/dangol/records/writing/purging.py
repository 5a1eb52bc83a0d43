"""Out of the database for good: what undoing an import, an emptied bin and erasure need."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now

from dangol.events import outbox
from dangol.identity.actors import Actor
from dangol.records import ports
from dangol.records.events import RecordsPurged
from dangol.records.search import index
from dangol.records.types import RecordType, WrittenRows
from dangol.records.writing.context import sign

Remover = Callable[[RecordType, Sequence[int]], None]
"""Takes away what a room keeps beside records that are about to go: scores, totals, entries."""

_removers: list[Remover] = []


def also_remove(remover: Remover) -> None:
    """Have something of a room's own go with the records. Called while the project starts."""
    _removers.append(remover)


def purge(record_type: RecordType, ids: Sequence[int], *, actor: Actor, origin: str = "page") -> list[int]:
    """Remove records for good, with their side tables, search and timeline entries; history keeps their last state.

    The caller has checked that the actor may. Records that something still points at stay.

    Returns:
        The ids that stayed.

    About ten statements when nothing points at the records; a few more for each record that has to stay.
    """
    wanted = sorted(set(ids))
    if not wanted:
        return []
    with transaction.atomic():
        sign(actor, origin)
        stayed = _purged_or_halved(record_type, wanted, actor, origin)
        gone = sorted(set(wanted) - set(stayed))
        if gone:
            outbox.announce(RecordsPurged(record_type=record_type.name, ids=gone), actor=actor)
    return stayed


def forget_beside(record_type: RecordType, ids: Sequence[int]) -> None:
    """Take away what stands beside records – search, timeline, and what rooms keep –, in the caller's transaction."""
    index.remove(record_type, ids)
    timeline = ports.timeline()
    if timeline is not None:
        timeline.remove(record_type.name, ids)
    for remover in _removers:
        remover(record_type, ids)


def _purged_or_halved(record_type: RecordType, ids: Sequence[int], actor: Actor, origin: str) -> list[int]:
    try:
        with transaction.atomic():
            _purge(record_type, ids, actor, origin)
    except IntegrityError:
        # Foreign keys say that something points here, not at which of the records.
        if len(ids) == 1:
            return list(ids)
        middle = len(ids) // 2
        return [
            *_purged_or_halved(record_type, ids[:middle], actor, origin),
            *_purged_or_halved(record_type, ids[middle:], actor, origin),
        ]
    return []


def _purge(record_type: RecordType, ids: Sequence[int], actor: Actor, origin: str) -> None:
    rows = record_type.model._default_manager.filter(pk__in=list(ids))
    # In the bin first, so that totals and timelines of others no longer count them.
    rows.filter(deleted_at__isnull=True).update(deleted_at=Now())
    record_type.after_write(WrittenRows([], [], origin, removed=list(ids)), actor=actor)
    forget_beside(record_type, ids)
    # Not through Django's collector, which would take along whatever points here.
    rows._raw_delete(rows.db)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
