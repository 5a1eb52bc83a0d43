"""Field by field: whose value the surviving record has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from dangol.identity.actors import Actor
from dangol.records import fieldrules, registry
from dangol.records.fields import Field, Money, Ref, Reference
from dangol.records.fields.masks import Masked
from dangol.records.fields.multiple import MultiChoice
from dangol.records.fields.own import COLUMN, Own
from dangol.records.fields.tags import Tags
from dangol.records.history import value_of
from dangol.records.merging.errors import refusal
from dangol.records.types import RecordType
from dangol.records.writing import RowError, WriteError

BOTH = "both"
DEEPEST = 100
Values = dict[int, dict[str, Any]]


@dataclass(slots=True)
class Chosen:
    """What the surviving record gets: by field, the record whose value it is (or `both`), and the value where it is new."""

    sources: dict[str, int | str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)


def fields_of(record_type: RecordType) -> dict[str, Field]:
    """The fields that a merge decides on, tags among them."""
    return {
        name: known
        for name, known in record_type.editable_fields.items()
        if name in record_type.table.columns or isinstance(known, Own | Tags)
    }


def joinable(known: Field) -> bool:
    """Whether the values of several records can stand together."""
    return isinstance(known, Tags | MultiChoice)


def values_of(record_type: RecordType, ids: Sequence[int]) -> Values:
    """What these records hold, whoever asks; without tags, which lie beside them. One query."""
    fields = {
        name: known for name, known in fields_of(record_type).items() if name in record_type.table.columns
    }
    own = [known for known in record_type.own_fields.values() if known.editable]
    columns = [
        f"{known.column}_id" if isinstance(known, Reference) else known.column for known in fields.values()
    ]
    rows = record_type.model._default_manager.filter(pk__in=list(ids)).values_list("pk", COLUMN, *columns)
    found: Values = {}
    for record_id, held, *stored in rows:
        values: dict[str, Any] = {
            name: Ref(id=value) if value is not None and isinstance(known, Reference) else value
            for (name, known), value in zip(fields.items(), stored, strict=True)
        }
        values.update((known.name, known.loaded((held or {}).get(known.name))) for known in own)
        found[record_id] = values
    return found


def is_filled(value: Any) -> bool:
    return value not in (None, "", ())


def choosable(actor: Actor, record_type: RecordType) -> dict[str, Field]:
    """The fields of which the actor may choose whose value stays: those that he may read and change."""
    seen = fieldrules.seen_by(actor, record_type).editable_fields
    return {
        name: known
        for name, known in fields_of(fieldrules.whole(record_type)).items()
        if name in seen and not isinstance(seen[name], Masked)
    }


def choose(
    record_type: RecordType,
    held: Values,
    into: int,
    others: Sequence[int],
    asked: Mapping[str, int | str],
    actor: Actor,
) -> Chosen:
    """Whose value each field has.

    Where nothing is asked it is the surviving record's, else that of the newest of the others that has one – also of
    fields that the actor may not see: nothing is lost for that. Tags stay together.

    Args:
        record_type: itself, not as it is for somebody.
        others: the newest first.
        asked: by field, the id of a record, or `both` for lists.

    Raises:
        WriteError: a choice that cannot be made, with the field.

    One query for each reference from records of the type to each other, none for other types.
    """
    _check(record_type, {into, *others}, asked, actor)
    group = [into, *others]
    chosen = Chosen()
    for name, known in fields_of(record_type).items():
        if isinstance(known, Tags):
            chosen.sources[name] = asked.get(name, BOTH)
        elif isinstance(known, Reference) and known.target == record_type.name:
            _choose_kin(record_type, known, held, group, asked.get(name), chosen)
        else:
            source = asked.get(name) or _default(known, held, group)
            chosen.sources[name] = source
            value = _joined(held, group, name) if source == BOTH else held[int(source)][name]
            if value != held[into][name]:
                chosen.values[name] = value
    return chosen


def _check(record_type: RecordType, group: set[int], asked: Mapping[str, int | str], actor: Actor) -> None:
    may = choosable(actor, record_type)
    errors = []
    for name, source in asked.items():
        if name not in may:
            errors.append(
                RowError(
                    0,
                    name,
                    source,
                    "forbidden_field",
                    _("There is no such field, or it is not yours to choose."),
                )
            )
        elif source == BOTH and not joinable(may[name]):
            errors.append(
                RowError(0, name, source, "both", _("Only lists can be kept of both. Choose one record."))
            )
        elif source != BOTH and source not in group:
            errors.append(
                RowError(0, name, source, "source", _("Choose one of the records that are being merged."))
            )
    if errors:
        raise WriteError(errors)


def _default(known: Field, held: Values, group: Sequence[int]) -> int:
    into = group[0]
    for number in group:
        value = held[number][known.name]
        if not is_filled(value) or (
            number != into and isinstance(value, Ref) and not _is_there(known, value)
        ):
            continue
        # An amount in another currency would be another amount.
        currency = known.currency_column if isinstance(known, Money) else ""
        if currency and number != into and held[number].get(currency) != held[into].get(currency):
            continue
        return number
    return into


def _is_there(known: Field, ref: Ref) -> bool:
    """Whether the record referred to is none of the recycle bin's. One query, for what would be filled in only."""
    target = registry.find(known.target or "")
    if target is None:
        return True
    return bool(target.model._default_manager.filter(pk=ref.id, deleted_at=None).exists())


