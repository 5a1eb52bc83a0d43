"""The numbers that records of own objects get: a prefix and a count, EQ-000123."""

from __future__ import annotations

from django.db import connection

from dangol.records.objects.tables import sequence_of

SHORTEST = 6
_FORMAT = "FM999999999" + "0" * SHORTEST

_DRAW = """
WITH drawn AS MATERIALIZED (
    SELECT count, %(prefix)s || to_char(count, %(format)s) AS number
    FROM (SELECT nextval(%(sequence)s::regclass) AS count FROM generate_series(1, %(count)s)) counted
)
SELECT number FROM drawn WHERE NOT EXISTS (SELECT FROM {table} t WHERE t.number = drawn.number) ORDER BY count
"""
_CATCH_UP = """
SELECT setval(
    %(sequence)s::regclass,
    greatest(nextval(%(sequence)s::regclass), max(substr(number, length(%(prefix)s) + 1)::bigint))
)
FROM {table} WHERE starts_with(number, %(prefix)s) AND substr(number, length(%(prefix)s) + 1) ~ '^[0-9]{{1,15}}$'
"""


def draw(table: str, prefix: str, count: int) -> list[str]:
    """The next numbers that no record has. Numbers that were drawn and not used are not drawn again.

    Records may be given numbers by hand or by a file, ahead of the count; where it meets those, it goes on behind the last.
    One query; three where numbers have to be passed over.
    """
    quoted = connection.ops.quote_name(table)
    given = {"sequence": connection.ops.quote_name(sequence_of(table)), "prefix": prefix, "format": _FORMAT}
    found: list[str] = []
    with connection.cursor() as cursor:
        while True:
            cursor.execute(_DRAW.format(table=quoted), {**given, "count": count - len(found)})
            found += [number for (number,) in cursor.fetchall()]
            if len(found) == count:
                return found
            cursor.execute(_CATCH_UP.format(table=quoted), given)
