"""What an actor sees of each field: the one place where field rules (hidden, masked, read-only) take effect.

A rule is applied to the record type itself: `seen_by` gives the type as it is for an actor – hidden fields are not
there, masked ones stand behind a `Masked`, read-only ones are not editable. Whatever works on Field objects – lists,
forms, filters, exports, the API and its description – then cannot differ. Reads that are written by hand ask
`is_clear`, or pass their rows through `shown_row`.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.db.models import Case, Func, TextField, Value, When
from django.db.models.functions import Concat, Left, Length, Repeat, Right
from django.db.models.lookups import GreaterThan, LessThanOrEqual

from dangol.identity.models import Rule
from dangol.records import registry
from dangol.records.fields import Field, Reference
from dangol.records.fields.base import OPAQUE
from dangol.records.fields.masks import Mask, Masked, unmasked
from dangol.records.fields.own import Own
from dangol.records.fields.text import MASKED_LENGTH
from dangol.records.types import RecordType, Section

if TYPE_CHECKING:
    from dangol.identity.actors import Actor

HIDDEN, MASKED, READ_ONLY = Rule.HIDDEN.value, Rule.MASKED.value, Rule.READ_ONLY.value
Rules = Mapping[tuple[str, str], str]

EMPTINESS = frozenset({"is empty", "is not empty"})
_VIEWS_KEPT = 64


# which rules there can be


def possible_rules(record_type: RecordType, name: str) -> tuple[str, ...]:
    """The rules that a field can have.

    What a record is called cannot be hidden: every page and every reference names it; it can be masked. Where a record
    belongs – owner, team, territory, or the record it inherits these from – decides who sees it, so that it can only be
    kept from being changed. A reference has no mask. What nobody can change needs no rule against changing.
    """
    field = record_type.fields[name]
    if name == "id":
        return ()
    belongs = (
        record_type.scope.through[:1]
        if record_type.scope.through
        else (() if record_type.scope.open else ("owner", "team", "territory"))
    )
    found = []
    if name not in belongs:
        if name != record_type.title:
            found.append(HIDDEN)
        if not isinstance(field, Reference):
            found.append(MASKED)
    if field.editable:
        found.append(READ_ONLY)
    return tuple(found)


# what holds for an actor


def rule_of(
    rules: Rules, record_type: RecordType, name: str, known: dict[tuple[str, str], str] | None = None
) -> str:
    """The rule of a field under an actor's rules, with those of the fields that it is computed from; "" for none.

    A field that an administrator wrote as a formula or roll-up is hidden by a masked one, too: its mask could tell of the
    value, in the kind that the formula made of it.

    Args:
        known: rules found already, by record type and field; those on the way here stand in it as none.
    """
    rule = rules.get((record_type.name, name), "")
    field = record_type.fields.get(name)
    if field is None or rule == HIDDEN:
        return rule
    if rule and rule not in possible_rules(record_type, name):
        # Declared otherwise since the rule was made: what cannot be masked is hidden, and the reverse.
        rule = _nearest(rule, record_type, name)
    sources = field.sources()
    if not sources:
        return rule
    known = {} if known is None else known
    key = (record_type.name, name)
    if key in known:
        return known[key]
    known[key] = ""
    read = [_read_rule(rules, record_type, source, known) for source in sources]
    if HIDDEN in read or (field.computed and MASKED in read):
        rule = HIDDEN
    elif MASKED in read:
        rule = MASKED
    known[key] = rule
    return rule


def _nearest(rule: str, record_type: RecordType, name: str) -> str:
    possible = possible_rules(record_type, name)
    if rule == READ_ONLY:
        return ""
    if rule == MASKED:
        return HIDDEN if HIDDEN in possible else READ_ONLY if READ_ONLY in possible else ""
    return rule


def _read_rule(rules: Rules, record_type: RecordType, source: str, known: dict[tuple[str, str], str]) -> str:
    """The rule of a field that another is computed from: one of the same type, or `type.field`."""
    if source in record_type.fields:
        return rule_of(rules, record_type, source, known)
    name, _dot, field = source.partition(".")
    other = registry.find(name)
    return rule_of(rules, other, field, known) if other is not None else ""


def is_clear(actor: Actor, type_name: str, *names: str) -> bool:
    """May the actor read all these fields as they are. No query."""
    if not actor.field_rules or actor.is_administrator:
        return True
    record_type = registry.get(type_name)
    return all(rule_of(actor.field_rules, record_type, name) not in (HIDDEN, MASKED) for name in names)


def answers(actor: Actor | None, record_type: RecordType, name: str, op: str) -> bool:
    """May a filter on this field tell records apart for the actor: a masked one only by whether it has a value."""
    if actor is None or actor.is_administrator or not actor.field_rules:
        return True
    rule = rule_of(actor.field_rules, whole(record_type), name)
    return rule != HIDDEN and (rule != MASKED or op in EMPTINESS)


def as_told(actor: Actor | None, record_type: RecordType, field: Field) -> Field:
    """The field of the type itself, without what it tells of other fields that are hidden or masked for the actor."""
    if actor is None or actor.is_administrator or not actor.field_rules:
        return field
    return field.under_rules(lambda name: rule_of(actor.field_rules, whole(record_type), name))


def title_answers(actor: Actor | None, record_type: RecordType) -> bool:
    """May records of the type be told apart by their titles."""
    if actor is None or actor.is_administrator or not actor.field_rules:
        return True
    return answers(actor, record_type, record_type.title, "=")


def shown_row(
    actor: Actor, type_name: str, row: Mapping[str, Any], names: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """A row read by hand, as the actor may see it: hidden values are gone, masked ones masked. No query.

    Args:
        row: key → value.
        names: key → field, for the keys that are not called like their fields.
    """
    shown = dict(row)
    if not actor.field_rules or actor.is_administrator:
        return shown
    record_type = registry.get(type_name)
    for key, value in row.items():
        name = key if names is None else names.get(key, key)
        if name not in record_type.fields or value in (None, ""):
            continue
        field = record_type.fields[name]
        rule = rule_of(actor.field_rules, record_type, name)
        if rule == HIDDEN:
            shown[key] = _nothing(field)
        elif rule == MASKED:
            mask = Mask(field.mask(value))
            # Code that reckons with the value takes one that is masked altogether for none.
            shown[key] = mask if isinstance(value, str) and not mask.is_opaque else _nothing(field)
    return shown


def _nothing(field: Field) -> Any:
    """What stands for a value that is not told: what a row without the value has."""
    return "" if field.blank == "" else None


def facts(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record for panels, which reckon with its values: those masked altogether count as missing."""
    return {
        name: None if isinstance(value, Mask) and value.is_opaque else value for name, value in record.items()
    }


