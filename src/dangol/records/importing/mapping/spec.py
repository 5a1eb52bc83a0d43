"""The parts of a mapping, as read from its JSON. docs/import.md explains them to those who write one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from dangol.records.importing.readers.base import SourceOptions

NUMBER = "{#}"
"""What stands for the number in the template of an ordinal."""

Transform = Callable[[str], Any]
"""Text of a cell in, value out: text, number, date, or None for "empty". Raises CellProblem."""


@dataclass(frozen=True, slots=True)
class Cell:
    """The value of a column after its transforms; `lookup` names the field a reference is found by.

    `optional`: a reference that finds no record, or several, stays empty instead of rejecting the row.
    """

    column: str
    path: str
    transforms: tuple[Transform, ...] = ()
    default: Any = None
    lookup: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Constant:
    value: Any


@dataclass(frozen=True, slots=True)
class Template:
    """Fixed text and cells in turn. Empty when none of its cells has a value."""

    parts: tuple[str | Cell, ...]


@dataclass(frozen=True, slots=True)
class Ordinal:
    """Which row of the file it is among those with the same values in these columns: 1, 2, 3 …

    With a `template` the value is that text, `{#}` standing for the number.
    """

    by: tuple[Cell, ...]
    slot: int
    template: Template | None = None


@dataclass(frozen=True, slots=True)
class FromRecord:
    """The record that another part of the mapping makes from the same row."""

    alias: str


@dataclass(frozen=True, slots=True)
class Test:
    """A condition on one cell. `kind` is filled, empty, equals, in, starts_with or less_than."""

    cell: Cell
    kind: str
    operand: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Every:
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Some:
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    condition: Condition


Condition = Test | Every | Some | Not


@dataclass(frozen=True, slots=True)
class FirstOf:
    """The value of the first case whose condition holds; empty when none does."""

    cases: tuple[tuple[Condition | None, Plain], ...]


Plain = Cell | Constant | Template | FirstOf
Expression = Plain | Ordinal | FromRecord


@dataclass(frozen=True, slots=True)
class FieldPlan:
    """One field of a record. `existing` says what happens when the record is there already: update, keep, fill."""

    name: str
    path: str
    expression: Expression
    existing: str
    fallback: Plain | None = None
    clears: bool = False


@dataclass(frozen=True, slots=True)
class RecordPlan:
    """One record made from each row for which `when` holds.

    `existing` says what becomes of a record that is there already: update, keep, reject; `missing` of one that is
    not: create, reject, skip; `repeated` of one that an earlier row of the file names already: update, keep, reject;
    `similar` of a new one that may be there already under another key: ignore, queue, reject.
    """

    alias: str
    type: str
    path: str
    key: tuple[str, ...]
    existing: str
    when: Condition | None
    fields: tuple[FieldPlan, ...]
    missing: str = "create"
    repeated: str = "update"
    similar: str = "ignore"


@dataclass(frozen=True, slots=True)
class Mapping:
    """A whole mapping. `data` is the JSON it was read from."""

    name: str
    title: dict[str, str]
    records: tuple[RecordPlan, ...]
    data: dict[str, Any] = field(hash=False)
    source: SourceOptions = field(default_factory=SourceOptions)
    time_zone: str | None = None
    ordinals: tuple[Ordinal, ...] = ()

    @property
    def types(self) -> list[str]:
        """The record types it writes, in order, each once."""
        return list(dict.fromkeys(plan.type for plan in self.records))
