"""Ordinals: which row among those with the same value this is, over the whole file and across crashes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from django.db import connection
from django.utils.translation import gettext_lazy as _

from dangol.records.importing.errors import CellProblem
from dangol.records.models import ImportCounter, ImportRun

LONGEST_KEY = 200

_COUNT = """
INSERT INTO records_importcounter AS kept (run_id, slot, value, count)
SELECT %s, %s, asked.value, asked.count FROM unnest(%s::text[], %s::bigint[]) AS asked(value, count)
ON CONFLICT (run_id, slot, value) DO UPDATE SET count = kept.count + EXCLUDED.count
RETURNING value, count
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