# the record type as it is for an actor


def whole(record_type: RecordType) -> RecordType:
    """The record type itself, of one as it is for somebody."""
    return getattr(record_type, "whole", None) or record_type


def seen_by(actor: Actor | None, record_type: RecordType) -> RecordType:
    """The record type as it is for the actor; itself where no rule holds for that person. No query."""
    if actor is None or actor.is_administrator or not actor.field_rules:
        return record_type
    return _view(whole(record_type), actor.field_rules)


def akin(record_type: RecordType, other: RecordType) -> RecordType:
    """Another record type as it is for whom `record_type` is what it is: for walking from one to the other."""
    rules = getattr(record_type, "rules", None)
    return other if rules is None else _view(whole(other), rules)


def _view(record_type: RecordType, rules: Rules) -> RecordType:
    """The type under these rules; made once for each set of rules and fields."""
    kept: dict[frozenset[Any], tuple[dict[str, Field], RecordType]] = record_type.__dict__.setdefault(
        "_views", {}
    )
    key = frozenset(rules.items())
    found = kept.get(key)
    if found is None or found[0] is not record_type.fields:
        if len(kept) >= _VIEWS_KEPT:
            kept.clear()
        kept[key] = found = (record_type.fields, _made(record_type, dict(rules)))
    return found[1]


