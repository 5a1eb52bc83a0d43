"""Whether values name records that are there: which key a reference is found by, which column holds known keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dangol.identity.actors import Actor
from dangol.records import permissions, registry
from dangol.records.fields import FieldError, Locale, Reference
from dangol.records.importing.mapping.making import TITLE, lookups_of
from dangol.records.types import RecordType

TRIED = 50


def best_lookup(field: Reference, values: Sequence[str], actor: Actor | None) -> str:
    """How a reference is found when the column's name does not say: by the key or title that records are known by.

    Without an actor, or when no record is known, the shape decides: codes are keys. A query for each way.
    """
    ways = lookups_of(field)
    if actor is not None and values:
        hits = {way: share_known(field, way, values, actor) for way in ways}
        best = max(ways, key=lambda way: hits[way])
        if hits[best]:
            return best
    keys = [way for way in ways if way != TITLE]
    coded = bool(values) and all(value.isascii() and not _wordy(value) for value in values)
    return keys[0] if keys and coded else TITLE


def share_known(field: Reference, lookup: str, values: Sequence[str], actor: Actor) -> float:
    """The share of values that name a record the actor may see. One query."""
    tried = list(values[:TRIED])
    target = registry.find(field.target) if field.target else None
    rows: Any = permissions.visible_to(actor, target) if target else field.model._default_manager.all()
    column = (target.title if target else field.title) if lookup == TITLE else lookup
    wanted = {_parsed(target, column, value) for value in tried} - {None}
    if target is not None:
        column = target.fields[column].column
    known = set(rows.filter(**{f"{column}__in": list(wanted)}).values_list(column, flat=True))
    return len(known) / len(tried) if tried else 0.0


def _parsed(target: RecordType | None, name: str, value: str) -> Any:
    if target is None:
        return " ".join(value.split())
    try:
        return target.fields[name].parse(value, Locale())
    except FieldError:
        return None


def _wordy(value: str) -> bool:
    return " " in value or not any(character.isdigit() for character in value)
