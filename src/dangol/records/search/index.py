"""Keeping the dictionary in step with the records, set-based.

The writer calls `reindex` and `remove` inside its own transaction, so that search and record are never apart. New words
go in sorted, so that writers of the same new words wait for each other instead of blocking each other for good.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import F, Model, QuerySet
from django.db.models.expressions import RawSQL

from dangol.records.search.keys import SHARED, Token

if TYPE_CHECKING:
    from dangol.records.types import RecordType

BATCH = 4_000
_TABLES = ("records_searchentry", "records_searchidentifier", "records_searchscope")

# what a conflict costs is one index probe, the same as asking first would
_ADD_TOKENS = """
INSERT INTO records_searchtoken (kind, token, other)
SELECT given.kind, given.token, coalesce(given.other, '')
FROM unnest(%s::smallint[], string_to_array(%s, E'\\n'), string_to_array(%s, E'\\n')) AS given (kind, token, other)
ORDER BY given.kind, given.token COLLATE "C"
ON CONFLICT (kind, token) DO NOTHING
"""

# words are sent once and named by their place; OFFSET 0 keeps the look-up one index probe per word, since the planner would
# rather read the whole dictionary
_PUT_ENTRIES = """
WITH word AS MATERIALIZED (
    SELECT found.id, given.kind, given.place
    FROM unnest(%s::smallint[], string_to_array(%s, E'\\n')) WITH ORDINALITY AS given (kind, token, place)
    CROSS JOIN LATERAL (
        SELECT id FROM records_searchtoken AS token
        WHERE token.kind = given.kind AND token.token = given.token OFFSET 0
    ) AS found
),
wanted AS MATERIALIZED (
    SELECT word.id AS token_id, given.record_id, word.kind, given.weight
    FROM unnest(%s::int[], %s::bigint[], %s::smallint[]) AS given (place, record_id, weight)
    JOIN word ON word.place = given.place
),
gone AS (
    DELETE FROM records_searchentry AS entry
    WHERE entry.record_type = %s AND entry.record_id = ANY (%s::bigint[])
      AND NOT EXISTS (
          SELECT 1 FROM wanted WHERE wanted.token_id = entry.token_id AND wanted.record_id = entry.record_id
      )
)
INSERT INTO records_searchentry AS entry (token_id, record_type, record_id, kind, weight)
SELECT token_id, %s, record_id, kind, weight FROM wanted ORDER BY token_id, record_id
ON CONFLICT (token_id, record_type, record_id) DO UPDATE SET weight = excluded.weight
WHERE entry.weight <> excluded.weight
"""


_PUT_IDENTIFIERS = """
WITH given AS MATERIALIZED (
    SELECT kind, token, coalesce(other, '') AS other, record_id, weight
    FROM unnest(
        %s::smallint[], string_to_array(%s, E'\\n'), string_to_array(%s, E'\\n'), %s::bigint[], %s::smallint[]
    ) AS given (kind, token, other, record_id, weight)
),
gone AS (
    DELETE FROM records_searchidentifier AS known
    WHERE known.record_type = %s AND known.record_id = ANY (%s::bigint[])
      AND NOT EXISTS (
          SELECT 1 FROM given
          WHERE given.record_id = known.record_id AND given.kind = known.kind AND given.token = known.token
      )
)
INSERT INTO records_searchidentifier AS known (record_type, record_id, kind, token, other, weight)
SELECT %s, record_id, kind, token, other, weight FROM given ORDER BY kind, record_id
ON CONFLICT (record_type, record_id, kind, token) DO UPDATE SET weight = excluded.weight
WHERE known.weight <> excluded.weight
"""


def type_code(record_type: RecordType | str) -> int:
    """The number under which a record type's entries are stored: the CRC-32 of its name, as a signed integer."""
    name = record_type if isinstance(record_type, str) else record_type.name
    return zlib.crc32(name.encode()) - 2**31


def columns_of(record_type: RecordType) -> frozenset[str]:
    """The ORM paths that the entries depend on; a write that leaves them alone need not call `reindex`."""
    return frozenset(column for key in record_type.search for column in key.columns)


def _alive(record_type: RecordType) -> QuerySet[Any]:
    """The rows that can be found, in no order: not those in the recycle bin."""
    rows: QuerySet[Model] = record_type.model._base_manager.order_by()
    return rows.filter(deleted_at__isnull=True) if hasattr(record_type.model, "deleted_at") else rows


def reindex(record_type: RecordType, ids: Iterable[int]) -> None:
    """Make the entries of these records what their rows now say; those not alive lose theirs.

    To be called inside the transaction that wrote the rows. At most five statements for each batch of 4,000 records.
    """
    if not record_type.search:
        return
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), BATCH):
        batch = wanted[start : start + BATCH]
        with transaction.atomic():
            _put(record_type, batch)
            refresh_scope(record_type, batch)


