"""What must not be changed for a while, since somebody else has to decide first. Higher rooms say so; the writer heeds it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from dangol.identity.actors import Actor
from dangol.records.fields.base import Label
from dangol.records.types import Draft, RecordType
from dangol.records.writing.errors import RowError, WriteError

CODE = "locked"


@dataclass(frozen=True, slots=True)
class Lock:
    """Why a record cannot be changed now. `message` is a sentence that says who can end it, `url` where more stands.

    `fields` are those that are locked; None: the whole record. A record with any lock cannot be deleted or merged.
    """

    message: Label
    fields: frozenset[str] | None = None
    url: str = ""

    def holds(self, changed: Collection[str]) -> list[str]:
        """Which of the changed fields it keeps as they are; an empty name stands for the record as a whole."""
        if self.fields is None:
            return [""] if changed else []
        return sorted(self.fields & set(changed))


class Keeper(Protocol):
    """Knows the locks of a room. Answers from memory where a type has none."""

    def __call__(
        self, record_type: RecordType, ids: Sequence[int], actor: Actor | None
    ) -> Mapping[int, Sequence[Lock]]:
        """The locks of these records that hold for the actor; without an actor, all."""


_keepers: list[Keeper] = []


def add_keeper(keeper: Keeper) -> None:
    """Register who knows of locks. Called while the project starts."""
    if keeper not in _keepers:
        _keepers.append(keeper)


def held(record_type: RecordType, ids: Sequence[int], actor: Actor | None = None) -> dict[int, list[Lock]]:
    """The locks of these records that hold for the actor; without an actor, all. No query where the type has none."""
    found: dict[int, list[Lock]] = {}
    if ids:
        for keeper in _keepers:
            for record_id, locks in keeper(record_type, ids, actor).items():
                found.setdefault(record_id, []).extend(locks)
    return found


def refusals(record_type: RecordType, drafts: Sequence[Draft], actor: Actor) -> list[RowError]:
    """An error for each locked field that a draft would change. The rows must be locked by the caller.

    A lock that comes meanwhile waits for the row, so that none is overlooked.
    """
    changing = {draft.id: draft for draft in drafts if draft.id is not None and draft.current is not None}
    errors = []
    for record_id, locks in held(record_type, list(changing), actor).items():
        draft = changing[record_id]
        current = draft.current or {}
        changed = [name for name, value in draft.values.items() if current.get(name) != value]
        told: set[str] = set()
        for lock in locks:
            for name in lock.holds(changed):
                if name not in told:
                    errors.append(RowError(draft.index, name, None, CODE, lock.message))
                    told.add(name)
    return errors


def require_free(record_type: RecordType, ids: Sequence[int], actor: Actor) -> None:
    """Raise where any lock holds one of these records, for acts that end or overwrite them. Raises WriteError."""
    found = held(record_type, ids, actor)
    if found:
        places = {record_id: place for place, record_id in enumerate(ids)}
        raise WriteError(
            [
                RowError(places[record_id], "id", record_id, CODE, locks[0].message)
                for record_id, locks in sorted(found.items(), key=lambda pair: places[pair[0]])
            ]
        )
