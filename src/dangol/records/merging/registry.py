"""What names a record without a foreign key: said by the room that keeps it, moved along with every merge.

Foreign keys need no mention: the database knows them. Everything else that holds the id of a record of any type is either
declared here as a pair of columns, moved by its room (`also_move`), or said to stay, with the reason (`stays`).
`tests/records/merging/test_nothing_is_forgotten.py` walks the whole database and finds what is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from dangol.records.types import RecordType


@dataclass(frozen=True, slots=True)
class Pair:
    """A table whose rows name a record by type and id."""

    table: str
    type_column: str
    id_column: str

    @property
    def name(self) -> str:
        return f"{self.table}.{self.id_column}"


class Mover(Protocol):
    """Moves what names records in a way of its own, such as within a text."""

    def move(self, record_type: RecordType, into: int, other: int) -> Any:
        """Have what names `other` name `into`, in the caller's transaction.

        Returns what is needed to take it back, as JSON; None where nothing was to be done.
        """

    def back(self, record_type: RecordType, into: int, other: int, memory: Any) -> None:
        """Take that back, but for what somebody has changed since."""


_pairs: dict[str, Pair] = {}
_movers: dict[str, Mover] = {}
_moved: set[str] = set()
_staying: dict[str, str] = {}


def pair(table: str, type_column: str = "record_type", id_column: str = "record_id") -> None:
    """Have the rows of a table move with the record that they name. Called while the project starts."""
    found = Pair(table, type_column, id_column)
    _pairs[found.name] = found


def also_move(name: str, mover: Mover, *columns: str) -> None:
    """Have a room move by itself what names a record in these columns (`table.column`). Called while the project starts."""
    _movers[name] = mover
    _moved.update(columns)


def stays(column: str, reason: str) -> None:
    """Say that a column (`table.column`) that looks as if it named records is not touched by merges, and why."""
    _staying[column] = reason


def pairs() -> Sequence[Pair]:
    return tuple(_pairs.values())


def movers() -> dict[str, Mover]:
    return dict(_movers)


def moved_by_rooms() -> frozenset[str]:
    """The columns that a mover sees to."""
    return frozenset(_moved)


def staying() -> dict[str, str]:
    return dict(_staying)
