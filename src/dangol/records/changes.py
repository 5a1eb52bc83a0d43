"""What changed in the records of a type since a transaction: for feeds and copies elsewhere.

A change is told only when every transaction up to its own has ended. Transactions end in another order than they begin,
so a reader that walks along times or ids passes by what commits late; this one waits for it, and loses nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from dangol.records.types import RecordType


@dataclass(frozen=True, slots=True)
class Changed:
    """A record that was written or removed for good, and the transaction that did it last.

    Records in the recycle bin count as written.
    """

    id: int
    transaction: int
    removed: bool


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes in the order of their transactions, and where to go on: both belong into the next call.

    `more` is False when all that can be told by now was told.
    """

    items: Sequence[Changed]
    next: int
    next_id: int
    more: bool


def oldest_running() -> int:
    """The oldest transaction that has not ended; all before it are committed or gone. One query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
        return int(cursor.fetchone()[0])


def changed_since(record_type: RecordType, after: int, *, after_id: int = 0, limit: int = 1000) -> Changes:
    """The records of a type whose last change lies at or behind a place in the order of transactions.

    Each record comes once per reading, with its last change; one that changes again comes again later. Whoever hands
    the ids on asks `permissions` first: this reader knows no actor.

    Args:
        record_type: what is read.
        after: the transaction to begin with, 0 for all there is; later `next` of the reading before.
        after_id: within that transaction only ids above this one: `next_id` of the reading before.
        limit: how many at most; a transaction may be cut, and goes on in the next reading.

    One query, over the index of `changed_in`.
    """
    table = connection.ops.quote_name(record_type.table.name)
    statement = f"""
        WITH ended AS (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS xmin)
        SELECT x.changed_in::text, x.id, x.removed, ended.xmin::text
        FROM ended LEFT JOIN LATERAL (
            (SELECT changed_in, id, false AS removed FROM {table}
             WHERE changed_in >= %(after)s::xid8 AND changed_in < ended.xmin
               AND (changed_in > %(after)s::xid8 OR id > %(after_id)s)
             ORDER BY changed_in, id LIMIT %(limit)s)
            UNION ALL
            (SELECT changed_in, record_id, true FROM records_change
             WHERE action = 'delete' AND "table" = %(table)s
               AND changed_in >= %(after)s::xid8 AND changed_in < ended.xmin
               AND (changed_in > %(after)s::xid8 OR record_id > %(after_id)s)
             ORDER BY changed_in, record_id LIMIT %(limit)s)
            ORDER BY 1, 2 LIMIT %(limit)s
        ) x ON true
        ORDER BY x.changed_in, x.id
    """  # noqa: S608 - the name of a declared table
    given: dict[str, str | int] = {
        "after": str(after),
        "after_id": after_id,
        "limit": limit + 1,
        "table": record_type.table.name,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        rows = cursor.fetchall()
    xmin = int(rows[0][3])
    found = [
        Changed(int(identity), int(transaction), removed)
        for transaction, identity, removed, _xmin in rows
        if identity is not None
    ]
    if len(found) > limit:
        last = found[limit - 1]
        return Changes(found[:limit], last.transaction, last.id, more=True)
    # Never back, not even if the caller comes with a place that has not been reached yet.
    return Changes(found, max(xmin, after), after_id if after >= xmin else 0, more=False)
