"""Reactions to merges and removals."""

from __future__ import annotations

from uuid import UUID

from dangol.events.outbox import handles
from dangol.records.events import RecordsPurged
from dangol.records.matching import pairs
from dangol.records.merging.events import RecordsMerged, RecordsUnmerged


@handles(RecordsMerged)
def close_pairs(event: RecordsMerged, *, event_id: UUID) -> None:
    """Who merged has decided."""
    pairs.pairs_close(event.record_type, event.into, event.merged)


@handles(RecordsUnmerged)
def reopen_pairs(event: RecordsUnmerged, *, event_id: UUID) -> None:
    """Taken back, the question is open again."""
    pairs.pairs_reopen(event.record_type, event.into, event.merged)


@handles(RecordsPurged)
def forget_pairs(event: RecordsPurged, *, event_id: UUID) -> None:
    """Of what is gone for good nothing is kept."""
    pairs.pairs_purge(event.record_type, event.ids)
