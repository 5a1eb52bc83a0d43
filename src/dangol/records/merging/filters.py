"""Filters that are kept somewhere and name a merged record by its id: saved views, conditions, rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import Model
from django.db.models.fields.json import KT

from dangol.identity.actors import Actor
from dangol.records import registry
from dangol.records.fields import Reference
from dangol.records.filters import FilterError, from_json, parse, to_json, to_text
from dangol.records.filters.names import Part, resolve
from dangol.records.filters.tree import All, And, Compare, Count, NoneOf, Not, Or, Tree
from dangol.records.filters.tree import Any as AnyOf
from dangol.records.types import RecordType


class KeptFilters:
    """Moves what the filters in one column say of a record, in the words of the filter language. One query, mostly no more.

    Args:
        model: the table.
        column: a text; or with `key`, the text under that key of a JSON object.
        of: the name of the record type that a row's filter is about.
        then: called once where any was changed, and once where any was put back.
    """

    def __init__(
        self,
        model: type[Model],
        column: str,
        *,
        of: Callable[[Any], str],
        key: str = "",
        then: Callable[[], None] | None = None,
    ) -> None:
        self.model, self.column, self.key, self.of, self.then = model, column, key, of, then

    def move(self, record_type: RecordType, into: int, other: int) -> Any:
        """The former and the new filter of each row that changes, by its id."""
        memory: dict[str, list[str]] = {}
        rows = (
            self.model._default_manager.annotate(_kept=KT(f"{self.column}__{self.key}")).filter(
                _kept__contains=str(other)
            )
            if self.key
            else self.model._default_manager.filter(**{f"{self.column}__contains": str(other)})
        )
        for row in rows.select_for_update().order_by("pk"):
            before = self._text(row)
            after = renamed(self.of(row), before, record_type, other, into)
            if after != before:
                self._put(row, after)
                memory[str(row.pk)] = [before, after]
        if memory and self.then:
            self.then()
        return memory or None

    def back(self, record_type: RecordType, into: int, other: int, memory: Any) -> None:
        """Back to the former filter, where the row still has the new one."""
        changed = False
        rows = self.model._default_manager.filter(pk__in=list(memory)).select_for_update().order_by("pk")
        for row in rows:
            before, after = memory[str(row.pk)]
            if self._text(row) == after:
                self._put(row, before)
                changed = True
        if changed and self.then:
            self.then()

    def _text(self, row: Any) -> str:
        kept = getattr(row, self.column)
        return str(kept.get(self.key, "") if self.key else kept)

    def _put(self, row: Any, text: str) -> None:
        setattr(row, self.column, {**getattr(row, self.column), self.key: text} if self.key else text)
        row.save(update_fields=[self.column])


def renamed(of: str, text: str, record_type: RecordType, other: int, into: int) -> str:
    """The filter with one record put in another's place; as it was where it does not name it, or cannot be read any more."""
    listed = registry.find(of)
    if listed is None:
        return text
    try:
        tree = parse(text, listed, actor=Actor.system("merge"))
        found = _renamed(tree, listed, record_type, other, into)
    except FilterError:
        return text
    return text if found == tree else to_text(found)


def renamed_json(
    kept: Mapping[str, Any], listed: RecordType, record_type: RecordType, other: int, into: int
) -> Mapping[str, Any]:
    """As `renamed`, for a filter in its JSON form."""
    try:
        tree = from_json(kept, listed)
        found = _renamed(tree, listed, record_type, other, into)
    except FilterError:
        return kept
    return kept if found == tree else to_json(found)


def _renamed(tree: Tree, listed: RecordType, record_type: RecordType, other: int, into: int) -> Tree:
    def again(node: Tree, within: RecordType = listed) -> Tree:
        return _renamed(node, within, record_type, other, into)

    match tree:
        case And(nodes):
            return And.of(*map(again, nodes)) if nodes else tree
        case Or(nodes):
            return Or.of(*map(again, nodes))
        case Not(node):
            return Not(again(node))
        case AnyOf(path, where) | All(path, where) | NoneOf(path, where) | Count(path, _, _, where):
            relation = resolve([Part(name) for name in path], listed, many=True).relation
            target = registry.find(relation.target) if relation else None
            return replace(tree, where=again(where, target)) if target is not None else tree
        case Compare(path, _op, value):
            field = resolve([Part(name) for name in path], listed).field
            if not isinstance(field, Reference) or field.target != record_type.name:
                return tree
            return replace(tree, value=_instead(value, other, into))


def _instead(value: Any, other: int, into: int) -> Any:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(dict.fromkeys(into if one == other else one for one in value))
    return into if value == other else value
