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
    given: Any = list(values)
    if len(given) <= FEW:
        return given
    kinds = set(map(type, given))
    if kinds == {str} and (lines := "\n".join(given)).count("\n") == len(given) - 1:
        # one text and one look at it: an array is quoted value by value
        return RawSQL(f"SELECT unnest(string_to_array(%s, E'\\n')::{database_type}[])", [lines])  # noqa: S611 - a column's type
    if kinds == {int}:
        given = "{" + ",".join(map(str, given)) + "}"
    return RawSQL(f"SELECT unnest(%s::{database_type}[])", [given])  # noqa: S611 - a column's type
