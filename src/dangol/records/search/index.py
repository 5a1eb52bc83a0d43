"""Keeping the dictionary in step with the records, set-based.

The writer calls `reindex` and `remove` inside its own transaction, so that search and record are never apart. New words
go in sorted, so that writers of the same new words wait for each other instead of blocking each other for good.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, connection, transaction
from django.db.models import F, Model, QuerySet
from django.db.models.expressions import RawSQL

from dangol.records.copying import copy_rows
from dangol.records.search.keys import SHARED, Token

if TYPE_CHECKING:
    from dangol.records.types import RecordType

BATCH = 4_000
ENTERED = 10_000
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


# for records made just now: nothing of theirs stands there yet
_ENTER_ENTRIES = """
INSERT INTO records_searchentry (token_id, record_type, record_id, kind, weight)
SELECT token_id, %s, record_id, kind, weight
FROM (
    SELECT found.id AS token_id, given.kind, given.place
    FROM unnest(%s::smallint[], string_to_array(%s, E'\\n')) WITH ORDINALITY AS given (kind, token, place)
    CROSS JOIN LATERAL (
        SELECT id FROM records_searchtoken AS token
        WHERE token.kind = given.kind AND token.token = given.token OFFSET 0
    ) AS found
) AS word
JOIN unnest(%s::int[], %s::bigint[], %s::smallint[]) AS given (place, record_id, weight) USING (place)
ORDER BY token_id, record_id
"""
_ENTER_IDENTIFIERS = (
    "COPY records_searchidentifier (record_type, record_id, kind, token, other, weight) FROM STDIN"
)

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


def is_own(record_type: RecordType) -> bool:
    """Whether records are found by nothing but columns of their own, so that the values written say what by."""
    return columns_of(record_type) <= record_type.table.columns.keys()


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


@dataclass(slots=True)
class Tokens:
    """What a record is found by: words and identifiers, each with its weight. `read` are the values it was made of.

    `in_dictionary` says that `announce_words` was told of its words.
    """

    read: tuple[Any, ...]
    words: Sequence[tuple[Token, int]]
    identifiers: Sequence[tuple[Token, int]]
    in_dictionary: bool = False


class Tokenizer:
    """Makes the tokens of a record type's records from the values of `columns`. No queries; may be shared by threads."""

    def __init__(self, record_type: RecordType) -> None:
        self.columns = tuple(sorted(columns_of(record_type)))
        defaults = record_type.table.defaults
        self._given = [(column, defaults.get(column)) for column in self.columns]
        # of two keys with the same token the heavier comes later and wins
        self._keys = [
            (key.tokens, key.weight, key.kind in SHARED)
            for key in sorted(record_type.search, key=lambda key: key.weight)
        ]

    def values_of(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        """What a new row with these values by field will have in `columns`; only for types that `is_own` says."""
        get = row.get
        return tuple([get(column, default) for column, default in self._given])

    def __call__(self, values: Sequence[Any]) -> Tokens:
        """The tokens of a row: `values` stand in the order of `columns`."""
        row = dict(zip(self.columns, values, strict=True))
        words: dict[Token, int] = {}
        identifiers: dict[Token, int] = {}
        for tokens, weight, found in self._keys:
            into = words if found else identifiers
            for token in tokens(row):
                into[token] = weight
        return Tokens(tuple(values), list(words.items()), list(identifiers.items()))


class _Words:
    """The words of many records as the tables take them: each once, entries naming them by their place."""

    def __init__(self) -> None:
        self.words: dict[Token, int] = {}
        self.entries: list[tuple[int, int, int]] = []

    def add(self, record_id: int, tokens: Tokens) -> None:
        words = self.words
        for token, weight in tokens.words:
            self.entries.append((words.setdefault(token, len(words) + 1), record_id, weight))

    def put_tokens(self, cursor: Any) -> None:
        cursor.execute(_ADD_TOKENS, list(_columns(self.words)))

    def parameters(self) -> list[str]:
        """Kinds and texts of the words; places, records and weights of the entries."""
        kinds, tokens, _ = _columns(self.words)
        return [kinds, tokens, *(_numbers(entry[i] for entry in self.entries) for i in range(3))]


def announce_words(rows: Sequence[Tokens]) -> None:
    """Put words into the dictionary before the records that they are of are entered, on a connection of its own.

    For whoever stores many records and has a thread to spare. A word that comes to belong to no record is dropped with the
    other orphans. Must not be called inside a transaction: another writer of the same word would wait for its end.
    One statement.
    """
    found = _Words()
    for tokens in rows:
        found.add(0, tokens)
    if found.words:
        with connection.cursor() as cursor:
            found.put_tokens(cursor)
    for tokens in rows:
        tokens.in_dictionary = True


def enter(record_type: RecordType, rows: Sequence[tuple[int, Tokens]]) -> None:
    """Enter records that were made in this very transaction: their ids and what they are found by.

    Nothing of theirs can stand in the tables yet, so nothing is compared: a good deal cheaper than `reindex`. At most four
    statements and one COPY for each batch.
    """
    code = type_code(record_type)
    for start in range(0, len(rows), ENTERED):
        batch = rows[start : start + ENTERED]
        found = _Words()
        for record_id, tokens in batch:
            found.add(record_id, tokens)
        if found.words:
            with connection.cursor() as cursor:
                if not all(tokens.in_dictionary for _, tokens in batch):
                    found.put_tokens(cursor)
                cursor.execute(_ENTER_ENTRIES, [code, *found.parameters()])
                if cursor.rowcount < len(found.entries):
                    # a word that was there went meanwhile, since no record had it yet
                    found.put_tokens(cursor)
                    records = _numbers(record_id for record_id, _ in batch)
                    cursor.execute(_PUT_ENTRIES, [*found.parameters(), code, records, code])
        identifiers = [
            (code, record_id, kind, token, other, weight)
            for record_id, tokens in batch
            for (kind, token, other), weight in tokens.identifiers
        ]
        if identifiers:
            copy_rows(_ENTER_IDENTIFIERS, identifiers)
        refresh_scope(record_type, [record_id for record_id, _ in batch])


def _put(record_type: RecordType, ids: Sequence[int]) -> None:
    tokenize = Tokenizer(record_type)
    found = _Words()
    identifiers: list[tuple[int, Token, int]] = []
    for record_id, *values in (
        _alive(record_type).filter(pk__in=_given(ids)).values_list("pk", *tokenize.columns)
    ):
        made = tokenize(values)
        found.add(record_id, made)
        identifiers += [(record_id, token, weight) for token, weight in made.identifiers]
    code, records = type_code(record_type), _numbers(ids)
    kinds_used = {key.kind for key in record_type.search}
    with connection.cursor() as cursor:
        if found.words:
            found.put_tokens(cursor)
        if kinds_used & set(SHARED):
            cursor.execute(_PUT_ENTRIES, [*found.parameters(), code, records, code])
        if kinds_used - set(SHARED):
            kinds, tokens, others = _columns([token for _, token, _ in identifiers])
            owners = _numbers(record_id for record_id, _, _ in identifiers)
            weights = _numbers(weight for _, _, weight in identifiers)
            cursor.execute(_PUT_IDENTIFIERS, [kinds, tokens, others, owners, weights, code, records, code])


def _columns(tokens: Collection[Token]) -> tuple[str, str, str]:
    """Kinds as an array, tokens and their other forms as lines."""
    return (
        _numbers(token[0] for token in tokens),
        "\n".join([token[1] for token in tokens]),
        "\n".join([token[2] for token in tokens]),
    )


def _given(ids: Sequence[int]) -> RawSQL:
    """Ids as an array in one parameter; a list of 4,000 takes Django longer than the query."""
    return RawSQL("SELECT unnest(%s::bigint[])", [_numbers(ids)])


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

    For `doctor` and for a type whose keys changed. Batches of 4,000, each in its own transaction. Where the type has no
    entries yet nothing needs to be compared, which is several times faster.
    """
    empty = not _is_entered(record_type)
    count, last = 0, 0
    while True:
        ids = list(
            _alive(record_type).filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]
        )
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
            rows = _alive(record_type).filter(pk__range=(ids[0], ids[-1]), pk__in=_given(ids))
            enter(
                record_type,
                [(pk, tokenize(values)) for pk, *values in rows.values_list("pk", *tokenize.columns)],
            )
    except IntegrityError:
        return False
    return True


def _drop_dead(record_type: RecordType) -> None:
    sql, parameters = _alive(record_type).values_list("pk").query.sql_with_params()
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
