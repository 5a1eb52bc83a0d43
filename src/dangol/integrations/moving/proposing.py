"""Own fields for columns that have no place: which kind each would be, and making them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from dangol.identity.actors import Actor
from dangol.integrations.moving.looking import Looked
from dangol.integrations.moving.plans import Plan, PlannedStep, ProposedField
from dangol.records import fields as kinds
from dangol.records import registry
from dangol.records.importing.guessing.columns import Column, columns_of
from dangol.records.importing.guessing.styles import fit
from dangol.records.models import OwnKind
from dangol.records.own import services as own_fields

MOST_CHOICES: Final = 12
REPEATED: Final = 4
"""So many rows for each value, and it is a choice."""
LONG: Final = 120
MOST_PROPOSED: Final = 100
SAMPLES: Final = 3
_TRIED: Final = (
    (OwnKind.BOOLEAN, kinds.Boolean),
    (OwnKind.INTEGER, kinds.Integer),
    (OwnKind.NUMBER, kinds.Number),
    (OwnKind.DATE, kinds.Date),
    (OwnKind.DATETIME, kinds.DateTime),
    (OwnKind.EMAIL, kinds.Email),
)
_CODE = re.compile(r"[^a-z0-9]+")


def proposals(steps: Sequence[PlannedStep], files: Sequence[Looked]) -> list[ProposedField]:
    """What columns without place could become, each column of a file once; columns without values are passed over.

    A column that one step of a file leaves out and another one reads has a place.
    """
    found = []
    for step in steps:
        file = files[step.file]
        read = [other for other in steps if other.file == step.file and other is not step]
        if step.after or not step.types:
            continue  # a further look at the file
        for column in columns_of(file.header, file.sample):
            if column.name not in step.unused or not column.usable or not column.values:
                continue
            if any(column.name not in other.unused for other in read):
                continue
            kind, choices = kind_of(column, _filled(file, column))
            samples = [value[:80] for value in column.values[:SAMPLES]]
            found.append(ProposedField(step.name, column.name, step.types[0], kind, choices, samples))
    return found[:MOST_PROPOSED]


def kind_of(column: Column, filled: int) -> tuple[str, list[str]]:
    """The kind that all values of a column fit into, the narrowest first; for a choice also its values.

    Args:
        filled: how many of the rows looked at have a value.
    """
    values = column.values
    for kind, tried in _TRIED:
        looked = fit(tried(column.name, label=column.name), column.name, values)
        if looked.share == 1 and looked.question is None:
            return kind, []
    if len(values) <= MOST_CHOICES and filled >= REPEATED * len(values):
        return OwnKind.CHOICE, sorted(values)
    return (OwnKind.LONG_TEXT if max(map(len, values)) > LONG else OwnKind.TEXT), []


def make(plan: Plan, columns: Sequence[tuple[str, str]], *, actor: Actor) -> int:
    """Make own fields for these columns (step and column), and let the columns go into them. Returns how many.

    A field of the type that is called like the column is used instead of a new one.

    Raises:
        PermissionDenied: the actor may not make fields.
        ValidationError: what makes no field, and why.
    """
    wanted, count = set(columns), 0
    for proposed in plan.fields:
        step = plan.step_named(proposed.step)
        if (proposed.step, proposed.column) not in wanted or proposed.made or step is None:
            continue
        record_type = registry.get(proposed.record_type)
        known = next(
            (name for name, own in record_type.own_fields.items() if str(own.label) == proposed.column), ""
        )
        if not known:
            settings: dict[str, Any] = {}
            if proposed.kind == OwnKind.CHOICE:
                settings["choices"] = _choices(proposed.choices)
            known = own_fields.create(
                actor=actor,
                record_type=proposed.record_type,
                kind=proposed.kind,
                label_ko=proposed.column[:80],
                label_en=proposed.column[:80],
                settings=settings,
            ).name
        proposed.made = known
        _give(step, proposed)
        count += 1
    return count


def _give(step: PlannedStep, proposed: ProposedField) -> None:
    """Let the column go into the field that was made of it."""
    value: dict[str, Any] = {"column": proposed.column}
    if proposed.kind == OwnKind.CHOICE:
        codes = {one["ko"]: one["code"] for one in _choices(proposed.choices)}
        # Values beyond the first rows are refused with the row named, and can be added as choices.
        value["transform"] = [{"choices": codes}]
    for record in step.mapping["records"]:
        if record["type"] == proposed.record_type:
            record["fields"][proposed.made] = value
            break
    step.unused = [column for column in step.unused if column != proposed.column]


def _choices(values: Sequence[str]) -> list[dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for at, value in enumerate(values, 1):
        code = _CODE.sub("_", value.casefold()).strip("_")[:36] or f"choice_{at}"
        if code in found:
            code = f"{code[:36]}_{at}"
        found[code] = {"code": code, "ko": value, "en": value}
    return list(found.values())


def _filled(file: Looked, column: Column) -> int:
    return sum(bool(row[column.index].strip()) for row in file.sample if column.index < len(row))
