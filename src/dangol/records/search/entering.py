"""Records that were just made on their way into the search tables, and the words of records to come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection

from dangol.records.copying import copy_lines, copy_rows
from dangol.records.search.keys import SHARED, Key, Name, Token
from dangol.records.search.tables import columns, columns_of, enter_scope, numbers, type_code

if TYPE_CHECKING:
    from dangol.records.types import RecordType

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
PUT_ENTRIES = """
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
    "COPY records_searchidentifier (kind, token, other, record_type, record_id, weight) FROM STDIN"
)


def stands_alone(record_type: RecordType) -> bool:
    """Whether records are found by nothing but columns of their own, so that the values written say what by."""
    return columns_of(record_type) <= record_type.table.columns.keys()


@dataclass(slots=True)
class Tokens:
    """What a record is found by: words and identifiers, each with its weight. `read` are the values it was made of.

    `in_dictionary` says that an `Announcer` was told of its words.
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
        self._defaults = [defaults.get(column) for column in self.columns]
        # of two keys with the same token the heavier comes later and wins
        keys = sorted(record_type.search, key=lambda key: key.weight)
        self._keys = [self._read_by(key) for key in keys]

    def _read_by(self, key: Key) -> tuple[Callable[..., Iterable[Token]], int | None, int | None, int, bool]:
        """How to call the key: with one value, with a name and what decides about it, or with the whole row."""
        shared = key.kind in SHARED
        if isinstance(key, Name):
            name, decides = self.columns.index(key.column), self.columns.index(key.decided_by)
            return key.tokens_of_pair, name, decides, key.weight, shared
        if type(key).tokens is Key.tokens:
            return key.tokens_of, self.columns.index(key.column), None, key.weight, shared
        return key.tokens, None, None, key.weight, shared

    def values_of(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        """What a new row with these values by field will have in `columns`; only for types that `stands_alone` says."""
        return tuple(map(row.get, self.columns, self._defaults))

    def __call__(self, values: Sequence[Any]) -> Tokens:
        """The tokens of a row: `values` stand in the order of `columns`."""
        words: dict[Token, int] = {}
        identifiers: dict[Token, int] = {}
        for tokens, place, decides, weight, shared in self._keys:
            if place is None:
                found = tokens(dict(zip(self.columns, values, strict=True)))
            else:
                value = values[place]
                if not value:
                    continue
                found = tokens(str(value)) if decides is None else tokens(str(value), values[decides])
            into = words if shared else identifiers
            for token in found:
                into[token] = weight
        return Tokens(tuple(values), list(words.items()), list(identifiers.items()))


class Words:
    """The words of many records as the tables take them: each once, entries naming them by their place."""

    def __init__(self) -> None:
        self.words: dict[Token, int] = {}
        self.entries: list[tuple[int, int, int]] = []

    def add(self, rows: Iterable[tuple[int, Tokens]]) -> None:
        """Add the words of records: their ids and tokens."""
        words = self.words
        self.entries += [
            (words.setdefault(token, len(words) + 1), record_id, weight)
            for record_id, tokens in rows
            for token, weight in tokens.words
        ]

    def put_tokens(self, cursor: Any) -> None:
        cursor.execute(_ADD_TOKENS, list(columns(self.words)))

    def parameters(self) -> list[str]:
        """Kinds and texts of the words; places, records and weights of the entries."""
        kinds, tokens, _ = columns(self.words)
        return [kinds, tokens, *(numbers(entry[i] for entry in self.entries) for i in range(3))]


class Announcer:
    """Puts words into the dictionary before the records that they are of are entered, on a connection of its own.

    For whoever stores many records and has a thread to spare. A word that comes to belong to no record is dropped with the
    other orphans. Remembers what it announced, since most words come again and again; one that went meanwhile is put in by
    `enter`.
    """

    REMEMBERED = 250_000

    def __init__(self) -> None:
        self._known: set[int] = set()

    def __call__(self, rows: Sequence[Tokens]) -> None:
        """Announce the words of these rows.

        Must not be called inside a transaction: another writer of the same word would wait for its end. At most one
        statement.
        """
        found = Words()
        known = self._known
        for tokens in rows:
            for token, _weight in tokens.words:
                if hash(token) not in known:
                    found.words[token] = 0
        if found.words:
            with connection.cursor() as cursor:
                found.put_tokens(cursor)
            if len(known) > self.REMEMBERED:
                known.clear()
            known.update(map(hash, found.words))
        for tokens in rows:
            tokens.in_dictionary = True


class Entrance:
    """All that `enter` sends for some records, worked out from their ids and what they are found by. No queries."""

    def __init__(self, record_type: RecordType, rows: Sequence[tuple[int, Tokens]]) -> None:
        self.rows = rows
        self.code = type_code(record_type)
        self.words = Words()
        self.words.add(rows)
        self.parameters = self.words.parameters() if self.words.words else []
        self.lines = [
            f"{kind}\t{token}\t{other}\t{self.code}\t{record_id}\t{weight}\n"
            for record_id, tokens in rows
            for (kind, token, other), weight in tokens.identifiers
        ]
        self.lines.sort()  # rows in the order of the largest index: a third of its cost

    def is_of(self, rows: Sequence[tuple[int, Tokens]]) -> bool:
        """Whether it was worked out from just these ids and tokens."""
        return len(rows) == len(self.rows) and all(
            mine[0] == given[0] and mine[1] is given[1] for mine, given in zip(self.rows, rows, strict=True)
        )


def enter(
    record_type: RecordType, rows: Sequence[tuple[int, Tokens]], entrance: Entrance | None = None
) -> None:
    """Enter records that were made in this very transaction: their ids and what they are found by.

    Nothing of theirs can stand in the tables yet, so nothing is compared: a good deal cheaper than `reindex`. At most four
    statements and one COPY.

    Args:
        entrance: what is to be sent, where it was worked out ahead; passed over when it is not of these rows.
    """
    if entrance is None or not entrance.is_of(rows):
        entrance = Entrance(record_type, rows)
    words, ids = entrance.words, [record_id for record_id, _ in rows]
    if words.words:
        with connection.cursor() as cursor:
            if not all(tokens.in_dictionary for _, tokens in rows):
                words.put_tokens(cursor)
            cursor.execute(_ENTER_ENTRIES, [entrance.code, *entrance.parameters])
            if cursor.rowcount < len(words.entries):
                # a word that was there went meanwhile, since no record had it yet
                words.put_tokens(cursor)
                cursor.execute(
                    PUT_ENTRIES, [*entrance.parameters, entrance.code, numbers(ids), entrance.code]
                )
    if entrance.lines:
        try:
            copy_lines(_ENTER_IDENTIFIERS, entrance.lines, columns=6)
        except ValueError:
            copy_rows(_ENTER_IDENTIFIERS, _identifiers(entrance))
    enter_scope(record_type, ids)


def _identifiers(entrance: Entrance) -> list[tuple[Any, ...]]:
    return [
        (*token, entrance.code, record_id, weight)
        for record_id, tokens in entrance.rows
        for token, weight in tokens.identifiers
    ]
