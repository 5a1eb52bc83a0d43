"""What stays of an own object's records elsewhere goes after its table, in batches that nobody has to wait for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from django.db import connection, transaction

from dangol.records.models import ObjectState, OwnObject
from dangol.records.search.tables import type_code

BATCH = 5_000

Forgetter = Callable[[str, int], int]
"""Takes away up to so many rows that a room keeps of records of the type of that name; returns how many there were."""

_forgetters: list[Forgetter] = []


def also_forget(forgetter: Forgetter) -> None:
    """Have rows of a room's own go with a type of records. Called while the project starts."""
    _forgetters.append(forgetter)


def remove(object_id: int) -> int:
    """Remove what is left of a deleted object, each batch in a transaction of its own. Returns how many rows went.

    Run again after a crash it goes on with what is left. Running it for an object that is not being deleted does nothing.
    """
    definition = OwnObject.objects.get(pk=object_id)
    if definition.state != ObjectState.DELETING:
        return 0
    total = 0
    for forget in (*_in_kernel(), *_forgetters):
        while True:
            with transaction.atomic():
                gone = forget(definition.name, BATCH)
                total += gone
                OwnObject.objects.filter(pk=object_id).update(removed=total)
            if not gone:
                break
    OwnObject.objects.filter(pk=object_id).update(state=ObjectState.DELETED)
    return total


def delete_some(table: str, condition: str, values: Sequence[str | int], most: int) -> int:
    """Delete up to so many rows of a table, any of those for which the condition holds. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {table} WHERE ctid = ANY (ARRAY("  # noqa: S608 - names and conditions of the code
            f"SELECT ctid FROM {table} WHERE {condition} LIMIT %s))",
            [*values, most],
        )
        return int(cursor.rowcount)


def _in_kernel() -> Iterator[Forgetter]:
    yield lambda name, most: delete_some("records_change", '"table" = %s', [name], most)
    for table in ("records_taglink", "records_attachment"):
        yield _of_records(table)
    for table in ("records_searchentry", "records_searchidentifier", "records_searchscope"):
        yield _of_search(table)


def _of_records(table: str) -> Forgetter:
    return lambda name, most: delete_some(table, "record_type = %s", [name], most)


def _of_search(table: str) -> Forgetter:
    return lambda name, most: delete_some(table, "record_type = %s", [type_code(name)], most)
