"""A mapping bound to the columns of a file: what runs for each row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dangol.records.fields import Field
from dangol.records.importing.mapping.cells import Cells, Check, Counted, Getter
from dangol.records.importing.mapping.spec import Mapping
from dangol.records.types import RecordType


@dataclass(frozen=True, slots=True)
class CompiledField:
    """A field whose value comes from the cells alone. `fallback` gives what a new record gets when there is none."""

    name: str
    field: Field
    get: Getter
    existing: str
    fallback: Getter | None
    clears: bool
    column: str


@dataclass(frozen=True, slots=True)
class CompiledRecord:
    """One record of the mapping, ready to run.

    `cells` are the fields that come from the row itself, `references` fields that name a record of the same row
    (field name, alias), `ordinals` fields that count (field name, value of the row's cells and numbers). `existing`,
    `missing`, `repeated` and `similar` are the plan's. `alone`: a further row with the same key is worth a word, since no other
    record of the mapping points at this one and its key counts no rows, or since the mapping says what becomes of it.
    """

    alias: str
    record_type: RecordType
    key: tuple[str, ...]
    keeps: bool
    when: Check | None
    cells: tuple[CompiledField, ...]
    references: tuple[tuple[str, str], ...]
    ordinals: tuple[tuple[str, Counted], ...]
    policies: dict[str, str]
    existing: str
    missing: str
    repeated: str = "update"
    similar: str = "ignore"
    alone: bool = False

    @property
    def fills(self) -> tuple[CompiledField, ...]:
        """The fields whose value may still be missing after the first row of a record."""
        return tuple(field for field in self.cells if field.existing == "fill")


@dataclass(frozen=True, slots=True)
class CompiledMapping:
    """All records in order, and for each ordinal the function that gives the text it counts by.

    `given_ordinals` are the places of columns that carry ordinals (None: count), as rejects files have them.
    """

    mapping: Mapping
    records: tuple[CompiledRecord, ...]
    counted: tuple[Callable[[Cells], str], ...]
    given_ordinals: tuple[int | None, ...]
