"""Reads that may take only so long. What a page can do without must not make it wait."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

from django.db import OperationalError, connection, transaction

CANCELLED = "57014"


def rows_within(milliseconds: int, sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]] | None:
    """The rows of one statement; None where PostgreSQL was not done in time. One query."""
    # Three statements in one message, which PostgreSQL runs in one transaction of their own: one way there and back.
    patience = f"SELECT set_config('statement_timeout', '{milliseconds:d}', true)"
    statement = f"{patience}; {sql}; SELECT set_config('statement_timeout', '0', true)"
    try:
        with (
            transaction.atomic() if connection.in_atomic_block else nullcontext(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement, parameters)
            cursor.nextset()
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found
    except OperationalError as problem:
        if getattr(problem.__cause__, "sqlstate", "") != CANCELLED:
            raise
        return None
