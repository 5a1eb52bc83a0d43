"""What the writer does for own fields: one JSON text a row instead of columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from dangol.identity.actors import Actor
from dangol.records import fieldrules
from dangol.records.fields.own import Own
from dangol.records.fields.own_json import encoded
from dangol.records.own import conditions
from dangol.records.types import Draft, RecordType
from dangol.records.writing.errors import RowError
from dangol.records.writing.parsing import missing_value


def named(record_type: RecordType, drafts: Sequence[Draft]) -> list[Own]:
    """The own fields whose stored values the batch needs: those that it changes, and those that conditions ask for."""
    own = record_type.own_fields
    if not own:
        return []
    wanted = {name for draft in drafts for name in draft.values if name in own}
    wanted |= {name for name in conditions.needed(record_type) if name in own}
    return [own[name] for name in own if name in wanted]


def any_in(record_type: RecordType, drafts: Sequence[Draft]) -> bool:
    """Whether any of the drafts has a value of an own field."""
    own = record_type.own_fields.keys()
    return bool(own) and any(not own.isdisjoint(draft.values) for draft in drafts)


def new(record_type: RecordType, draft: Draft) -> str:
    """The own values of a new row."""
    own = record_type.own_fields
    return encoded(
        {
            name: own[name].raw(value)
            for name, value in draft.values.items()
            if name in own and value is not None
        }
    )


def patch(record_type: RecordType, draft: Draft) -> str:
    """The own values that change in a row; null for those taken away."""
    own = record_type.own_fields
    return encoded(
        {
            name: None if value is None else own[name].raw(value)
            for name, value in draft.values.items()
            if name in own
        }
    )


def holding(record_type: RecordType, field: Own, values: Sequence[Any]) -> list[tuple[int, Any]]:
    """The records, also those in the recycle bin, that have one of these values. One query."""
    rows = record_type.model._default_manager.annotate(_held=field.expression()).filter(field.q("in", values))
    return [(record_id, field.loaded(value)) for record_id, value in rows.values_list("pk", "_held")]


def missing(record_type: RecordType, drafts: Sequence[Draft], actor: Actor) -> Iterator[RowError]:
    """Required fields that stand under a condition, where it holds and the value is missing. No query."""
    mine = fieldrules.seen_by(actor, record_type).editable_fields
    for field in record_type.own_fields.values():
        if not (field.required and field.condition and field.editable):
            continue
        asked = {field.name, *conditions.names_in(record_type, field)}
        for draft in drafts:
            touched = draft.current is None or asked & draft.values.keys()
            if (
                touched
                and draft.get(field.name) is None
                and conditions.shown(record_type, field, draft.get, actor)
            ):
                yield missing_value(draft.index, field.name, mine)
