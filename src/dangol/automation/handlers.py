"""Facts that set rules off. Each asks the rules in memory first: where none is interested there is no delivery."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from dangol.automation import acting, index, matching, ports, starting, triggers
from dangol.automation.matching import Candidate
from dangol.automation.ports import Signal
from dangol.events.models import Event as EventRow
from dangol.events.outbox import handles
from dangol.identity import revisions
from dangol.records import registry
from dangol.records.events import RecordsDeleted, RecordsWritten

UNDO = "undo"
"""What is taken back sets nothing off: it puts things as they were."""


def wants_written(event: RecordsWritten) -> bool:
    """Whether any active rule may be set off by this. No query."""
    if event.origin == UNDO:
        return False
    if event.created and index.of_kind(event.record_type, triggers.CREATED):
        return True
    return bool(event.updated) and index.is_watched(event.record_type, event.fields)


@handles(RecordsWritten, name="automation.written", when=wants_written)
def on_written(event: RecordsWritten, *, event_id: uuid.UUID) -> None:
    """Rules that begin with a record made or changed. A few queries for a chunk, whatever its size."""
    revisions.look()
    record_type = registry.find(event.record_type)
    if record_type is None:
        return
    candidates = [
        Candidate(entry, event.created) for entry in index.of_kind(event.record_type, triggers.CREATED)
    ]
    _begin(triggers.CREATED, event.record_type, [one for one in candidates if one.ids], event_id)
    watching = index.changed(event.record_type, event.fields) if event.updated else []
    if watching:
        changes = matching.changes_of(record_type, event.updated, event.transaction)
        _begin(triggers.CHANGED, event.record_type, matching.met(record_type, watching, changes), event_id)


@handles(
    RecordsDeleted,
    name="automation.deleted",
    when=lambda event: bool(index.of_kind(event.record_type, triggers.DELETED)),
)
def on_deleted(event: RecordsDeleted, *, event_id: uuid.UUID) -> None:
    """Rules that begin with a record going into the bin."""
    revisions.look()
    candidates = [Candidate(entry, event.ids) for entry in index.of_kind(event.record_type, triggers.DELETED)]
    _begin(triggers.DELETED, event.record_type, candidates, event_id)


def listen(signal: Signal) -> None:
    """Have a fact of another room set rules off."""

    def wanted(event: Any) -> bool:
        return bool(index.for_signal(signal.key))

    def on_signal(event: Any, *, event_id: uuid.UUID) -> None:
        revisions.look()
        ids = list(signal.ids(event))
        candidates = [Candidate(entry, ids) for entry in index.for_signal(signal.key)]
        _begin(triggers.EVENT, signal.record_type, candidates, event_id)

    handles(signal.event_class, name=f"automation.signal.{signal.key}", when=wanted)(on_signal)


def _begin(kind: str, type_name: str, candidates: Sequence[Candidate], event_id: uuid.UUID) -> None:
    record_type = registry.find(type_name)
    if record_type is None or not candidates:
        return
    matches, unfit = matching.evaluated(record_type, candidates, deleted=kind == triggers.DELETED)
    starting.drop_unfit(unfit)
    if not matches:
        return
    told = EventRow.objects.filter(key=event_id).values_list("request_id", "actor").first()
    request_id, by = told or ("", None)
    starting.start(matches, starting.Cause(kind, acting.after(request_id), event_id, by))


ports.listen_with(listen)
