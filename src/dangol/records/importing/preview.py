"""What a file would do: its first rows, tried and taken back, and which column goes where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import translation

from dangol.identity.actors import Actor
from dangol.records import registry
from dangol.records.fields import Field
from dangol.records.importing import counters, engine, rejects
from dangol.records.importing.ahead import prepared
from dangol.records.importing.engine import locale_of, options_of, process
from dangol.records.importing.mapping import Mapping, compile_mapping, read_mapping
from dangol.records.importing.mapping.spec import (
    Cell,
    Condition,
    Every,
    Expression,
    FirstOf,
    Not,
    Ordinal,
    Some,
    Template,
    Test,
)
from dangol.records.importing.readers import open_table
from dangol.records.importing.repeats import Told, merged
from dangol.records.models import ImportReject, ImportRun
from dangol.records.types import RecordType

TRIED = 200
SHOWN = 20
SHOWN_COLUMNS = 12


@dataclass(frozen=True, slots=True)
class TriedRow:
    """One of the first rows: its cells as in the file, and what would become of it: in, same, rejected."""

    number: int
    cells: list[str]
    outcome: str
    reason: str = ""
    column: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """A column of the file and the fields that take something from it."""

    column: str
    fields: list[tuple[RecordType, Field]]


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows of a file seen through a mapping."""

    header: list[str]
    columns: list[ColumnUse]
    rows: list[TriedRow]
    tried: int
    rejected: int
    created: dict[str, int]
    updated: dict[str, int]
    problems: list[ImportReject] = field(default_factory=list)
    without_key: list[RecordType] = field(default_factory=list)
    repeats: Told = field(default_factory=dict)

    @property
    def unused(self) -> list[str]:
        return [use.column for use in self.columns if not use.fields]


def preview(import_run: ImportRun, actor: Actor) -> Preview:
    """Try the first rows in a transaction that is rolled back.

    Raises:
        ImportProblem: the file cannot be read, or the mapping does not fit it.
    """
    mapping = read_mapping(import_run.mapping, name=import_run.mapping_name)
    engine.require_permission(mapping, actor)
    with open_table(Path(import_run.path), options_of(mapping)) as table:
        compiled = compile_mapping(mapping, table.header, locale_of(actor))
        chunk = list(islice(iter(table), TRIED))
        with transaction.atomic(), translation.override(actor.language):
            # A run that stopped half-way has counted these rows already.
            counters.forget(import_run)
            result, turned_away = process(import_run, prepared(chunk), compiled, actor)
            transaction.set_rollback(True)
    by_number = {reject.number: reject for reject in turned_away}
    rows = []
    for index, row in enumerate(chunk[:SHOWN]):
        reject = by_number.get(row.number)
        outcome = "rejected" if reject else "in" if index in result.changing else "same"
        rows.append(
            TriedRow(
                row.number,
                [clean(cell) for cell in row.cells[:SHOWN_COLUMNS]],
                outcome,
                reject.reason if reject else "",
                reject.column if reject else "",
                reject.value if reject else "",
            )
        )
    return Preview(
        header=table.header,
        columns=column_uses(mapping, table.header),
        rows=rows,
        tried=len(chunk),
        rejected=len(turned_away),
        created={name: count for name, count in result.created.items() if count},
        updated={name: count for name, count in result.updated.items() if count},
        problems=turned_away[:SHOWN],
        repeats=merged({}, result.repeats, is_whole=True),
        without_key=[registry.get(plan.type) for plan in mapping.records if not plan.key],
    )


def clean(text: str) -> str:
    """A cell as it can be shown: NUL and bytes that are no text as replacement characters."""
    return text.translate(rejects.REPLACED)


def column_uses(mapping: Mapping, header: Sequence[str]) -> list[ColumnUse]:
    """Each column of the file with the fields that read it, in the order of the file."""
    uses: dict[str, list[tuple[RecordType, Field]]] = {name: [] for name in header}
    for plan in mapping.records:
        record_type = registry.get(plan.type)
        for item in plan.fields:
            target = (record_type, record_type.fields[item.name])
            for column in dict.fromkeys(_columns(item.expression)):
                if column in uses and target not in uses[column]:
                    uses[column].append(target)
    return [ColumnUse(name, fields) for name, fields in uses.items() if name]


def _columns(expression: Expression) -> list[str]:
    match expression:
        case Cell(column=column):
            return [column]
        case Template(parts=parts):
            return [part.column for part in parts if isinstance(part, Cell)]
        case Ordinal(by=cells):
            return [cell.column for cell in cells]
        case FirstOf(cases=cases):
            found: list[str] = []
            for when, plain in cases:
                found += [*(_tested(when) if when else ()), *_columns(plain)]
            return found
    return []


def _tested(condition: Condition) -> list[str]:
    match condition:
        case Test(cell=cell):
            return [cell.column]
        case Every(conditions=parts) | Some(conditions=parts):
            return [column for part in parts for column in _tested(part)]
        case Not(condition=inner):
            return _tested(inner)


def outcome_counts(import_run: ImportRun) -> list[dict[str, Any]]:
    """Created and updated by record type, for the result page."""
    return [
        {
            "type": registry.get(name),
            "created": import_run.created.get(name, 0),
            "updated": import_run.updated.get(name, 0),
        }
        for name in import_run.record_types
        if registry.find(name)
    ]
