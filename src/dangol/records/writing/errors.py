"""What goes into the writer and what comes out of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dangol.records.fields.base import Label
from dangol.records.search.index import Tokens


@dataclass(frozen=True, slots=True)
class Change:
    """New values for one record: a new one, or the one with `id`.

    `version` is the version the writer's values are based on; where the record has moved on since, the change is
    refused with a Conflict. None means "whatever it is now". `parsed` says that each value is what its own field made
    of it already, so that it need not be read a second time. `tokens` are what a new record will be found by, for callers
    that can work them out while the database is busy; they are used where the record is stored with the values they were
    made of. `free` are unique fields whose value the caller has looked for in this transaction, among all records, and not
    found, and gives to one change of the batch only; they are not looked for again. `new_id` is an id that was drawn for a
    new record already; it is used where all new records of the batch have one.
    """

    values: Mapping[str, Any]
    id: int | None = None
    version: int | None = None
    parsed: bool = False
    tokens: Tokens | None = None
    free: tuple[str, ...] = ()
    new_id: int | None = None


@dataclass(frozen=True, slots=True)
class RowError:
    """Why one change of a batch was refused: `index` is its place in the batch, `field` may be empty."""

    index: int
    field: str
    value: Any
    code: str
    message: Label


@dataclass(slots=True)
class Written:
    """What became of a batch. `ids` stands beside the changes; None where a change was refused."""

    ids: list[int | None]
    created: list[int] = field(default_factory=list)
    updated: list[int] = field(default_factory=list)
    unchanged: list[int] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)


class WriteError(Exception):
    """A batch was refused as a whole; nothing was written."""

    def __init__(self, errors: Sequence[RowError]) -> None:
        super().__init__("; ".join(f"{error.index}.{error.field}: {error.message}" for error in errors[:5]))
        self.errors = list(errors)


class Conflict(WriteError):
    """Someone else has changed the record since it was read."""


class Missing(WriteError):
    """There is no such record for this actor. Hidden and absent look the same."""
