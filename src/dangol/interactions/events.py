"""Facts about interactions."""

from dataclasses import dataclass
from typing import ClassVar

from dangol.events.outbox import Event


@dataclass(frozen=True)
class InteractionLogged(Event):
    """Somebody wrote down a note, call, meeting, mail or task."""

    name: ClassVar[str] = "interactions.logged"
    interaction_id: int
    kind: str
    customer_id: int | None = None


@dataclass(frozen=True)
class TaskCompleted(Event):
    """A task was done."""

    name: ClassVar[str] = "interactions.task_completed"
    interaction_id: int


@dataclass(frozen=True)
class TaskReopened(Event):
    """A done task is open again."""

    name: ClassVar[str] = "interactions.task_reopened"
    interaction_id: int
