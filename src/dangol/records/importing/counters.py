"""Over the whole file and across crashes: which row among those with the same value this is, and which had it first."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from django.db import connection
from django.utils.translation import gettext_lazy as _

from dangol.records.importing.errors import CellProblem
from dangol.records.models import ImportCounter, ImportRun

LONGEST_KEY = 200
CLAIMS = 1_000
"""From this slot on, `count` is no count but the number of the first row that had the value."""

_COUNT = """
INSERT INTO records_importcounter AS kept (run_id, slot, value, count)
SELECT %s, %s, asked.value, asked.count FROM unnest(%s::text[], %s::bigint[]) AS asked(value, count)
ON CONFLICT (run_id, slot, value) DO UPDATE SET count = kept.count + EXCLUDED.count
RETURNING value, count
"""

_CLAIM = """
INSERT INTO records_importcounter (run_id, slot, value, count)
SELECT %s, %s, asked.value, asked.number FROM unnest(%s::text[], %s::bigint[]) AS asked(value, number)
ON CONFLICT (run_id, slot, value) DO NOTHING
"""


def ordinals(run: ImportRun, slot: int, values: Sequence[str]) -> list[int]:
    """The ordinals of the next rows of a run, in the current transaction. One query.

    Args:
        slot: which of the mapping's ordinals.
        values: for each row, in the order of the file, the text it counts by.
    """
    keys = [_key(value) for value in values]
    counts: dict[str, int] = {}
    for key in keys:
        counts[key] = counts.get(key, 0) + 1
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [run.pk, slot, list(counts), list(counts.values())])
        before = {key: total - counts[key] for key, total in cursor.fetchall()}
    numbers = []
    for key in keys:
        before[key] += 1
        numbers.append(before[key])
    return numbers


def claim(run: ImportRun, slot: int, rows: Mapping[str, int]) -> None:
    """Note down in which row of the file a value stood first, in the current transaction. One query."""
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_CLAIM, [run.pk, slot, [_key(value) for value in rows], list(rows.values())])


def claimed(run: ImportRun, slot: int, values: Sequence[str]) -> dict[str, int]:
    """Those of the values that rows of earlier chunks had, with the number of the first such row. One query."""
    keys = {_key(value): value for value in values}
    found = ImportCounter.objects.filter(run=run, slot=slot, value__in=list(keys)).values_list(
        "value", "count"
    )
    return {keys[key]: number for key, number in found} if keys else {}


def given_ordinal(text: str, column: str) -> int:
    """The ordinal that a rejects file carries along, so that a corrected row keeps its place. Raises CellProblem."""
    stripped = text.strip()
    if stripped.isascii() and stripped.isdigit() and 0 < int(stripped) < 2**31:
        return int(stripped)
    raise CellProblem(
        "ordinal",
        _("Enter the number of the line within its document, such as 3."),
        column=column,
        value=text[:200],
    )


def forget(run: ImportRun) -> None:
    """Drop the counters of a run that has ended. One query."""
    ImportCounter.objects.filter(run=run).delete()


def _key(value: str) -> str:
    if len(value) <= LONGEST_KEY:
        return value
    return hashlib.sha256(value.encode(errors="surrogatepass")).hexdigest()
