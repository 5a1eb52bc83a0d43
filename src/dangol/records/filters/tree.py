"""What a filter means, without any of its spellings: frozen, hashable nodes.

`And(())` is the filter that lets everything through (an empty filter box). Everywhere else `And` and `Or`
hold at least two members, never directly nested in their own kind, so that one meaning has one shape.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

MAX_NODES = 200
MAX_NESTING = 20
MAX_WALKS = 3
MAX_LIST = 500
MAX_TEXT = 10_000

Path = tuple[str, ...]
"""Field names from the filtered record outward, one per reference walked: `("customer", "region")`."""


@dataclass(frozen=True, slots=True)
class Relative:
    """A value known only when the filter runs: a moment (`now`), a period (`this_month`) or a person (`me`).

    `offset` moves a moment or period: a sign, a whole number and a unit (`min h d w mo y`), or is empty.
    """

    name: str
    offset: str = ""


Scalar = str | bool | int | float | Decimal | dt.date | dt.datetime | Relative
Value = Scalar | tuple[Scalar, ...] | None


@dataclass(frozen=True, slots=True)
class Compare:
    """A condition on one field. `value` is a tuple for `in`, `not in` and `between`, None for `is empty`."""

    path: Path
    op: str
    value: Value = None


@dataclass(frozen=True, slots=True)
class Any:
    """At least one related record meets `where`. The last part of `path` is the relation."""

    path: Path
    where: Tree


@dataclass(frozen=True, slots=True)
class All:
    """No related record fails `where`; so true where there are none."""

    path: Path
    where: Tree


@dataclass(frozen=True, slots=True)
class NoneOf:
    """No related record meets `where`."""

    path: Path
    where: Tree


@dataclass(frozen=True, slots=True)
class Count:
    """The number of related records that meet `where`, compared with `value`."""

    path: Path
    op: str
    value: int
    where: Tree


@dataclass(frozen=True, slots=True)
class Not:
    """The exact complement: every record is in `node` or in `Not(node)`, never in both, values or none."""

    node: Tree

    def __post_init__(self) -> None:
        if self.node == EVERYTHING:
            raise ValueError("a filter that lets nothing through cannot be written")


@dataclass(frozen=True, slots=True)
class And:
    """All members hold; without members, always."""

    nodes: tuple[Tree, ...] = ()

    def __post_init__(self) -> None:
        if len(self.nodes) == 1 or any(isinstance(node, And) for node in self.nodes):
            raise ValueError("And holds none or at least two members that are not And; use And.of")

    @classmethod
    def of(cls, *nodes: Tree) -> Tree:
        """Join with "and": flat, without members that let everything through, a single member as it is."""
        flat: list[Tree] = []
        for node in nodes:
            flat.extend(node.nodes) if isinstance(node, And) else flat.append(node)
        return flat[0] if len(flat) == 1 else cls(tuple(flat))


@dataclass(frozen=True, slots=True)
class Or:
    """At least one member holds."""

    nodes: tuple[Tree, ...]

    def __post_init__(self) -> None:
        if len(self.nodes) < 2 or any(isinstance(node, Or) or node == EVERYTHING for node in self.nodes):
            raise ValueError("Or holds at least two members that are neither Or nor empty; use Or.of")

    @classmethod
    def of(cls, *nodes: Tree) -> Tree:
        """Join with "or": flat, a single member as it is; everything, if one member is everything.

        Raises ValueError without members: there is no text for a filter that lets nothing through.
        """
        flat: list[Tree] = []
        for node in nodes:
            if node == EVERYTHING:
                return EVERYTHING
            flat.extend(node.nodes) if isinstance(node, Or) else flat.append(node)
        return flat[0] if len(flat) == 1 else cls(tuple(flat))


Tree = Compare | Any | All | NoneOf | Count | Not | And | Or
EVERYTHING = And()

NEGATIVE = {"!=": "=", "not in": "in", "not contains": "contains", "is empty": "is not empty"}
"""Operators that are the complement of another: so `!=` and `is empty` let missing values through."""

OPERATORS = (
    "=",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "in",
    "not in",
    "between",
    "contains",
    "not contains",
    "starts with",
    "ends with",
    "is empty",
    "is not empty",
)
COUNT_OPERATORS = ("=", "!=", "<", "<=", ">", ">=")


def walk(tree: Tree) -> Iterator[Tree]:
    """Every node, outermost first."""
    stack: list[Tree] = [tree]
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, And | Or):
            stack.extend(reversed(node.nodes))
        elif isinstance(node, Not):
            stack.append(node.node)
        elif isinstance(node, Any | All | NoneOf | Count):
            stack.append(node.where)


def paths(tree: Tree) -> Iterator[Path]:
    """The paths named on the filtered record itself, not those inside relations."""
    stack: list[Tree] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, And | Or):
            stack.extend(reversed(node.nodes))
        elif isinstance(node, Not):
            stack.append(node.node)
        else:
            yield node.path


def nesting(tree: Tree) -> int:
    """How deeply the canonical text nests parentheses."""
    match tree:
        case And(nodes):
            return max((nesting(node) + isinstance(node, Or) for node in nodes), default=0)
        case Or(nodes):
            return max(nesting(node) for node in nodes)
        case Not(node):
            return 1 + nesting(node)
        case Any(_, where) | All(_, where) | NoneOf(_, where) | Count(_, _, _, where):
            return 1 + nesting(where)
    return 0
