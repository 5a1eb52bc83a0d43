"""Facts that rooms beside and above announce about records and people, known here by their names alone.

They carry `record_type`, `record_id`, `by` and `users`. Whoever announces them keeps its own class; the outbox delivers by
name, and leaves out what a class does not know.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dangol.events.outbox import Event


@dataclass(frozen=True)
class _About(Event):
    record_type: str
    record_id: int
    by: int | None = None
    users: tuple[int, ...] = ()


@dataclass(frozen=True)
class Mentioned(_About):
    """Somebody was named in a note or comment on the record."""

    name: ClassVar[str] = "interactions.mentioned"


@dataclass(frozen=True)
class Commented(_About):
    """Somebody commented on the record; `users` follow it."""

    name: ClassVar[str] = "interactions.commented"


@dataclass(frozen=True)
class Assigned(_About):
    """The record was given to these people by another way than its owner field."""

    name: ClassVar[str] = "interactions.assigned"


@dataclass(frozen=True)
class WorkFinished(Event):
    """Background work of somebody's has ended: `target_type` and `target_id` as `targets` knows them."""

    name: ClassVar[str] = "records.work_finished"
    target_type: str
    target_id: int
    users: tuple[int, ...] = ()
