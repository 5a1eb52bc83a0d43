"""Facts about moves."""

from dataclasses import dataclass
from typing import ClassVar

from dangol.events.outbox import Event


@dataclass(frozen=True)
class MoveFinished(Event):
    """A move, or its taking back, has ended; whoever started it is told."""

    name: ClassVar[str] = "records.work_finished"
    target_type: str
    target_id: int
    users: tuple[int, ...] = ()