def _joined(held: Values, group: Sequence[int], name: str) -> Any:
    return tuple(dict.fromkeys(code for number in group for code in held[number][name] or ())) or None


# records that refer to each other


def _choose_kin(
    record_type: RecordType,
    known: Reference,
    held: Values,
    group: Sequence[int],
    asked: int | str | None,
    chosen: Chosen,
) -> None:
    """A reference to a record of the same type: never to the merged ones themselves, and a tree stays a tree.

    What is declared as a reference within its own type is taken for a tree; what administrators make is not.
    """
    into, name = group[0], known.name
    for number in [asked] if asked is not None else group:
        value = held[int(number)][name]
        if value is None or value.id in group:
            continue
        if asked is None and number != into and not _is_there(known, value):
            continue
        if not isinstance(known, Own) and _leads_back(record_type, known, value.id, group):
            if asked is not None:
                message = _("It would belong to itself, through others. Choose another value.")
                raise refusal("cycle", message, field=name, value=number)
            continue
        chosen.sources[name] = int(number)
        if value != held[into][name]:
            chosen.values[name] = value
        return
    chosen.sources[name] = asked if asked is not None else into
    if held[into][name] is not None:
        chosen.values[name] = None


def _leads_back(record_type: RecordType, known: Reference, start: int, group: Sequence[int]) -> bool:
    """Whether the way up from a record comes to one of the merged ones. One query."""
    table = connection.ops.quote_name(record_type.table.name)
    column = connection.ops.quote_name(record_type.table.columns[known.name].name)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH RECURSIVE up(id, parent, depth) AS (
                SELECT id, {column}, 0 FROM {table} WHERE id = %s
                UNION
                SELECT t.id, t.{column}, up.depth + 1 FROM {table} t JOIN up ON t.id = up.parent WHERE up.depth < %s
            )
            SELECT EXISTS (SELECT FROM up WHERE id = ANY(%s) OR parent = ANY(%s))
            """,  # noqa: S608 - the names of a declared table
            [start, DEEPEST, list(group), list(group)],
        )
        return bool(cursor.fetchone()[0])


# values as JSON keeps them


def raw_of(known: Field, value: Any) -> Any:
    """A value as JSON keeps it; `value_from` reads it back."""
    if isinstance(value, Ref):
        return value.id
    if isinstance(known, Own):
        value = known.raw(value) if value is not None else None
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date):  # moments too
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def value_from(known: Field, raw: Any) -> Any:
    """The value that JSON kept, as the field stores it."""
    if isinstance(known, Own) and isinstance(known, Reference):
        return known.loaded(raw)
    value = value_of(known, raw, {})
    return known.blank if value is None and not known.nullable else value


def same(known: Field, one: Any, other: Any) -> bool:
    """Whether two values are the same as the field stores them."""
    return bool(value_from(known, raw_of(known, one)) == value_from(known, raw_of(known, other)))
