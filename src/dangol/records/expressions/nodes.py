"""What was written in a formula, before anybody asks whether it makes sense. Every node knows its place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from dangol.records.filters.names import Part

MAX_TEXT = 2_000
MAX_NODES = 200
MAX_DEPTH = 30
MAX_WALKS = 2
MAX_WEIGHT = 2_000
"""Parts of a formula with all formulas that it reads: the statement holds them all."""


@dataclass(frozen=True, slots=True)
class Place:
    """`length` characters at `position`."""

    position: int
    length: int

    def to(self, other: Place) -> Place:
        """From the beginning of this place to the end of the other."""
        return Place(self.position, max(other.position + other.length - self.position, 1))


@dataclass(frozen=True, slots=True)
class Literal:
    """A value as it stands there; None for `empty`."""

    value: Decimal | str | bool | dt.date | None
    place: Place


@dataclass(frozen=True, slots=True)
class Name:
    """A field, perhaps over references: `customer.region`."""

    parts: tuple[Part, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Call:
    """A function or an operator with what it is applied to."""

    name: str
    arguments: tuple[Node, ...]
    place: Place


Node = Literal | Name | Call


def names(node: Node) -> Iterator[Name]:
    """All fields that are named, in the order of the text."""
    if isinstance(node, Name):
        yield node
    elif isinstance(node, Call):
        for argument in node.arguments:
            yield from names(argument)
