"""What a segment's condition says, what it reads, and how cells of the RFM grid are written as one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.records import filters, registry
from dangol.records.fields import FieldError
from dangol.records.filters.names import Part, resolve
from dangol.records.filters.relative import PERSONS
from dangol.records.filters.tree import EVERYTHING, All, Any, Compare, Count, NoneOf, Relative, Tree
from dangol.records.types import RecordType

CUSTOMER: Final = "customer"
FIELD: Final = "segment"
SCORE: Final = "rfm.score"
FIFTHS: Final = (5, 4, 3, 2, 1)


def parsed(text: str, *, actor: Actor) -> Tree:
    """The condition of a segment as this actor may ask it. No query.

    Raises:
        FieldError: it cannot be read, lets everybody through, or means something else for each reader.
    """
    try:
        tree = filters.parse(text, registry.get(CUSTOMER), actor=actor)
    except filters.FilterError as problem:
        raise FieldError("filter", str(problem)) from problem
    if tree == EVERYTHING:
        raise FieldError("required", _("Say which customers belong to the segment."))
    for node in filters.walk(tree):
        if not isinstance(node, Compare):
            continue
        if node.path[-1] == FIELD:
            raise FieldError("segment", _("A segment cannot be made of segments. Write their conditions."))
        values = node.value if isinstance(node.value, tuple) else (node.value,)
        if any(isinstance(value, Relative) and value.name in PERSONS for value in values):
            raise FieldError(
                "person", _("A segment is the same for everybody. Name the person instead of “me”.")
            )
    return tree


def fields_of(tree: Tree) -> set[str]:
    """The customers' own fields that the condition asks."""
    return {path[0] for path in filters.paths(tree)}


def types_read(tree: Tree) -> set[str]:
    """The record types, besides customers, whose records decide who belongs."""
    return set(_types(tree, registry.get(CUSTOMER)))


def _types(tree: Tree, record_type: RecordType) -> Iterator[str]:
    for node in filters.walk(tree):
        if isinstance(node, Compare):
            within = record_type
            for name in node.path:
                field = within.fields.get(name)
                if field is None:
                    break  # below a relation: told of below
                if field.needs:
                    yield field.needs
                if field.computed:
                    yield "*"
                target = registry.find(field.target or "")
                if target is None or name == node.path[-1]:
                    break
                yield target.name
                within = target
        elif isinstance(node, Any | All | NoneOf | Count):
            relation = resolve([Part(name) for name in node.path], record_type, many=True).relation
            target = registry.find(relation.target) if relation else None
            if target is None:
                yield "*"
                continue
            yield target.name
            yield from _types(node.where, target)


def of_cells(cells: Iterable[tuple[int, int]]) -> str:
    """The condition of cells of the grid: (recency, frequency) from 1 to 5 each, whatever was spent."""
    codes = sorted({f"{r}{f}{m}" for r, f in cells for m in FIFTHS})
    return f"{SCORE} in ({', '.join(codes)})" if codes else ""
