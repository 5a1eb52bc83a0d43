"""Whether values name records that are there: which key a reference is found by, which column holds known keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dangol.identity.actors import Actor
from dangol.records import fieldrules, permissions, registry
from dangol.records.fields import FieldError, Locale, Reference
from dangol.records.importing.mapping.making import TITLE, lookups_of
from dangol.records.types import RecordType

TRIED = 50
BY_ID = ""
"""People, teams and territories have no number of their own; where two share a name, exports name them by id."""


def best_lookup(field: Reference, values: Sequence[str], actor: Actor | None) -> str:
    """How a reference is found when the column's name does not say: by the key or title that records are known by.

    Without an actor, or when no record is known, the shape decides: codes are keys. A query for each way.
    """
    ways = open_ways(field, actor)
    if field.target not in {known.name for known in registry.all_types()} and _are_numbers(values):
        return BY_ID
    if actor is not None and values and ways:
        hits = {way: share_known(field, way, values, actor) for way in ways}
        best = max(ways, key=lambda way: hits[way])
        if hits[best]:
            return best
    keys = [way for way in ways if way != TITLE]
    coded = bool(values) and all(value.isascii() and not _wordy(value) for value in values)
    return keys[0] if keys and coded else TITLE


def open_ways(field: Reference, actor: Actor | None) -> list[str]:
    """The ways in which the actor may name a record: trying a key that is kept from him would tell its values."""
    ways = list(lookups_of(field))
    target = registry.find(field.target) if field.target else None
    if actor is None or target is None:
        return ways
    names = {way: target.title if way == TITLE else way for way in ways}
    return [way for way in ways if fieldrules.is_clear(actor, target.name, names[way])]


def share_known(field: Reference, lookup: str, values: Sequence[str], actor: Actor) -> float:
    """The share of values that name a record the actor may see. One query."""
    if lookup != BY_ID and lookup not in open_ways(field, actor):
        return 0.0
    tried = list(values[:TRIED])
    target = registry.find(field.target) if field.target else None
    rows: Any = permissions.visible_to(actor, target) if target else field.model._default_manager.all()
    column = "pk" if lookup == BY_ID else lookup
    if lookup == TITLE:
        column = target.title if target else field.title
    wanted: set[Any] = {_parsed(target, column, value) for value in tried} - {None}
    if lookup == BY_ID:
        wanted = {int(value) for value in wanted}
    if target is not None:
        column = target.fields[column].column
    known: set[Any] = set(rows.filter(**{f"{column}__in": list(wanted)}).values_list(column, flat=True))
    return len(known) / len(tried) if tried else 0.0


def _parsed(target: RecordType | None, name: str, value: str) -> Any:
    if target is None:
        return " ".join(value.split())
    try:
        return target.fields[name].parse(value, Locale())
    except FieldError:
        return None


def _are_numbers(values: Sequence[str]) -> bool:
    return bool(values) and all(value.isascii() and value.isdecimal() for value in values)


def _wordy(value: str) -> bool:
    return " " in value or not any(character.isdigit() for character in value)
