"""Keeping the dictionary in step with the records, set-based.

The writer calls `reindex` and `remove` inside its own transaction, so that search and record are never apart. New words
go in sorted, so that writers of the same new words wait for each other instead of blocking each other for good.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from django.db import IntegrityError, connection, transaction
from django.db.models.expressions import RawSQL

from dangol.records.search.entering import (
    PUT_ENTRIES,
    Announcer,
    Entrance,
    Tokenizer,
    Tokens,
    Words,
    enter,
    stands_alone,
)
from dangol.records.search.keys import SHARED, Token
from dangol.records.search.tables import alive, columns, columns_of, numbers, refresh_scope, type_code

if TYPE_CHECKING:
    from dangol.records.types import RecordType

__all__ = [
    "Announcer", "Entrance", "Tokenizer", "Tokens", "columns_of", "enter", "orphans", "rebuild", "refresh_scope", "reindex",
    "remove", "stands_alone", "type_code",
]  # fmt: skip

BATCH = 4_000
_TABLES = ("records_searchentry", "records_searchidentifier", "records_searchscope")

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
            AND given.other = known.other AND given.weight = known.weight
      )
)
INSERT INTO records_searchidentifier (record_type, record_id, kind, token, other, weight)
SELECT %s, record_id, kind, token, other, weight FROM given
WHERE NOT EXISTS (
    SELECT 1 FROM records_searchidentifier AS known
    WHERE known.record_type = %s AND known.record_id = given.record_id AND known.kind = given.kind
      AND known.token = given.token AND known.other = given.other AND known.weight = given.weight
)
ORDER BY kind, token
"""


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
    tokenize = Tokenizer(record_type)
    found = Words()
    identifiers: list[tuple[int, Token, int]] = []
    for record_id, *values in (
        alive(record_type).filter(pk__in=_given(ids)).values_list("pk", *tokenize.columns)
    ):
        made = tokenize(values)
        found.add([(record_id, made)])
        identifiers += [(record_id, token, weight) for token, weight in made.identifiers]
    code, records = type_code(record_type), numbers(ids)
    kinds_used = {key.kind for key in record_type.search}
    with connection.cursor() as cursor:
        if found.words:
            found.put_tokens(cursor)
        if kinds_used & set(SHARED):
            cursor.execute(PUT_ENTRIES, [*found.parameters(), code, records, code])
        if kinds_used - set(SHARED):
            kinds, tokens, others = columns([token for _, token, _ in identifiers])
            owners = numbers(record_id for record_id, _, _ in identifiers)
            weights = numbers(weight for _, _, weight in identifiers)
            cursor.execute(
                _PUT_IDENTIFIERS, [kinds, tokens, others, owners, weights, code, records, code, code]
            )


def _given(ids: Sequence[int]) -> RawSQL:
    """Ids as an array in one parameter; a list of 4,000 takes Django longer than the query."""
    return RawSQL("SELECT unnest(%s::bigint[])", [numbers(ids)])


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


def rebuild(record_type: RecordType) -> int:
    """Enter every record of the type anew and drop what leads nowhere. Returns how many records there are.

    For `doctor` and for a type whose keys changed. Batches of 4,000, each in its own transaction. Where the type has no
    entries yet nothing needs to be compared, which is several times faster.
    """
    empty = not _is_entered(record_type)
    count, last = 0, 0
    while True:
        ids = list(alive(record_type).filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not ids:
            break
        if not (empty and _entered(record_type, ids)):
            reindex(record_type, ids)
        count, last = count + len(ids), ids[-1]
    if not empty:
        _drop_dead(record_type)
    return count


def _is_entered(record_type: RecordType) -> bool:
    """Whether anything of the type stands in the tables. One query."""
    with connection.cursor() as cursor:
        either = " OR ".join(f"EXISTS (SELECT FROM {table} WHERE record_type = %s)" for table in _TABLES)
        cursor.execute(f"SELECT {either}", [type_code(record_type)] * len(_TABLES))
        return bool(cursor.fetchone()[0])


def _entered(record_type: RecordType, ids: Sequence[int]) -> bool:
    """Enter records that are not in the tables yet; False, and nothing done, when a writer was faster with one of them."""
    tokenize = Tokenizer(record_type)
    try:
        with transaction.atomic():
            rows = alive(record_type).filter(pk__range=(ids[0], ids[-1]), pk__in=_given(ids))
            enter(
                record_type,
                [(pk, tokenize(values)) for pk, *values in rows.values_list("pk", *tokenize.columns)],
            )
    except IntegrityError:
        return False
    return True


def _drop_dead(record_type: RecordType) -> None:
    sql, parameters = alive(record_type).values_list("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        for table in _TABLES:
            cursor.execute(
                f"""DELETE FROM {table} AS entry WHERE record_type = %s
                    AND NOT EXISTS (SELECT FROM ({sql}) AS alive (id) WHERE alive.id = entry.record_id)""",  # noqa: S608
                [type_code(record_type), *parameters],
            )


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
