"""How much an own field is used."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from dangol.records import registry
from dangol.records.fields.own import COLUMN, sql_of
from dangol.records.models import OwnField
from dangol.records.own.definitions import KINDS

SAMPLE = 20_000


@dataclass(frozen=True, slots=True)
class Usage:
    """Of how many records (an estimate for large tables) which share has a value, by name of the field."""

    records: int
    shares: dict[str, float]

    def count(self, name: str) -> int:
        """About how many records have a value."""
        return round(self.records * self.shares.get(name, 0.0))


def usage(record_type: str) -> Usage:
    """Which share of a type's records has a value in each own field.

    Of a large table a sample of pages is read, so it takes a moment whatever the size. Two queries.
    """
    found = registry.get(record_type)
    table = connection.ops.quote_name(found.table.name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [found.table.name])
        (estimate,) = cursor.fetchone()
        sample = f"TABLESAMPLE SYSTEM ({100 * SAMPLE / estimate:f})" if estimate > 5 * SAMPLE else ""
        cursor.execute(
            f"""
            WITH read AS MATERIALIZED (SELECT {COLUMN} FROM {table} {sample} WHERE deleted_at IS NULL)
            SELECT NULL, count(*) FROM read
            UNION ALL
            SELECT key, count(*) FROM read, jsonb_object_keys({COLUMN}) AS key GROUP BY key
            """  # noqa: S608 - names of a declared table and a number
        )
        counts = dict(cursor.fetchall())
    read = counts.pop(None)
    return Usage(
        max(estimate, 0) if sample else read,
        {name: count / read for name, count in counts.items()} if read else {},
    )


def held(definition: OwnField) -> int:
    """How many records hold a value, those in the recycle bin too, exactly. One query over the table."""
    table = connection.ops.quote_name(registry.get(definition.record_type).table.name)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM {table} WHERE jsonb_exists({COLUMN}, %s)",  # noqa: S608
            [definition.name],
        )
        (count,) = cursor.fetchone()
        return int(count)


def about(definition: OwnField) -> tuple[int, bool]:
    """How many records hold a value, and whether that is exact: in a large table it is estimated. Three queries."""
    used = usage(definition.record_type)
    if used.records > 5 * SAMPLE:
        return used.count(definition.name), False
    return held(definition), True


def doubles(definition: OwnField, limit: int = 3) -> list[str]:
    """Values that stand in more than one record. One query over the table."""
    table = connection.ops.quote_name(registry.get(definition.record_type).table.name)
    value = sql_of(KINDS[definition.kind].storage, definition.name)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {value}::text FROM {table} WHERE {value} IS NOT NULL"  # noqa: S608
            f" GROUP BY {value} HAVING count(*) > 1 LIMIT %s",
            [limit],
        )
        return [row[0] for row in cursor.fetchall()]
