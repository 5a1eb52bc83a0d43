"""Rows into tables the fast way: COPY with the further indexes and constraints made afterwards."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

PIECE = 2_000


@contextmanager
def copying(table: str, columns: str) -> Iterator[Callable[[str], None]]:
    """A function that adds a row, tab-separated and with its line end, on a connection of its own.

    Values must hold no tabs, line ends or backslashes. Foreign keys are not checked: they are right by making.
    """
    import psycopg

    pieces: list[str] = []
    with ExitStack() as stack:
        connection = stack.enter_context(psycopg.connect(os.environ["DATABASE_URL"]))
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET synchronous_commit = off")
        cursor = stack.enter_context(connection.cursor())
        copy = stack.enter_context(cursor.copy(f"COPY {table} ({columns}) FROM STDIN"))

        def put(row: str) -> None:
            pieces.append(row)
            if len(pieces) == PIECE:
                copy.write("".join(pieces))
                pieces.clear()

        yield put
        copy.write("".join(pieces))


@contextmanager
def copying_all(tables: Mapping[str, str]) -> Iterator[dict[str, Callable[[str], None]]]:
    """A function for each table (name → columns)."""
    with ExitStack() as stack:
        yield {table: stack.enter_context(copying(table, columns)) for table, columns in tables.items()}


@contextmanager
def without_indexes(tables: list[str]) -> Iterator[None]:
    """While the rows come in, the tables have their primary keys only; then all is made again as it was."""
    import psycopg

    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        constraints = connection.execute(
            """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
               WHERE contype = 'u' AND conrelid = ANY(%s::regclass[]) ORDER BY 1, 2""",
            [tables],
        ).fetchall()
        for table, name, _definition in constraints:
            connection.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        indexes = connection.execute(
            """SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
               WHERE NOT indisprimary AND indrelid = ANY(%s::regclass[]) ORDER BY 1""",
            [tables],
        ).fetchall()
        for name, _definition in indexes:
            connection.execute(f"DROP INDEX {name}")
        yield
        connection.execute("SET maintenance_work_mem = '512MB'")
        connection.execute("SET synchronous_commit = off")
        for _name, definition in indexes:
            connection.execute(definition)
        for table, name, definition in constraints:
            connection.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')


def finish(tables: list[str]) -> None:
    """Set the sequences behind the ids given here, and let the planner know the tables."""
    from django.db import connection

    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
            )
        cursor.execute("VACUUM ANALYZE")
