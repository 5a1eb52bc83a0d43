"""The statements of the writer: ids, COPY, and one UPDATE for a whole batch."""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from psycopg import sql

from dangol.records.building import Table
from dangol.records.copying import copy_rows
from dangol.records.fields import Ref
from dangol.records.fields.own import COLUMN as OWN

# null in what is given takes a value away
_MERGED = "{column} = jsonb_strip_nulls({table}.{column} || v.{column})"
COPY_FROM = 20
"""From this many rows on, COPY is faster than INSERT."""

# OFFSET 0 keeps the sequence's name from being looked up for each id
_DRAW = """
SELECT min(id), max(id), CASE WHEN max(id) - min(id) + 1 <> count(*) THEN array_agg(id) END
FROM (
    SELECT nextval(drawn.sequence) AS id
    FROM (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS sequence OFFSET 0) AS drawn, generate_series(1, %s)
) AS ids
"""


def column_value(value: Any) -> Any:
    return value.id if isinstance(value, Ref) else value


def draw_ids(table: Table, count: int) -> list[int]:
    """Take ids from the table's sequence, so that rows can be named before they are stored. One query.

    Ids that nobody else drew from in between come as their first and last only: reading 10,000 numbers takes longer than
    drawing them.
    """
    with connection.cursor() as cursor:
        cursor.execute(_DRAW, [table.name, count])
        first, last, scattered = cursor.fetchone()
    return sorted(scattered) if scattered else list(range(first, last + 1))


def insert(table: Table, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Store new rows; `names` are fields (and "id"), each row's values in that order. One statement."""
    columns = sql.SQL(", ").join(
        sql.Identifier("id" if name == "id" else table.columns[name].name) for name in names
    )
    if len(rows) >= COPY_FROM:
        copy_rows(sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), columns), rows)
        return
    one = sql.SQL("({})").format(sql.SQL(", ").join([sql.Placeholder()] * len(names)))
    statement = sql.SQL("INSERT INTO {} ({}) VALUES {}").format(
        sql.Identifier(table.name), columns, sql.SQL(", ").join([one] * len(rows))
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [value for row in rows for value in row])


def update(table: Table, names: Sequence[str], ids: Sequence[int], rows: Sequence[Sequence[Any]]) -> None:
    """Change rows: `rows[i]` are the values of `names` for `ids[i]`. One statement, so one history statement.

    Of own values only those given change: what another writer stored in other own fields meanwhile stays.
    """
    columns = [table.columns[name] for name in names]
    assignments = sql.SQL(", ").join(
        sql.SQL(_MERGED if column.name == OWN else "{column} = v.{column}").format(
            column=sql.Identifier(column.name), table=sql.Identifier(table.name)
        )
        for column in columns
    )
    arrays = sql.SQL(", ").join(
        sql.SQL("{}::{}[]").format(sql.Placeholder(), sql.SQL(type_name))
        for type_name in ["bigint", *(column.type for column in columns)]
    )
    aliases = sql.SQL(", ").join(
        sql.Identifier(name) for name in ["id", *(column.name for column in columns)]
    )
    statement = sql.SQL(
        "UPDATE {table} SET {assignments} FROM unnest({arrays}) AS v({aliases}) WHERE {table}.id = v.id"
    ).format(table=sql.Identifier(table.name), assignments=assignments, arrays=arrays, aliases=aliases)
    values = [list(ids), *([row[index] for row in rows] for index in range(len(columns)))]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
