"""Taking the values of deleted own fields out of the records, in batches that nobody has to wait for."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection, transaction

from dangol.identity.actors import Actor
from dangol.records import registry
from dangol.records.fields.own import COLUMN, OwnReference
from dangol.records.fields.own_json import encoded
from dangol.records.models import OwnField, OwnState
from dangol.records.own import indexing
from dangol.records.types import RecordType
from dangol.records.writing.context import sign

BATCH = 2_000
ORIGIN = "fields"


def remove(field_id: int, actor: Actor) -> int:
    """Remove the values of a deleted field, each batch in a transaction of its own; history keeps what stood there.

    Run again after a crash it goes on with what is left. Returns how many records had a value.
    """
    definition = OwnField.objects.get(pk=field_id)
    if definition.state != OwnState.DELETING:
        return 0
    indexing.settle(field_id)
    record_type = registry.find(definition.record_type)
    total, last = 0, 0
    while record_type is not None:
        with transaction.atomic():
            sign(actor, ORIGIN)
            taken = _take(record_type, definition.name, last)
            total += len(taken)
            OwnField.objects.filter(pk=field_id).update(removed=total)
        if not taken:
            break
        last = taken[-1]
    OwnField.objects.filter(pk=field_id).update(state=OwnState.DELETED)
    return total


def _take(record_type: RecordType, name: str, after: int) -> list[int]:
    table = connection.ops.quote_name(record_type.table.name)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH batch AS (
                SELECT id FROM {table} WHERE jsonb_exists({COLUMN}, %s) AND id > %s ORDER BY id LIMIT %s FOR UPDATE
            )
            UPDATE {table} SET {COLUMN} = {COLUMN} - %s FROM batch WHERE {table}.id = batch.id RETURNING {table}.id
            """,  # noqa: S608 - the name of a declared table
            [name, after, BATCH, name],
        )
        return sorted(row[0] for row in cursor.fetchall())


def release(record_type: RecordType, ids: Sequence[int]) -> None:
    """Empty own references to records that are removed for good, in the caller's transaction.

    One statement for each own field that refers to the type; their indexes find the records.
    """
    for other in registry.all_types():
        for field in other.own_fields.values():
            if isinstance(field, OwnReference) and field.target == record_type.name:
                table = connection.ops.quote_name(other.table.name)
                rows = other.model._default_manager.filter(field.q("in", list(ids))).order_by("pk")
                held = list(rows.select_for_update(of=("self",)).values_list("pk", flat=True))
                if held:
                    with connection.cursor() as cursor:
                        cursor.execute(
                            f"UPDATE {table} SET {COLUMN} = jsonb_strip_nulls({COLUMN} || %s::jsonb)"  # noqa: S608
                            " WHERE id = ANY(%s)",
                            [encoded({field.name: None}), held],
                        )
