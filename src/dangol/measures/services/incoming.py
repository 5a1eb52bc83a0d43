"""Taking Arrow batches into a temporary table through COPY."""

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db import connection
from psycopg import sql

if TYPE_CHECKING:
    import pyarrow as pa


@contextmanager
def incoming(
    table: str, columns: Sequence[tuple[str, str]], batches: "Iterable[pa.RecordBatch]"
) -> Iterator[Any]:
    """A cursor with a temporary table that holds the batches, which is gone afterwards.

    Args:
        table: its name.
        columns: name and PostgreSQL type of each; taken from the batches by position.
        batches: Arrow record batches; decimals stay exact. Streamed: memory does not grow with their number.
    """
    import pyarrow.csv

    name = sql.Identifier(table)
    definition = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(kind)) for column, kind in columns
    )
    options = pyarrow.csv.WriteOptions(include_header=False)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE TEMP TABLE {} ({})").format(name, definition))
        with cursor.copy(sql.SQL("COPY {} FROM STDIN (FORMAT csv)").format(name)) as copy:
            for batch in batches:
                written = io.BytesIO()
                pyarrow.csv.write_csv(_as_text(batch), written, options)
                copy.write(written.getvalue())
        cursor.execute(sql.SQL("ANALYZE {}").format(name))
        yield cursor
        cursor.execute(sql.SQL("DROP TABLE {}").format(name))


def _as_text(batch: "pa.RecordBatch") -> "pa.RecordBatch":
    """The batch with its decimals as plain digits, since the CSV writer knows none."""
    import pyarrow as pa

    columns = [
        column.cast(pa.string()) if pa.types.is_decimal(column.type) else column for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)