def _put(record_type: RecordType, ids: Sequence[int]) -> None:
    columns = sorted(columns_of(record_type))
    weighed = [(key.tokens, key.weight) for key in sorted(record_type.search, key=lambda key: key.weight)]
    words: dict[Token, int] = {}
    entries: list[tuple[int, int, int]] = []
    identifiers: list[tuple[Token, int, int]] = []
    # an array in one parameter; a list of 4,000 numbers takes Django longer than the query
    given = RawSQL("SELECT unnest(%s::bigint[])", [_numbers(ids)])
    for values in _alive(record_type).filter(pk__in=given).values_list("pk", *columns):
        record_id = values[0]
        row = dict(zip(columns, values[1:], strict=True))
        # of two keys with the same token the heavier comes later and wins
        weights = {token: weight for tokens, weight in weighed for token in tokens(row)}
        for token, weight in weights.items():
            if token[0] in SHARED:
                entries.append((words.setdefault(token, len(words) + 1), record_id, weight))
            else:
                identifiers.append((token, record_id, weight))
    code, records = type_code(record_type), _numbers(ids)
    identified = {key.kind for key in record_type.search} - set(SHARED)
    with connection.cursor() as cursor:
        if words:
            kinds, tokens, others = _columns(words)
            cursor.execute(_ADD_TOKENS, [kinds, tokens, others])
        if any(key.kind in SHARED for key in record_type.search):
            kinds, tokens, _ = _columns(words)
            places = (_numbers(entry[i] for entry in entries) for i in range(3))
            cursor.execute(_PUT_ENTRIES, [kinds, tokens, *places, code, records, code])
        if identified:
            kinds, tokens, others = _columns([identifier[0] for identifier in identifiers])
            places = (_numbers(identifier[i] for identifier in identifiers) for i in (1, 2))  # type: ignore[misc]
            cursor.execute(_PUT_IDENTIFIERS, [kinds, tokens, others, *places, code, records, code])


def _columns(tokens: Collection[Token]) -> tuple[str, str, str]:
    """Kinds as an array, tokens and their other forms as lines."""
    return (
        _numbers(token[0] for token in tokens),
        "\n".join([token[1] for token in tokens]),
        "\n".join([token[2] for token in tokens]),
    )


def _numbers(values: Iterable[int]) -> str:
    """Many numbers as PostgreSQL writes an array: a good deal faster than handing it a list."""
    return "{" + ",".join(map(str, values)) + "}"


def remove(record_type: RecordType, ids: Iterable[int]) -> None:
    """These records are found no more. Three statements."""
    gone = list(ids)
    if not gone or not record_type.search:
        return
    with connection.cursor() as cursor:
        for table in _TABLES:
            cursor.execute(
                f"DELETE FROM {table} WHERE record_type = %s AND record_id = ANY (%s::bigint[])",  # noqa: S608
                [type_code(record_type), gone],
            )


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


def _copy_scope(record_type: RecordType, parent: str | None, ids: Sequence[int]) -> None:
    paths = record_type.scope.paths()
    if not record_type.search or not any(paths.values()) or not ids:
        return
    columns = [paths[part] for part in ("owner", "team", "territory")]
    rows = (
        _alive(record_type).annotate(belongs_to=F(parent or "pk")).values_list("pk", *columns, "belongs_to")
    )
    sql, parameters = rows.query.sql_with_params()
    statement = f"""
        INSERT INTO records_searchscope AS scope (record_type, record_id, owner_id, team_id, territory_id)
        SELECT %s, record_id, owner_id, team_id, territory_id
        FROM ({sql}) AS source (record_id, owner_id, team_id, territory_id, belongs_to)
        WHERE belongs_to = ANY (%s::bigint[])
        ORDER BY record_id
        ON CONFLICT (record_type, record_id) DO UPDATE
        SET owner_id = excluded.owner_id, team_id = excluded.team_id, territory_id = excluded.territory_id
        WHERE (scope.owner_id, scope.team_id, scope.territory_id)
            IS DISTINCT FROM (excluded.owner_id, excluded.team_id, excluded.territory_id)
    """  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, [type_code(record_type), *parameters, _numbers(ids)])


def rebuild(record_type: RecordType) -> int:
    """Enter every record of the type anew and drop what leads nowhere. Returns how many records there are.

    For `doctor` and for a type whose keys changed. Batches of 4,000, each in its own transaction.
    """
    count, last = 0, 0
    while True:
        ids = list(
            _alive(record_type).filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]
        )
        if not ids:
            break
        reindex(record_type, ids)
        count, last = count + len(ids), ids[-1]
    sql, parameters = _alive(record_type).values_list("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        for table in _TABLES:
            cursor.execute(
                f"DELETE FROM {table} WHERE record_type = %s AND record_id NOT IN ({sql})",  # noqa: S608
                [type_code(record_type), *parameters],
            )
    return count


def orphans() -> int:
    """Drop the tokens that no record carries any more; returns how many.

    Waits until running writers are done and makes new ones wait: a token that a writer counts on must not go.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE records_searchtoken IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute(
            """
            DELETE FROM records_searchtoken AS token
            WHERE NOT EXISTS (SELECT 1 FROM records_searchentry AS entry WHERE entry.token_id = token.id)
            """
        )
        return int(cursor.rowcount)
