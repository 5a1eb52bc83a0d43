"""Formulas that make sense: every part has a kind, and operations carry the SQL around their arguments.

The SQL is total: no value that can stand in a record makes a statement fail, since one record's failure would take the
whole list away. What has no result – division by zero, a day beyond the calendar – is empty.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from dangol.records.expressions.kinds import BOOLEAN, DATE, DATETIME, NUMBER, Kind
from dangol.records.expressions.nodes import Place

TYPES = {NUMBER: "numeric", DATE: "date", DATETIME: "timestamptz", BOOLEAN: "boolean"}
"""PostgreSQL's types of kinds; the others are texts."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A value, or with None the empty value of this kind."""

    value: Decimal | str | bool | dt.date | None
    kind: Kind
    place: Place


@dataclass(frozen=True, slots=True)
class Input:
    """A field of `record_type`, which the references `steps` lead to from the record itself."""

    steps: tuple[str, ...]
    record_type: str
    name: str
    kind: Kind
    place: Place
    fixed: bool
    """Whether its value depends on nothing but the record's own row."""


@dataclass(frozen=True, slots=True)
class Apply:
    """`pieces` of SQL with the arguments between them. `fixed`: the same arguments always give the same result."""

    pieces: tuple[str, ...]
    arguments: tuple[Checked, ...]
    kind: Kind
    place: Place
    fixed: bool = True


Checked = Constant | Input | Apply


def walk(tree: Checked) -> Iterator[Checked]:
    """Every part, outermost first."""
    stack: list[Checked] = [tree]
    while stack:
        part = stack.pop()
        yield part
        if isinstance(part, Apply):
            stack.extend(reversed(part.arguments))


def inputs(tree: Checked) -> Iterator[Input]:
    """All fields that are read."""
    return (part for part in walk(tree) if isinstance(part, Input))


def is_fixed(tree: Checked) -> bool:
    """Whether the result depends on nothing but the record's own row, so that an index can hold it."""
    return all(isinstance(part, Constant) or part.fixed for part in walk(tree))
