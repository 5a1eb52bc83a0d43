"""The statements that have rows name another record, set-based."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from dangol.identity.actors import Actor
from dangol.records.fields import Ref
from dangol.records.merging.places import Place, Unique
from dangol.records.search import index
from dangol.records.types import Draft, RecordType, WrittenRows

BATCH = 2_000
ORIGIN = "merge"


def doubles(
    record_type: RecordType, place: Place, source: int, target: int, only: Sequence[int] | None = None
) -> dict[int, int]:
    """Rows that cannot name `target`, since a row that does is like them already: their key → that row's.

    One query for each rule of uniqueness in which the column takes part.
    """
    found: dict[int, int] = {}
    for unique in place.uniques:
        sql = (
            f"SELECT a.key, min(b.key) FROM ({_rows(place, unique)}) a JOIN ({_rows(place, unique)}) b ON {_alike(unique)}"  # noqa: S608
            f"{' WHERE a.key = ANY(%s)' if only is not None else ''} GROUP BY a.key"
        )
        with connection.cursor() as cursor:
            cursor.execute(
                sql,
                [
                    *place.parameters(record_type, source),
                    *place.parameters(record_type, target),
                    *([list(only)] if only is not None else []),
                ],
            )
            found.update(cursor.fetchall())
    return found


def _rows(place: Place, unique: Unique) -> str:
    parts = "".join(f", ({part}) AS p{number}" for number, part in enumerate(unique.parts))
    condition = unique.condition.replace("%", "%%")
    return f'SELECT "{place.key}" AS key{parts.replace("%", "%%")} FROM {place.table} WHERE {place.condition} AND ({condition})'  # noqa: S608


def _alike(unique: Unique) -> str:
    operator = "IS NOT DISTINCT FROM" if unique.nulls_alike else "="
    return " AND ".join(f"a.p{n} {operator} b.p{n}" for n in range(len(unique.parts))) or "true"


def rename(
    record_type: RecordType,
    place: Place,
    source: int,
    target: int,
    *,
    but: Sequence[int] = (),
    only: Sequence[int] | None = None,
) -> list[int]:
    """Have the rows that name `source` name `target`; returns their keys as they are afterwards. One statement.

    Args:
        but: rows that stay as they are.
        only: the only rows to look at.
    """
    conditions, parameters = [place.condition], place.parameters(record_type, source)
    if but:
        conditions.append(f'"{place.key}" <> ALL(%s)')
        parameters.append(list(but))
    if only is not None:
        conditions.append(f'"{place.key}" = ANY(%s)')
        parameters.append(list(only))
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE {place.table} SET {place.assigned} WHERE {" AND ".join(conditions)} RETURNING "{place.key}"',  # noqa: S608
            [target, *parameters],
        )
        return sorted(row[0] for row in cursor.fetchall())


def follow_up(place: Place, ids: Sequence[int], source: int, target: int, actor: Actor) -> None:
    """Keep in step what hangs on rows that name another record now: what their rooms keep beside them, and search.

    About three queries for each 2,000 rows.
    """
    bearer = place.bearer
    if bearer is None or not place.field:
        return
    now, before = Ref(id=target), Ref(id=source)
    for start in range(0, len(ids), BATCH):
        some = list(ids[start : start + BATCH])
        drafts = [
            Draft(number, record_id, {place.field: now}, {place.field: before})
            for number, record_id in enumerate(some)
        ]
        bearer.after_write(WrittenRows([], drafts, ORIGIN), actor=actor)
        if bearer.search and not index.stands_alone(bearer):
            index.reindex(bearer, some)
