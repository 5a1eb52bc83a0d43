"""Facts about merges. They carry ids, never contents."""

from dataclasses import dataclass, field
from typing import ClassVar

from dangol.events.outbox import Event


@dataclass(frozen=True)
class RecordsMerged(Event):
    """Records became one: all that pointed at `merged` points at `into` now."""

    name: ClassVar[str] = "records.merged"
    record_type: str
    into: int
    merged: list[int] = field(default_factory=list)
    merge: int = 0


@dataclass(frozen=True)
class RecordsUnmerged(Event):
    """A merge was taken back: `merged` are records of their own again."""

    name: ClassVar[str] = "records.unmerged"
    record_type: str
    into: int
    merged: list[int] = field(default_factory=list)
    merge: int = 0
