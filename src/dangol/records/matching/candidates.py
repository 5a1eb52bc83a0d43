"""Records worth comparing with some others, out of the search dictionary: a few index probes for each, whatever the size.

A name many people share leads nowhere by itself, so only its first bearers are looked at; those that share more are found
by what else they share.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection

from dangol.records.search import statements, typos
from dangol.records.search.index import Tokens, type_code
from dangol.records.search.keys import NAME, PHONE, SHARED, WORD
from dangol.records.types import RecordType

EACH = 30
"""Records that one value may lead to."""
NEAR_NAMES = 20

_FOUND = """
SELECT given.place, found.record_id, given.kind
FROM unnest(%s::int[], %s::smallint[], string_to_array(%s, E'\\n')) AS given (place, kind, token)
CROSS JOIN LATERAL (
    SELECT entry.record_id FROM (
        SELECT id FROM records_searchtoken AS word
        WHERE word.kind = given.kind AND word.token = given.token OFFSET 0
    ) AS word
    CROSS JOIN LATERAL (
        SELECT e.record_id FROM records_searchentry e WHERE e.token_id = word.id AND e.record_type = %s LIMIT %s
    ) AS entry
) AS found
UNION ALL
SELECT given.place, found.record_id, given.kind
FROM unnest(%s::int[], %s::smallint[], string_to_array(%s, E'\\n')) AS given (place, kind, token)
CROSS JOIN LATERAL (
    SELECT i.record_id FROM records_searchidentifier i
    WHERE i.kind = given.kind AND i.token = given.token AND i.record_type = %s LIMIT %s
) AS found
UNION ALL
SELECT given.place, found.record_id, given.kind
FROM unnest(%s::int[], %s::smallint[], string_to_array(%s, E'\\n')) AS given (place, kind, token)
CROSS JOIN LATERAL (
    SELECT i.record_id FROM records_searchidentifier i
    WHERE i.kind = given.kind AND i.other >= given.token AND i.other < given.token || ':' AND NOT (i.other = '')
      AND i.record_type = %s LIMIT %s
) AS found
"""

Lines = list[tuple[int, int, str]]


def candidates(record_type: RecordType, given: Mapping[int, Tokens]) -> dict[int, set[int]]:
    """Records that share a name or an identifier with these, by the key they are given under. One statement."""
    code = type_code(record_type)
    words: Lines = []
    whole: Lines = []
    endings: Lines = []
    for place, tokens in given.items():
        words += [(place, token[0], token[1]) for token, _weight in tokens.words if token[0] != WORD]
        for (kind, token, other), _weight in tokens.identifiers:
            whole.append((place, kind, token))
            if kind == PHONE and len(other) >= 8:
                endings.append((place, kind, other[:8]))
    found: dict[int, set[int]] = defaultdict(set)
    if not (words or whole):
        return found
    parameters: list[Any] = []
    for lines in (words, whole, endings):
        places, kinds, tokens_ = zip(*lines, strict=True) if lines else ((), (), ())
        parameters += [list(places), list(kinds), "\n".join(tokens_), code, EACH]
    with connection.cursor() as cursor:
        cursor.execute(_FOUND, parameters)
        for place, record_id, _kind in cursor.fetchall():
            found[place].add(record_id)
    return found


def near_names(record_type: RecordType, tokens: Tokens) -> set[int]:
    """Records whose name is near to the one given: typing errors. Two statements at most."""
    code = type_code(record_type)
    found: set[int] = set()
    for token, _weight in tokens.words:
        if token[0] != NAME or token[0] not in SHARED:
            continue
        patterns = typos.patterns(token[1])
        if not patterns:
            continue
        near = {
            number: far
            for number, other in statements.tokens_like(patterns, typos.MOST_CANDIDATES)
            if other != token[1] and (far := typos.nearness(token[1], other))
        }
        nearest = sorted(near, key=near.__getitem__)[:NEAR_NAMES]
        if nearest:
            reach = statements.Reach((code,), ())
            found |= {row[2] for row in statements.records_of(nearest, reach, EACH)}
    return found


def bearers(record_type: RecordType, names: Sequence[str]) -> dict[str, int]:
    """How many records bear each of these name tokens, counted up to 5,000. One statement."""
    if not names:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT given.token, (
                SELECT count(*) FROM (
                    SELECT 1 FROM records_searchentry e
                    JOIN records_searchtoken w ON w.id = e.token_id
                    WHERE w.kind = %s AND w.token = given.token AND e.record_type = %s LIMIT 5000
                ) AS entered
            )
            FROM unnest(%s::text[]) AS given (token)
            """,
            [NAME, type_code(record_type), list(dict.fromkeys(names))],
        )
        return dict(cursor.fetchall())
