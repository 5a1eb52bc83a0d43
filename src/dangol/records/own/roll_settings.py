"""Whether what an administrator asks for makes a roll-up, and says what would be right where it does not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from dangol.records import filters, registry
from dangol.records.expressions.checking import KINDS, stands_in_row
from dangol.records.fields import Field, Money, Reference
from dangol.records.filters import FilterError
from dangol.records.filters.tree import And, Compare, Not, Or, Relative, Tree
from dangol.records.models import OwnField
from dangol.records.own.roll_ups import FUNCTIONS
from dangol.records.types import RecordType

Errors = defaultdict[str, list[str]]


def relations(record_type: RecordType) -> Iterator[tuple[RecordType, Reference]]:
    """The types whose records refer to records of this type, each with the reference."""
    for child in registry.all_types():
        if child.scope.administered:
            continue
        for field in child.fields.values():
            stored = field.name in child.table.columns or field.name in child.own_fields
            if isinstance(field, Reference) and field.target == record_type.name and stored:
                yield child, field


def values(child: RecordType, function: str = "") -> list[Field]:
    """The fields of related records that can be rolled up: those that stand in the record itself or are kept beside it."""
    wanted = {
        "sum": ("number",), "average": ("number",), "min": ("number", "date", "datetime"),
        "max": ("number", "date", "datetime"),
    }.get(function, ("number", "date", "datetime", "text", "choice"))  # fmt: skip
    return [
        field
        for field in child.fields.values()
        if field.kind != "reference"
        and KINDS.get(field.kind) in wanted
        and (stands_in_row(child, field) or field.name in child.table.sides)
    ]


def settings_of(definition: OwnField, before: OwnField | None, errors: Errors) -> dict[str, Any]:
    """What is kept of a roll-up; what is wrong with it goes into `errors`."""
    given = definition.settings
    parent = registry.get(definition.record_type)
    pair = (given.get("child"), given.get("through"))
    known = {(child.name, field.name): child for child, field in relations(parent)}
    if pair not in known:
        errors["child"].append(_("Choose the records that are rolled up."))
        return {}
    if before is not None and (before.settings.get("child"), before.settings.get("through")) != pair:
        errors["child"].append(_("Which records are rolled up cannot change any more."))
        return {}
    child = known[pair]
    kept: dict[str, Any] = {"child": pair[0], "through": pair[1], "function": given.get("function")}
    if kept["function"] not in FUNCTIONS:
        errors["function"].append(_("Choose what is computed of them."))
        return kept
    field = _value(child, given, kept, errors)
    _by(child, given, kept, errors)
    tree = _where(child, given, kept, errors)
    kept["result"] = _result(kept["function"], field)
    if isinstance(field, Money) and kept["result"] == "money":
        _currency(child, field, given, kept, errors)
    if kept["result"] in ("number", "money"):
        places = given.get("places")
        if places not in (None, ""):
            if not isinstance(places, int) or not 0 <= places <= 10:
                errors["places"].append(
                    _("The number must lie between %(low)s and %(high)s.") % {"low": 0, "high": 10}
                )
            kept["places"] = places
    if kept["result"] == "number" and given.get("unit"):
        kept["unit"] = given["unit"]
    named = [name for name in (kept.get("value"), kept.get("by")) if name]
    asked = [node.path[0] for node in _leaves(tree)] if tree is not None else []
    kept["inputs"] = list(dict.fromkeys([*named, *asked]))
    kept["moving"] = any(_is_relative(node) for node in _leaves(tree)) if tree is not None else False
    return kept


def _value(child: RecordType, given: Any, kept: dict[str, Any], errors: Errors) -> Field | None:
    if kept["function"] == "count":
        return None
    name = given.get("value") or ""
    field = {field.name: field for field in values(child, kept["function"])}.get(name)
    if field is None:
        errors["value"].append(_("Choose a field that this can be computed of."))
        return None
    kept["value"] = name
    return field


def _by(child: RecordType, given: Any, kept: dict[str, Any], errors: Errors) -> None:
    if kept["function"] != "latest":
        return
    name = given.get("by") or ""
    days = {field.name for field in values(child) if field.kind in ("date", "datetime")}
    if name not in days - child.table.sides.keys():
        errors["by"].append(_("Choose the date that says which record is the latest."))
        return
    kept["by"] = name


def _where(child: RecordType, given: Any, kept: dict[str, Any], errors: Errors) -> Tree | None:
    written = (given.get("where") or "").strip()
    if not written:
        return None
    try:
        tree = filters.parse(written, child)
        for node in filters.walk(tree):
            _check_condition(child, node)
    except FilterError as problem:
        errors["where"].append(problem.message)
        return None
    kept["where"] = filters.to_text(tree)
    return tree


def _check_condition(child: RecordType, node: Tree) -> None:
    if isinstance(node, And | Or | Not):
        return
    if not isinstance(node, Compare) or len(node.path) != 1:
        raise FilterError(
            _("Only fields of the related records themselves can be asked here."), code="condition"
        )
    field = child.fields[node.path[0]]
    held = node.value if isinstance(node.value, tuple) else (node.value,)
    if field.kind == "reference":
        own = field.name in child.table.columns or field.name in child.own_fields
        if not own or not all(value is None or isinstance(value, int) for value in held):
            raise FilterError(
                _("“%(field)s” can be compared with the number of a record here, not with a name or person.")
                % {"field": field.label},
                code="condition",
            )
    elif not stands_in_row(child, field):
        raise FilterError(
            _("“%(field)s” does not stand in the related record itself.") % {"field": field.label},
            code="condition",
        )


def _leaves(tree: Tree) -> list[Compare]:
    return [node for node in filters.walk(tree) if isinstance(node, Compare)]


def _is_relative(node: Compare) -> bool:
    held = node.value if isinstance(node.value, tuple) else (node.value,)
    return any(isinstance(value, Relative) for value in held)


def _currency(child: RecordType, field: Money, given: Any, kept: dict[str, Any], errors: Errors) -> None:
    if not field.currency_column:
        kept["currency"] = field.currency
    elif field.currency_column not in child.table.columns:
        errors["value"].append(
            _("The currency of “%(field)s” stands in another record; its amounts cannot be added up here.")
            % {"field": field.label}
        )
    else:
        kept["currency"] = given.get("currency") or "KRW"


def _result(function: str, field: Field | None) -> str:
    if function == "count" or field is None:
        return "number"
    if isinstance(field, Money):
        return "money"
    return "choice" if field.kind == "choice" else KINDS[field.kind]
