"""What all that keeps the dictionary in step shares: names of types, arrays as PostgreSQL writes them, and scopes."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import F, Model, QuerySet

from dangol.records.search.keys import Token

if TYPE_CHECKING:
    from dangol.records.types import RecordType


_OR_CHANGE = """
ON CONFLICT (record_type, record_id) DO UPDATE
SET owner_id = excluded.owner_id, team_id = excluded.team_id, territory_id = excluded.territory_id
WHERE (scope.owner_id, scope.team_id, scope.territory_id)
    IS DISTINCT FROM (excluded.owner_id, excluded.team_id, excluded.territory_id)
"""


def type_code(record_type: RecordType | str) -> int:
    """The number under which a record type's entries are stored: the CRC-32 of its name, as a signed integer."""
    name = record_type if isinstance(record_type, str) else record_type.name
    return zlib.crc32(name.encode()) - 2**31


def columns_of(record_type: RecordType) -> frozenset[str]:
    """The ORM paths that the entries depend on; a write that leaves them alone need not call `reindex`."""
    return frozenset(column for key in record_type.search for column in key.columns)


def alive(record_type: RecordType) -> QuerySet[Any]:
    """The rows that can be found, in no order: not those in the recycle bin."""
    rows: QuerySet[Model] = record_type.model._base_manager.order_by()
    return rows.filter(deleted_at__isnull=True) if hasattr(record_type.model, "deleted_at") else rows


def columns(tokens: Collection[Token]) -> tuple[str, str, str]:
    """Kinds as an array, tokens and their other forms as lines."""
    return (
        numbers(token[0] for token in tokens),
        "\n".join([token[1] for token in tokens]),
        "\n".join([token[2] for token in tokens]),
    )


def numbers(values: Iterable[int]) -> str:
    """Many numbers as PostgreSQL writes an array: a good deal faster than handing it a list."""
    return "{" + ",".join(map(str, values)) + "}"


def refresh_scope(
    record_type: RecordType, ids: Sequence[int], children: Iterable[tuple[RecordType, str]] = ()
) -> None:
    """Copy owner, team and territory of these records beside their entries again; also for records below them.

    Args:
        children: types whose scope comes from this one, each with the ORM path to it (`"customer"`).

    One statement for each type.
    """
    _copy_scope(record_type, None, ids)
    for child, path in children:
        _copy_scope(child, path, ids)


def enter_scope(record_type: RecordType, ids: Sequence[int]) -> None:
    """As `refresh_scope`, for records that have no scope there yet. One statement."""
    _copy_scope(record_type, None, ids, of_new=True)


def _copy_scope(
    record_type: RecordType, parent: str | None, ids: Sequence[int], *, of_new: bool = False
) -> None:
    paths = record_type.scope.paths()
    if not record_type.search or not any(paths.values()) or not ids:
        return
    columns = [paths[part] for part in ("owner", "team", "territory")]
    rows = alive(record_type).annotate(belongs_to=F(parent or "pk")).values_list("pk", *columns, "belongs_to")
    sql, parameters = rows.query.sql_with_params()
    statement = f"""
        INSERT INTO records_searchscope AS scope (record_type, record_id, owner_id, team_id, territory_id)
        SELECT %s, record_id, owner_id, team_id, territory_id
        FROM ({sql}) AS source (record_id, owner_id, team_id, territory_id, belongs_to)
        WHERE belongs_to = ANY (%s::bigint[])
        ORDER BY record_id
        {"" if of_new else _OR_CHANGE}
    """  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, [type_code(record_type), *parameters, numbers(ids)])
