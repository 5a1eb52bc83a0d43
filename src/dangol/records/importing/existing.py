"""Finding the records that are there already, by key. One query for each record type and chunk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F

from dangol.identity.actors import Actor
from dangol.records import permissions, tombstones
from dangol.records.arrays import one_of
from dangol.records.fields import Ref, Reference, Tags
from dangol.records.fields.own import COLUMN as OWN
from dangol.records.fields.tags import marks
from dangol.records.importing.folding import Entry
from dangol.records.importing.mapping import CompiledRecord
from dangol.records.types import RecordType


@dataclass(frozen=True, slots=True)
class Found:
    """A stored record: the values the mapping may change, and why it may not be used ("" when it may)."""

    id: int
    values: dict[str, Any]
    hindrance: str


def find_existing(record: CompiledRecord, entries: Sequence[Entry], actor: Actor) -> dict[Entry, Found]:
    """The stored records that entries with a key stand for.

    Records in the recycle bin and records the actor may not use are found too: their keys are taken, so the row
    cannot go in, and it must say why. A record that was merged into another one stands for that one. One query; a second one
    where the actor's role reaches only some records, two more where records are in the bin.
    """
    record_type = record.record_type
    wanted: dict[tuple[Any, ...], Entry] = {}
    for entry in entries:
        # What belongs to a record made just now cannot be there yet.
        if entry.key and not any(isinstance(part, Entry) and part.is_new for part in entry.key):
            wanted[tuple(part.id if isinstance(part, Entry | Ref) else part for part in entry.key)] = entry
    if not wanted:
        return {}
    names = [name for name, policy in record.policies.items() if policy != "keep" and name not in record.key]
    key_columns = [_column(record_type, name) for name in record.key]
    stored_in = record_type.table.columns.get(record.key[0])
    asked = {key[0] for key in wanted}
    known = record_type.model._default_manager.annotate(**_own(record_type, [*record.key, *names]))
    rows = known.filter(**{f"{key_columns[0]}__in": one_of(asked, stored_in.type) if stored_in else asked})
    for place, column in enumerate(key_columns[1:], start=1):
        parts = [key[place] for key in wanted]
        rows = rows.filter(**{f"{column}__gte": min(parts), f"{column}__lte": max(parts)})
    rows_found: list[tuple[Entry, int, Any, list[Any]]] = []
    stored: dict[Entry, tuple[int, Any, list[Any]]] = {}
    several: set[Entry] = set()
    takes_key = _takes_key(record)
    width = len(key_columns)
    loaders = {
        place: record_type.own_fields[name].loaded
        for place, name in enumerate([*record.key, *names])
        if name in record_type.own_fields and not isinstance(record_type.fields[name], Reference)
    }
    columns = ["pk", "deleted_at", *key_columns, *(_column(record_type, name) for name in names)]
    read = list(rows.values_list(*columns))
    # A key of a record that was merged into another one leads there.
    merged = (
        tombstones.survivors(record_type, [row[0] for row in read if row[1] is not None]) if takes_key else {}
    )
    standing = (
        {row[0]: row for row in known.filter(pk__in=merged.values()).values_list(*columns)} if merged else {}
    )
    for row in read:
        instead = standing.get(merged.get(row[0], 0))
        if instead is not None:
            row = (*instead[:2], *row[2 : 2 + width], *instead[2 + width :])
        record_id, deleted_at, *values = row
        for place, loaded in loaders.items():
            values[place] = loaded(values[place])
        found = wanted.get(tuple(values[:width]))
        if found is None or (deleted_at is not None and not takes_key):
            continue
        rows_found.append((found, record_id, deleted_at, values[width:]))
    hidden = _hidden([item[1] for item in rows_found], record, actor)
    for found, record_id, deleted_at, values in rows_found:
        if record_id in hidden and not takes_key:
            continue
        if found in stored and stored[found][0] != record_id:
            several.add(found)
        stored[found] = (record_id, deleted_at, values)
    references = [isinstance(record_type.fields[name], Reference) for name in names]
    return {
        entry: Found(
            record_id,
            {
                name: Ref(id=value)
                if is_reference and isinstance(value, int)
                else marks(value) or None
                if name == "tags"
                else value
                for name, is_reference, value in zip(names, references, values, strict=True)
            },
            _hindrance(record_id in hidden, deleted_at is not None, entry in several),
        )
        for entry, (record_id, deleted_at, values) in stored.items()
    }


def _takes_key(record: CompiledRecord) -> bool:
    """Whether no two records may have the same key. Of a mere name, hidden and deleted records say nothing."""
    if len(record.key) != 1:
        return True
    name = record.key[0]
    return name in record.record_type.keys or record.record_type.fields[name].unique


def _hindrance(is_hidden: bool, is_deleted: bool, is_one_of_several: bool) -> str:
    if is_hidden:
        return "forbidden"
    return "deleted" if is_deleted else "ambiguous" if is_one_of_several else ""


def _hidden(ids: Sequence[int], record: CompiledRecord, actor: Actor) -> set[int]:
    """Those the actor may not use: see, where they are only pointed at; edit, where they may change."""
    action = "view" if record.keeps else "edit"
    if not ids or permissions.visible_q(actor, record.record_type, action) is True:
        return set()
    allowed: set[int] = set()
    for deleted in (False, True):
        rows = permissions.visible_to(actor, record.record_type, action, deleted=deleted)
        allowed.update(rows.filter(pk__in=ids).values_list("pk", flat=True))
    return set(ids) - allowed


def _column(record_type: RecordType, name: str) -> Any:
    field = record_type.fields[name]
    if isinstance(field, Tags):
        return field.expression()
    if name in record_type.own_fields:
        return f"_{name}"
    return f"{field.column}_id" if isinstance(field, Reference) else field.column


def _own(record_type: RecordType, names: Sequence[str]) -> dict[str, Any]:
    """The values of own fields, as they are compared."""
    own = record_type.own_fields
    return {f"_{name}": own[name].typed(F(OWN)) for name in names if name in own}
