"""Saved views whose filter names a merged record by its id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dangol.identity.actors import Actor
from dangol.records import registry
from dangol.records.fields import Reference
from dangol.records.filters import FilterError, parse, to_text
from dangol.records.filters.names import Part, resolve
from dangol.records.filters.tree import All, And, Compare, Count, NoneOf, Not, Or, Tree
from dangol.records.filters.tree import Any as AnyOf
from dangol.records.models import SavedView
from dangol.records.types import RecordType


class SavedFilters:
    """Moves what saved views say of a record, in the words of the filter language. One query, mostly no more."""

    def move(self, record_type: RecordType, into: int, other: int) -> Any:
        """The former and the new filter of each view that changes, by its id."""
        memory = {}
        rows = (
            SavedView.objects.filter(state__filter__icontains=str(other)).select_for_update().order_by("pk")
        )
        for view in rows:
            before = view.state.get("filter", "")
            after = renamed(view.record_type, before, record_type, other, into)
            if after != before:
                view.state = {**view.state, "filter": after}
                view.save(update_fields=["state"])
                memory[str(view.pk)] = [before, after]
        return memory or None

    def back(self, record_type: RecordType, into: int, other: int, memory: Any) -> None:
        """Back to the former filter, where the view still has the new one."""
        for view in SavedView.objects.filter(pk__in=list(memory)).select_for_update().order_by("pk"):
            before, after = memory[str(view.pk)]
            if view.state.get("filter") == after:
                view.state = {**view.state, "filter": before}
                view.save(update_fields=["state"])


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
