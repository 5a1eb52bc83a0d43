"""Reactions of the kernel to what happens in it."""

from uuid import UUID

from dangol.events.outbox import handles
from dangol.identity.actors import Actor
from dangol.records.matching import handlers as matching
from dangol.records.merging.acts import gather
from dangol.records.merging.events import RecordsMerged

__all__ = ["gather_latecomers", "matching"]


@handles(RecordsMerged)
def gather_latecomers(event: RecordsMerged, *, event_id: UUID) -> None:
    """What somebody added to a merged record while it was being merged follows it."""
    gather(event.merge, Actor.system("merge"))
