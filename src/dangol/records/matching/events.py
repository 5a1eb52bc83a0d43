"""The facts about merges, as they are read here. `records.merging` announces them."""

from dataclasses import dataclass, field
from typing import ClassVar

from dangol.events.outbox import Event


@dataclass(frozen=True)
class Merged(Event):
    """Records became one."""

    name: ClassVar[str] = "records.merged"
    record_type: str
    into: int
    merged: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Unmerged(Event):
    """A merge was taken back."""

    name: ClassVar[str] = "records.unmerged"
    record_type: str
    into: int
    merged: list[int] = field(default_factory=list)
