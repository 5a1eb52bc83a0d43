"""Many values in one parameter: a list of 10,000 takes Django and PostgreSQL longer to read than to look up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models.expressions import RawSQL

FEW = 50
"""Up to so many values are written out, which the planner knows best how to look up."""


def one_of(values: Iterable[Any], database_type: str) -> Any:
    """What stands on the right of an ORM `__in` for these values: themselves, or an array of them.

    Args:
        database_type: of the column they are compared with, like `varchar(64)`.
    """
    given = list(values)
    if len(given) <= FEW:
        return given
    return RawSQL(f"SELECT unnest(%s::{database_type}[])", [given])  # noqa: S611 - a column's type
