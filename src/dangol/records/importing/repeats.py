"""Rows that name a record which an earlier row of the same file names already: counted, told, or held to be too many.

An earlier row counts when it went in (or changed nothing): of a row that was turned away nothing is there to be repeated.
What the rows of one chunk repeat is seen while they are folded and costs nothing. What repeats a row of an earlier chunk
is looked up among the claims that these left in the database – only where the mapping needs it, or a dry run counts.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from dangol.records.fields import Ref
from dangol.records.importing import counters
from dangol.records.importing.errors import Problem
from dangol.records.importing.folding import Entry, Folded
from dangol.records.importing.mapping import CompiledMapping, CompiledRecord
from dangol.records.models import ImportRun

CODE = "repeated"
"""What rows are rejected for that name a record anew where the mapping lets only the first one in."""
EXAMPLES = 5
SHOWN = 200

Told = dict[str, dict[str, Any]]


class Repeats:
    """What the rows of one chunk repeat.

    `told` holds for each record of the mapping (by alias) how many rows repeat an earlier one, and the first of them.
    """

    def __init__(
        self, run: ImportRun, compiled: CompiledMapping, numbers: Sequence[int], *, exact: bool = False
    ) -> None:
        """
        Args:
            numbers: for each row of the chunk, its number in the file.
            exact: count what repeats rows of earlier chunks also where the mapping does not ask for it.
        """
        self.run = run
        self.numbers = numbers
        self.exact = exact
        self.told: Told = {}
        self._slots = {
            record.alias: counters.CLAIMS + place
            for place, record in enumerate(compiled.records)
            if claims(record) or (exact and is_told(record))
        }
        self._turned_away: dict[int, tuple[CompiledRecord, int, str]] = {}

    def earlier(self, record: CompiledRecord, entries: Iterable[Entry]) -> dict[Entry, int]:
        """Entries whose record a row of an earlier chunk named, with the number of that row. At most one query."""
        slot = self._slots.get(record.alias)
        if slot is None:
            return {}
        # What belongs to a record made just now cannot have been named before.
        asked = {
            key_text(entry): entry
            for entry in entries
            if not any(isinstance(part, Entry) and part.is_new for part in entry.key)
        }
        found = counters.claimed(self.run, slot, list(asked))
        return {asked[key]: number for key, number in found.items()}

    def turn_away(self, record: CompiledRecord, entry: Entry, first: int, rows: Iterable[int]) -> Problem:
        """The problem of rows that repeat the row of this number."""
        key = shown_key(entry)
        self._turned_away.update(dict.fromkeys(rows, (record, first, key)))
        own = [
            name for name, part in zip(record.key, entry.key, strict=True) if not isinstance(part, Entry)
        ] or list(record.key)
        column = next((item.column for item in record.cells if item.name == own[-1]), "")
        message = _(
            "“%(field)s” %(key)s already stands in row %(row)s of this file."
            " Keep one of the two rows, or correct the value."
        ) % {
            "field": ", ".join(str(record.record_type.fields[name].label) for name in own),
            "key": key,
            "row": first,
        }
        return Problem(CODE, message, own[-1], column, key)

    def turn_away_all(self, record: CompiledRecord, earlier: Mapping[Entry, int]) -> dict[int, Problem]:
        """The problem of each row of these entries."""
        problems: dict[int, Problem] = {}
        for entry, first in earlier.items():
            rows = entry.all_rows
            problems.update(dict.fromkeys(rows, self.turn_away(record, entry, first, rows)))
        return problems

    def settle(
        self, compiled: CompiledMapping, folded: Folded, earlier: Mapping[Entry, int]
    ) -> dict[int, Problem]:
        """The entries are written: claim their keys, count what repeats, and say which rows are turned away for it.

        One query for each record that claims keys.
        """
        problems: dict[int, Problem] = {}
        for record in compiled.records:
            entries = folded.entries[record.alias]
            slot = self._slots.get(record.alias)
            if slot is not None and entries:
                fresh = {
                    key_text(entry): self.numbers[entry.row] for entry in entries if entry not in earlier
                }
                counters.claim(self.run, slot, fresh)
            if record.repeated == "reject":
                for entry in entries:
                    if entry.repeats:
                        first = self.numbers[entry.row]
                        problem = self.turn_away(record, entry, first, entry.repeats)
                        problems.update(dict.fromkeys(entry.repeats, problem))
            elif is_told(record):
                self._count(record, entries, earlier)
        return problems

    def close(self, problems: Mapping[int, Problem]) -> None:
        """The chunk is done: count the rows that were turned away for repeating another one, and for nothing else."""
        turned: dict[str, list[tuple[int, int, str]]] = {}
        for index, (record, first, key) in self._turned_away.items():
            if index in problems and problems[index].code == CODE:
                turned.setdefault(record.alias, []).append((index, first, key))
                self._told_of(record)
        for alias, rows in turned.items():
            self.told[alias]["rows"] += len(rows)
            self._show(self.told[alias], heapq.nsmallest(EXAMPLES, rows))

    def _count(self, record: CompiledRecord, entries: Sequence[Entry], earlier: Mapping[Entry, int]) -> None:
        rows = [
            (index, number or self.numbers[entry.row], entry)
            for entry in entries
            if (number := earlier.get(entry, 0)) or len(entry.rows) > 1
            for index in (entry.rows if number else entry.rows[1:])
        ]
        if rows:
            told = self._told_of(record)
            told["rows"] += len(rows)
            first = heapq.nsmallest(EXAMPLES, rows, key=lambda row: row[0])
            self._show(told, [(index, number, shown_key(entry)) for index, number, entry in first])

    def _told_of(self, record: CompiledRecord) -> dict[str, Any]:
        return self.told.setdefault(
            record.alias,
            {
                "type": record.record_type.name,
                "repeated": record.repeated,
                "rows": 0,
                "exact": record.alias in self._slots,
                "examples": [],
            },
        )

    def _show(self, told: dict[str, Any], rows: Iterable[tuple[int, int, str]]) -> None:
        told["examples"] += [
            {"number": self.numbers[index], "first": first, "key": key} for index, first, key in rows
        ]
        told["examples"] = sorted(told["examples"], key=lambda one: one["number"])[:EXAMPLES]


def claims(record: CompiledRecord) -> bool:
    """Whether it matters beyond the chunk which keys earlier rows named.

    It does for a record of which only the first row counts, and where records that are there already are refused:
    what the file itself made is none of these.
    """
    return bool(record.key) and (record.repeated != "update" or record.existing == "reject")


def is_told(record: CompiledRecord) -> bool:
    """Whether it is worth a word that rows repeat a record's key.

    It is not for the head of a document that each of its lines names again – a record that another one of the
    mapping points at – unless the mapping says something about it, nor for keys that count rows.
    """
    return bool(record.key) and record.alone


def merged(before: Told, more: Told, *, is_whole: bool) -> Told:
    """What is told of a run after a further chunk. `is_whole`: this chunk is all there is of the file."""
    together = dict(before)
    for alias, told in more.items():
        known = together.get(alias, {"rows": 0, "examples": []})
        together[alias] = {
            **told,
            "rows": known["rows"] + told["rows"],
            "exact": told["exact"] or is_whole,
            "examples": [*known["examples"], *told["examples"]][:EXAMPLES],
        }
    return together


def key_text(entry: Entry) -> str:
    """The key as text that is the same for equal keys, whichever chunk they stand in."""
    parts = [_part_text(part) for part in entry.key]
    # Lengths keep ("ab", "c") and ("a", "bc") apart.
    return parts[0] if len(parts) == 1 else "".join(f"{len(part)}:{part}" for part in parts)


def shown_key(entry: Entry) -> str:
    """The key as a person reads it, without the records of the same row that are part of it."""
    return ", ".join(shown(part) for part in entry.key if not isinstance(part, Entry))[:SHOWN]


def shown(value: Any) -> str:
    """A value of a row as a person reads it."""
    if isinstance(value, Ref):
        value = value.title or (value.key[1] if value.key else value.id)
    return "" if value is None else str(value)[:SHOWN]


def _part_text(part: Any) -> str:
    match part:
        case Entry() | Ref():
            return str(part.id)
        case Decimal():
            text = f"{part:f}"
            return text.rstrip("0").rstrip(".") if "." in text else text
        case datetime() if part.tzinfo is not None:
            return part.astimezone(UTC).isoformat()
    return str(part)
