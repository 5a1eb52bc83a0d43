"""Facts that rooms above announce about their work, known here by their names alone.

Whoever announces them keeps its own class; the outbox delivers by name, and leaves out what a class does not know.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dangol.events.outbox import Event


@dataclass(frozen=True)
class WorkFinished(Event):
    """Background work of somebody's has ended: `target_type` and `target_id` as `targets` knows them."""

    name: ClassVar[str] = "records.work_finished"
    target_type: str
    target_id: int
    users: tuple[int, ...] = ()
