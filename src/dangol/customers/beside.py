"""One query serves several cards of a record's page: what was read is kept with the record that is being shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.db.models import QuerySet

T = TypeVar("T")


def once(record: Mapping[str, Any], key: str, read: Callable[[], T]) -> T:
    """What `read` gives; the second card that asks for the same record gets it without a query."""
    if not isinstance(record, dict):
        return read()
    place = f"~{key}"
    if place not in record:
        record[place] = read()
    found: T = record[place]
    return found


def subselect(rows: QuerySet[Any]) -> tuple[str, tuple[Any, ...]]:
    """A queryset as SQL text and parameters, to stand inside a hand-written statement.

    Raises:
        django.core.exceptions.EmptyResultSet: no row can match.
    """
    return rows.query.sql_with_params()
