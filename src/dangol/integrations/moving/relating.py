"""Which files refer to which, and in which order they go in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from dangol.integrations.moving.expressions import plain_column
from dangol.integrations.moving.looking import Looked
from dangol.integrations.moving.plans import FoundRelation, PlannedStep
from dangol.records import registry
from dangol.records.fields import Reference
from dangol.records.importing.guessing.columns import columns_of

LEAST_SHARE: Final = 0.5
LEAST_VALUES: Final = 2
USERS: Final = "user_account"


def key_columns(steps: Sequence[PlannedStep]) -> dict[int, str]:
    """Of each file, the column by whose values its records are known: file → column."""
    found: dict[int, str] = {}
    for step in steps:
        for record in step.mapping.get("records", ())[:1]:
            fields = record.get("fields", {})
            names = ["external_id", *record.get("key", ())]
            column = next((plain_column(fields[name]) for name in names if name in fields), "")
            if column:
                found.setdefault(step.file, column)
    return found


def relations(files: Sequence[Looked], keys: Mapping[int, str]) -> list[FoundRelation]:
    """Columns whose values stand in the key column of another file, measured on the first rows of each.

    Of several key columns in which a column's values stand, the one that has most of them; a column that is a key itself
    relates to none.
    """
    known = {at: files[at].values(column) for at, column in keys.items()}
    found = []
    for at, file in enumerate(files):
        for column in columns_of(file.header, file.sample):
            if not column.usable or keys.get(at) == column.name:
                continue
            values = [value.strip() for value in column.values]
            if len(values) < LEAST_VALUES:
                continue
            best = max(
                (
                    (sum(value in those for value in values) / len(values), -other)
                    for other, those in known.items()
                    if other != at
                ),
                default=(0.0, 0),
            )
            if best[0] >= LEAST_SHARE:
                other = -best[1]
                found.append(FoundRelation(at, column.name, other, keys[other], round(best[0], 3)))
    return found


def refers_to(step: PlannedStep) -> set[str]:
    """The types whose records the records of a step point at; accounts for people."""
    found = set()
    for record in step.mapping.get("records", ()):
        record_type = registry.get(record["type"])
        for name, expression in record.get("fields", {}).items():
            known = record_type.fields.get(name)
            if not isinstance(known, Reference) or (
                isinstance(expression, Mapping) and "record" in expression
            ):
                continue
            if known.person:
                found.add(USERS)
            elif known.target:
                found.add(known.target)
    return found


def in_order(steps: Sequence[PlannedStep]) -> list[PlannedStep]:
    """The steps, each behind those that make what its records point at; else as they stand.

    Where they point at each other in a circle, the first one in line breaks it: what is not there yet when it is looked
    for is told by the dry run.
    """
    makers: dict[str, set[str]] = {}
    for step in steps:
        if not step.after:  # a further look at records that another step makes is none that makes them
            for name in step.types:
                makers.setdefault(name, set()).add(step.name)
    names = {step.name for step in steps}
    before = {
        step.name: (
            {maker for name in refers_to(step) for maker in makers.get(name, ())} | (set(step.after) & names)
        )
        - {step.name}
        for step in steps
    }
    done: list[PlannedStep] = []
    waiting = list(steps)
    while waiting:
        there = {step.name for step in done}
        ready = next((step for step in waiting if before[step.name] <= there), waiting[0])
        done.append(ready)
        waiting.remove(ready)
    return done
