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


@dataclass(frozen=True)
class Mentioned(Event):
    """Somebody named colleagues in a comment or a note. `users` are those of them who may see the record."""

    name: ClassVar[str] = "interactions.mentioned"
    record_type: str
    record_id: int
    by: int | None
    users: list[int]
    comment_id: int | None = None


@dataclass(frozen=True)
class Commented(Event):
    """Somebody commented. `users` follow the record or answer for it; neither the author is among them nor whoever is
    named in the comment.
    """

    name: ClassVar[str] = "interactions.commented"
    record_type: str
    record_id: int
    by: int | None
    users: list[int]
    comment_id: int
    parent_id: int | None = None


@dataclass(frozen=True)
class Followed(Event):
    """Somebody follows a record from now on; `reason` is own, mentioned, assigned or commented."""

    name: ClassVar[str] = "interactions.followed"
    record_type: str
    record_id: int
    by: int | None
    users: list[int]
    reason: str = "own"


@dataclass(frozen=True)
class Unfollowed(Event):
    """Somebody does not want to hear of a record any more."""

    name: ClassVar[str] = "interactions.unfollowed"
    record_type: str
    record_id: int
    by: int | None
    users: list[int]
