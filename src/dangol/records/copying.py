"""COPY of many rows from Python: the fastest way in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.db import connection
from psycopg import Copy
from psycopg.copy import LibpqWriter
from psycopg.sql import Composed

UNSENT = 4 * 2**20
"""Bytes that may wait to be sent before the sender stops to wait for the server: memory against turns."""


class _Writer(LibpqWriter):
    """Lets `connection.execute_wrapper` see the wait for the server, as it sees that of any other statement."""

    def finish(self, exc: BaseException | None = None) -> None:
        """Wait until the server has stored what it was sent."""

        def execute(*_: Any) -> None:
            super(_Writer, self).finish(exc)

        wrapped: Callable[..., None] = execute
        for wrapper in reversed(connection.execute_wrappers):
            wrapped = partial(wrapper, wrapped)
        wrapped("COPY", None, False, {"connection": connection, "cursor": self.cursor})


def copy_rows(statement: str | Composed, rows: Iterable[Sequence[Any]]) -> None:
    """Store rows by a `COPY … FROM STDIN` statement; each row's values stand in the order of its columns.

    Rows are handed over in a few large pieces: each time a thread waits for the server it must get its turn back from the
    other threads, which takes longer than sending the rows.
    """
    with _copying(statement) as copy:
        for row in rows:
            copy.write_row(row)


def copy_lines(statement: str | Composed, lines: Sequence[str], columns: int) -> None:
    """Store rows that are lines of COPY's text format already: values apart by tabs, a line feed at the end.

    For values that hardly ever need escaping, such as numbers and search tokens: four times as fast as `copy_rows`.

    Args:
        columns: how many values stand in a line.

    Raises:
        ValueError: a value holds a tab, a line break or a backslash; nothing was sent. `copy_rows` takes such ones.
    """
    text = "".join(lines)
    breaks, tabs = text.count("\n"), text.count("\t")
    if breaks != len(lines) or tabs != (columns - 1) * len(lines) or "\\" in text or "\r" in text:
        raise ValueError("a value needs escaping")
    with _copying(statement) as copy:
        copy.write(text)


@contextmanager
def _copying(statement: str | Composed) -> Iterator[Copy]:
    with (
        connection.wrap_database_errors,  # Django leaves COPY out: a connection that is lost shall look as it always does
        connection.cursor() as cursor,
        cursor.copy(statement, writer=_Writer(cursor.cursor, flush_threshold=UNSENT)) as copy,
    ):
        yield copy