def _made(record_type: RecordType, rules: Rules) -> RecordType:
    view = copy.copy(record_type)
    for cached in ("_views", "fields", "own_fields", "editable_fields", "title_field", "relations"):
        view.__dict__.pop(cached, None)
    fields: dict[str, Field] = {}
    for name, field in record_type.fields.items():
        seen = _seen_field(rules, record_type, field)
        if seen is not None:
            fields[name] = seen
    view.whole, view.rules = record_type, rules
    view.__dict__["fields"] = fields
    # Behind their masks: what is asked of these is how they are stored, not what they hold.
    view.__dict__["own_fields"] = {
        name: own for name, field in fields.items() if isinstance(own := unmasked(field), Own)
    }
    view.__dict__["relations"] = {
        name: relation
        for name, relation in record_type.relations.items()
        if not _leads_over_hidden(rules, record_type, relation)
    }
    view.list_fields = _present(record_type.list_fields, fields)
    view.subtitle = _present(record_type.subtitle, fields)
    view.keys = tuple(name for name in record_type.keys if _is_plain(fields, name))
    view.default_sort = _sortable(record_type.default_sort, fields) or ("-id",)
    view.page_sort = record_type.page_sort if _all_sortable(record_type.page_sort, fields) else ()
    view.sections = tuple(
        Section(section.label, _present(section.fields, fields)) for section in record_type.sections
    )
    return view


def _seen_field(rules: Rules, record_type: RecordType, field: Field) -> Field | None:
    rule = rule_of(rules, record_type, field.name)
    field = field.under_rules(lambda name: rule_of(rules, record_type, name))
    match rule:
        case "hidden":
            return None
        case "masked":
            return Masked(field)
        case "read_only":
            field = copy.copy(field)
            field.editable = False
            return field
    if isinstance(field, Reference) and field.sortable and is_title_masked(rules, field):
        # The order would tell what the titles are.
        field = copy.copy(field)
        field.sortable = False
    return field


def _leads_over_hidden(rules: Rules, record_type: RecordType, relation: Any) -> bool:
    """Does the way from the related records back here lead over a reference that is hidden."""
    from dangol.records.filters.orm import inverse

    target = registry.find(relation.target)
    if target is None:
        return False
    first = inverse(record_type.model, relation.path).split("__")[0]
    return any(
        rule_of(rules, target, name) == HIDDEN
        for name, field in target.fields.items()
        if field.kind == "reference" and field.column == first
    )


def _present(names: Iterable[str], fields: Mapping[str, Field]) -> tuple[str, ...]:
    return tuple(name for name in names if name in fields)


def _is_plain(fields: Mapping[str, Field], name: str) -> bool:
    return name in fields and not isinstance(fields[name], Masked)


def _sortable(sort: Iterable[str], fields: Mapping[str, Field]) -> tuple[str, ...]:
    return tuple(
        item for item in sort if (field := fields.get(item.removeprefix("-"))) is not None and field.sortable
    )


def _all_sortable(sort: tuple[str, ...], fields: Mapping[str, Field]) -> bool:
    return len(_sortable(sort, fields)) == len(sort)


# titles of other records


def is_title_masked(rules: Rules, reference: Reference) -> bool:
    """Are the titles of the records that the reference leads to masked."""
    target = registry.find(reference.target or "")
    return target is not None and rule_of(rules, target, target.title) in (MASKED, HIDDEN)


def title_mask(actor: Actor, target: RecordType, expression: Any) -> Any:
    """The expression for a title of the type, masked by the database where the actor sees it masked."""
    return column_mask(actor, target, target.title, expression)


def column_mask(actor: Actor, target: RecordType, name: str, expression: Any) -> Any:
    """The expression for a text field of the type as the actor may see it: itself, masked, or nothing."""
    if not actor.field_rules or actor.is_administrator or name not in whole(target).fields:
        return expression
    match rule_of(actor.field_rules, whole(target), name):
        case "hidden":
            return Value(None, output_field=TextField())
        case "masked":
            return masked_expression(expression)
    return expression


def masked_expression(expression: Any) -> Any:
    """A text as `Text.mask` masks it, in the database: first and last letter, no digits."""
    length = Length(expression)
    shown = Case(
        When(GreaterThan(length, MASKED_LENGTH), then=Value(OPAQUE)),
        When(LessThanOrEqual(length, 0), then=Value("")),
        When(LessThanOrEqual(length, 2), then=Concat(Left(expression, 1), Value("*"))),
        default=Concat(Left(expression, 1), Repeat(Value("*"), length - Value(2)), Right(expression, 1)),
        output_field=TextField(),
    )
    return Func(
        shown,
        Value("[0-9]"),
        Value("*"),
        Value("g"),
        function="regexp_replace",
        output_field=TextField(),
    )


def masked_title(actor: Actor, target: RecordType, title: str) -> str:
    """A title read by hand, as the actor may see it."""
    row = shown_row(actor, target.name, {target.title: title})
    return str(row[target.title] or "")
