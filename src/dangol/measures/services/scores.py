"""Scores of records: published as a whole, by sets."""

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from django.db import connection, transaction
from psycopg import sql

from dangol.measures.services.incoming import incoming

if TYPE_CHECKING:
    import pyarrow as pa


def scores_publish(
    *,
    record_type: str,
    model: str,
    as_of: date,
    batches: "pa.RecordBatchReader",
    currency: str = "",
    money: Iterable[str] = (),
) -> int:
    """Replace the scores of a record type by new ones: each column of the table is one score.

    Scores of these names that the table no longer has are deleted; scores of other names stay. Records themselves
    are not touched, so neither their version nor their history moves. One transaction (it joins the caller's), six
    statements whatever the number of rows.

    Args:
        record_type: whose scores these are, such as `customer`.
        model: what computed them.
        as_of: the day of the data.
        batches: `record_id`, then one column per score; text columns are classes, the others numbers. A record
            without a value in a column has no such score.
        currency: of the columns named in `money`.

    Returns:
        How many scores there are now.
    """
    import pyarrow as pa

    fields = [field for field in batches.schema if field.name != "record_id"]
    if batches.schema.names[0] != "record_id":
        raise ValueError("the first column must be record_id")
    amounts = set(money)
    columns = [("record_id", "bigint")]
    triples = []
    for index, field in enumerate(fields):
        column = sql.Identifier(f"c{index}")
        is_class = pa.types.is_string(field.type) or pa.types.is_large_string(field.type)
        columns.append((f"c{index}", "text" if is_class else "numeric"))
        value = sql.SQL("NULL::numeric") if is_class else sql.SQL("i.{}").format(column)
        label = (
            sql.SQL("i.{}").format(column)
            if is_class
            else sql.Literal(currency if field.name in amounts else "")
        )
        triples.append(sql.SQL("({}, {}, {})").format(sql.Literal(field.name), value, label))
    names = [field.name for field in fields]
    with transaction.atomic(), incoming("measures_incoming_wide", columns, batches) as cursor:
        cursor.execute(
            sql.SQL(
                """
                CREATE TEMP TABLE measures_incoming AS
                SELECT i.record_id, v.name, v.value, v.label
                FROM measures_incoming_wide i CROSS JOIN LATERAL (VALUES {}) AS v (name, value, label)
                WHERE v.value IS NOT NULL OR (v.label <> '' AND v.name <> ALL (%s))
                """
            ).format(sql.SQL(", ").join(triples)),
            [sorted(amounts)],
        )
        cursor.execute(
            """
            DELETE FROM measures_score s
            WHERE s.record_type = %s AND s.name = ANY (%s)
              AND NOT EXISTS (
                  SELECT FROM measures_incoming i WHERE i.record_id = s.record_id AND i.name = s.name
              )
            """,
            [record_type, names],
        )
        cursor.execute(
            """
            INSERT INTO measures_score AS s (record_type, record_id, name, value, label, as_of, model)
            SELECT %s, record_id, name, value, label, %s, %s FROM measures_incoming
            ON CONFLICT (record_type, record_id, name) DO UPDATE
            SET value = EXCLUDED.value, label = EXCLUDED.label, as_of = EXCLUDED.as_of, model = EXCLUDED.model
            WHERE (s.value, s.label, s.as_of, s.model)
                IS DISTINCT FROM (EXCLUDED.value, EXCLUDED.label, EXCLUDED.as_of, EXCLUDED.model)
            """,
            [record_type, as_of, model],
        )
        cursor.execute("SELECT count(*) FROM measures_incoming")
        published = int(cursor.fetchone()[0])
        cursor.execute("DROP TABLE measures_incoming")
    return published


def scores_forget(*, record_type: str, names: Iterable[str]) -> int:
    """Delete scores that no model computes any more. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM measures_score WHERE record_type = %s AND name = ANY (%s)",
            [record_type, list(names)],
        )
        return int(cursor.rowcount)
