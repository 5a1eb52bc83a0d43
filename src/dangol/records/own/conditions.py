"""Under what condition a form shows an own field: a filter over the record itself, asked of values not yet stored.

Only conditions on fields of the record that can be edited are possible – what stands in the form decides –, and they mean
what they mean in a list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _

from dangol.records import fieldrules
from dangol.records.fields import MultiChoice, Ref
from dangol.records.fields.masks import Masked
from dangol.records.filters import And, Compare, FilterError, Not, Or, Tree, parse, walk
from dangol.records.filters.meaning import Meaning, false_when_missing
from dangol.records.filters.relative import PERSONS
from dangol.records.filters.tree import Relative

if TYPE_CHECKING:
    from dangol.identity.actors import Actor
    from dangol.records.fields import Field
    from dangol.records.fields.own import Own
    from dangol.records.types import RecordType

Get = Callable[[str], Any]

_trees: dict[tuple[str, int, str], Tree | None] = {}


def read(text: str, record_type: RecordType) -> Tree:
    """The condition that a text is. Raises FilterError for what is none, or asks for more than the form knows."""
    tree = parse(text, record_type)
    inside = {name for section in record_type.form_sections() for name in section.fields}
    for node in walk(tree):
        if isinstance(node, And | Or | Not):
            continue
        if not isinstance(node, Compare) or len(node.path) != 1 or node.path[0] not in inside:
            raise FilterError(
                _("A condition can only ask for fields of the record itself that stand in its form."),
                code="condition",
            )
    return tree


def tree_of(record_type: RecordType, field: Own) -> Tree | None:
    """The field's condition; None where it has none, or one that names a field which is gone (it is shown then).

    So it is for whom field rules keep something of a field that the condition asks for: whether this one is there would
    tell of that one.
    """
    if not field.condition:
        return None
    whole = fieldrules.whole(record_type)
    key = (whole.name, whole.edition, field.name)
    if key not in _trees:
        if len(_trees) > 5_000:
            _trees.clear()
        try:
            _trees[key] = read(field.condition, whole)
        except FilterError:
            _trees[key] = None
    tree = _trees[key]
    if tree is None or record_type is whole:
        return tree
    inside = record_type.editable_fields
    told = all(name in inside and not isinstance(inside[name], Masked) for name in fields_of(tree))
    return tree if told else None


def names_in(record_type: RecordType, field: Own) -> frozenset[str]:
    """The fields that the field's condition asks for."""
    tree = tree_of(record_type, field)
    return frozenset() if tree is None else fields_of(tree)


def fields_of(tree: Tree) -> frozenset[str]:
    """The fields that a condition asks for."""
    return frozenset(node.path[0] for node in walk(tree) if isinstance(node, Compare))


def needed(record_type: RecordType) -> set[str]:
    """Fields whose stored values decide whether a required one may stay empty, with those required ones."""
    found: set[str] = set()
    for field in record_type.own_fields.values():
        if field.required and field.condition:
            found |= {field.name, *names_in(record_type, field)}
    return found


def shown(record_type: RecordType, field: Own, get: Get, actor: Actor | None) -> bool:
    """Whether a record with these values shows the field."""
    tree = tree_of(record_type, field)
    return tree is None or _Judge(record_type, get, actor).holds(tree)


def hidden(record_type: RecordType, get: Get, actor: Actor | None) -> list[str]:
    """The fields that a record with these values does not show."""
    return [
        name
        for name, field in record_type.own_fields.items()
        if field.condition and not shown(record_type, field, get, actor)
    ]


class _Judge(Meaning):
    """A filter asked of values in memory."""

    def __init__(self, record_type: RecordType, get: Get, actor: Actor | None) -> None:
        super().__init__(actor, timezone.now())
        self.type = record_type
        self.get = get

    def holds(self, tree: Tree) -> bool:
        match tree:
            case And(nodes):
                return all(self.holds(node) for node in nodes)
            case Or(nodes):
                return any(self.holds(node) for node in nodes)
            case Not(node):
                return not self.holds(node)
        leaf, positive = false_when_missing(tree, True)
        return self.compared(leaf) == positive

    def compared(self, leaf: Compare) -> bool:
        field = self.type.fields[leaf.path[0]]
        held = self.get(field.name)
        if held is None or held == "" or held == ():
            return field.kind == "boolean" and leaf.op == "=" and leaf.value is False
        if leaf.op == "is not empty":
            return True
        if isinstance(leaf.value, tuple) and leaf.op == "in":
            return any(self.equal(field, "=", value, held) for value in leaf.value)
        if isinstance(leaf.value, tuple):
            return self.ordered(field, ">=", leaf.value[0], held) and self.ordered(
                field, "<=", leaf.value[1], held
            )
        if leaf.op in ("<", "<=", ">", ">="):
            return self.ordered(field, leaf.op, leaf.value, held)
        return self.equal(field, leaf.op, leaf.value, held)

    def equal(self, field: Field, op: str, value: Any, held: Any) -> bool:
        if isinstance(field, MultiChoice):
            return value in held
        if isinstance(value, Relative) and value.name in PERSONS:
            return any(
                getattr(person, "id", person) == getattr(held, "id", held)
                for person in self.people(field, value)
            )
        if self.is_span(field, value):
            first, after = self.borders(field, value)
            return bool(first <= held < after)
        if isinstance(value, Relative):
            return bool(held == self.borders(field, value)[0])
        if isinstance(held, Ref):
            return value in (held.id, held.title)
        text, sought = str(held).upper(), str(value).upper()
        match op:
            case "contains":
                return sought in text
            case "starts with":
                return text.startswith(sought)
            case "ends with":
                return text.endswith(sought)
        return bool(held == value)

    def ordered(self, field: Field, op: str, value: Any, held: Any) -> bool:
        if isinstance(value, Relative) or self.is_span(field, value):
            first, after = self.borders(field, value)
            if first != after:
                op, value = {">": (">=", after), ">=": (">=", first), "<": ("<", first), "<=": ("<", after)}[
                    op
                ]
            else:
                value = first
        if isinstance(value, date) and not isinstance(value, datetime) and isinstance(held, datetime):
            return False
        return bool({"<": held < value, "<=": held <= value, ">": held > value, ">=": held >= value}[op])


def values_in(record_type: RecordType, data: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    """What stands in a form, as far as it can be read: a field with an error counts as empty."""
    from zoneinfo import ZoneInfo

    from dangol.records import widgets
    from dangol.records.fields import FieldError, Locale

    locale = Locale(actor.language, ZoneInfo(actor.time_zone))
    wanted = {name for field in record_type.own_fields.values() for name in names_in(record_type, field)}
    found = {}
    for name in wanted:
        field = record_type.fields[name]
        try:
            found[name] = field.parse(widgets.read(field, data), locale)
        except FieldError:
            found[name] = None
    return found
