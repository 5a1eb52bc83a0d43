"""The statements that have rows name another record, set-based."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection

from dangol.identity.actors import Actor
from dangol.records.fields import Ref
from dangol.records.merging.places import Place
from dangol.records.search import index
from dangol.records.types import Draft, RecordType, WrittenRows

BATCH = 2_000
ORIGIN = "merge"


def doubles(
    record_type: RecordType, place: Place, source: int, target: int, only: Sequence[int] | None = None
) -> dict[int, int]:
    """Rows that cannot name `target`, since a row that does is like them already: their key → that row's.

    One query for each rule of uniqueness in which the column takes part. It groups the rows of both, which takes as long
    whatever the database thinks of how many there are; joined with each other, 20,000 rows would take half a minute.
    """
    found: dict[int, int] = {}
    beside = f" AND {_quoted(place.type_column)} = %s" if place.type_column else ""
    for unique in place.uniques:
        parts = [f"({part})".replace("%", "%%") for part in unique.parts]
        conditions = [
            f"{place.value} IN (%s, %s){beside}",
            f"({unique.condition.replace('%', '%%')})",
            *(f"{part} IS NOT NULL" for part in parts if not unique.nulls_alike),
        ]
        parameters: list[Any] = [source, target, source, target]
        parameters += [record_type.name] if place.type_column else []
        if only is not None:
            conditions.append(f"({place.value} = %s OR {_quoted(place.key)} = ANY(%s::bigint[]))")
            parameters += [target, list(only)]
        sql = f"""
            SELECT unnest(mine), theirs FROM (
                SELECT array_agg({_quoted(place.key)}) FILTER (WHERE {place.value} = %s) AS mine,
                       min({_quoted(place.key)}) FILTER (WHERE {place.value} = %s) AS theirs
                FROM {place.table} WHERE {" AND ".join(conditions)}
                GROUP BY {", ".join(parts) or "()"}
            ) AS alike WHERE theirs IS NOT NULL AND mine IS NOT NULL
            """  # noqa: S608
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            found.update(cursor.fetchall())
    return found


def rename(
    record_type: RecordType,
    place: Place,
    source: int,
    target: int,
    *,
    but: Sequence[int] = (),
    only: Sequence[int] | None = None,
) -> list[int]:
    """Have the rows that name `source` name `target`; returns their keys as they are afterwards. One statement, and one for
    each 2,000 rows: what triggers compare of a statement's rows, they may compare each with each.

    Args:
        but: rows that stay as they are.
        only: the only rows to look at.
    """
    key, stay = _quoted(place.key), set(but)
    parameters = place.parameters(record_type, source)
    moved: list[int] = []
    with connection.cursor() as cursor:
        if only is None:
            cursor.execute(
                f"SELECT {key} FROM {place.table} WHERE {place.condition} FOR NO KEY UPDATE",  # noqa: S608
                parameters,
            )
            only = [row[0] for row in cursor.fetchall()]
        wanted = sorted(one for one in only if one not in stay)
        for start in range(0, len(wanted), BATCH):
            cursor.execute(
                f"UPDATE {place.table} SET {place.assigned} WHERE {place.condition} AND {key} = ANY(%s::bigint[])"  # noqa: S608
                f" RETURNING {key}",
                [target, *parameters, wanted[start : start + BATCH]],
            )
            moved += [row[0] for row in cursor.fetchall()]
    return sorted(moved)


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


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
