"""One chunk of rows into records, inside the caller's transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import DataError, IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from dangol.identity.actors import Actor
from dangol.records import fieldrules
from dangol.records.fields import Field, Ref
from dangol.records.fields.masks import Masked, is_there
from dangol.records.importing.errors import Problem, Text
from dangol.records.importing.existing import Found, find_existing
from dangol.records.importing.folding import Entry, Folded, fold
from dangol.records.importing.mapping import CompiledMapping, CompiledRecord
from dangol.records.importing.repeats import Repeats, Told, shown, shown_key
from dangol.records.matching import importing
from dangol.records.writing import Change, WriteError, Written, write
from dangol.records.writing.parsing import missing_value

Rows = Sequence[tuple[int, Sequence[str]]]
Ordinals = Mapping[int, Sequence[int]]

ORIGIN = "import"
PATIENT_ROUNDS = 4
"""So often only the row that gave a refused value is turned away; then all rows that use the record are."""

_HINDRANCES: dict[str, Text] = {
    "deleted": _("The record with this key lies in the recycle bin. Restore it and try again."),
    "ambiguous": _("Several records are called so. Use a column with their number."),
    "exists": _("A record with this key is there already, and this import changes none."),
    "forbidden": _("A record with this key exists, but it is outside of what you may change."),
}


@dataclass(slots=True)
class ChunkResult:
    """What became of the rows of a chunk. Rows that are neither rejected nor `changing` changed nothing."""

    problems: dict[int, Problem] = field(default_factory=dict)
    changing: set[int] = field(default_factory=set)
    created: Counter[str] = field(default_factory=Counter)
    updated: Counter[str] = field(default_factory=Counter)
    created_ids: dict[str, list[int]] = field(default_factory=dict)
    updated_ids: dict[str, list[int]] = field(default_factory=dict)
    repeats: Told = field(default_factory=dict)

    def note(self, name: str, written: Written) -> None:
        """Count what a batch of one type made and changed."""
        for counts, ids_by_type, ids in (
            (self.created, self.created_ids, written.created),
            (self.updated, self.updated_ids, written.updated),
        ):
            if ids:
                counts[name] += len(ids)
                ids_by_type.setdefault(name, []).extend(ids)

    def add(self, other: ChunkResult) -> None:
        self.problems.update(other.problems)
        self.changing |= other.changing
        self.created.update(other.created)
        self.updated.update(other.updated)
        for mine, theirs in (
            (self.created_ids, other.created_ids),
            (self.updated_ids, other.updated_ids),
        ):
            for name, ids in theirs.items():
                mine.setdefault(name, []).extend(ids)


class _Refused(Exception):
    """Some rows cannot go in; what the attempt wrote is undone and the others are tried again without them."""

    def __init__(self, problems: dict[int, Problem]) -> None:
        super().__init__()
        self.problems = problems


class _Skipped(Exception):
    """Some rows are about records that are not there, and the mapping passes over these."""

    def __init__(self, rows: set[int]) -> None:
        super().__init__()
        self.rows = rows


class _Unclear(Exception):
    """The database refused the chunk without saying for which row; smaller chunks will tell."""

    def __init__(self, message: Text, code: str) -> None:
        super().__init__()
        self.message = message
        self.code = code


def write_chunk(
    compiled: CompiledMapping,
    rows: Rows,
    ordinals: Ordinals,
    actor: Actor,
    repeats: Repeats,
    *,
    folded: Folded | None = None,
) -> ChunkResult:
    """Write what the rows say. A row goes in with all its records or not at all.

    Args:
        rows: (index, cells) of rows that could be taken apart.
        ordinals: for each index, its ordinal in each slot of the mapping.
        repeats: which rows name a record again is looked up and told there.
        folded: what `fold` made of these rows, when that is done already.

    Costs one look-up and one write for each record of the mapping when no row is refused.
    """
    problems: dict[int, Problem] = {}
    skipped: set[int] = set()
    for attempt in range(1, 2 * len(rows) + 2):
        out = problems.keys() | skipped
        kept = [item for item in rows if item[0] not in out] if out else rows
        folded = folded or fold(compiled, kept, ordinals)
        problems.update(folded.problems)
        try:
            with transaction.atomic():
                result = _write_entries(compiled, folded, actor, repeats, patient=attempt <= PATIENT_ROUNDS)
        except _Refused as refused:
            problems.update(refused.problems)
            folded = None
            continue
        except _Skipped as passed_over:
            skipped |= passed_over.rows
            folded = None
            continue
        except _Unclear as unclear:
            left = [item for item in kept if item[0] not in problems and item[0] not in skipped]
            result = _halved(compiled, left, ordinals, actor, repeats, unclear)
        result.problems = {**problems, **result.problems}
        return result
    raise AssertionError("every round refuses a row or ends")


def _halved(
    compiled: CompiledMapping,
    rows: Rows,
    ordinals: Ordinals,
    actor: Actor,
    repeats: Repeats,
    unclear: _Unclear,
) -> ChunkResult:
    if len(rows) == 1:
        return ChunkResult(problems={rows[0][0]: Problem(unclear.code, unclear.message)})
    middle = len(rows) // 2
    result = write_chunk(compiled, rows[:middle], ordinals, actor, repeats)
    result.add(write_chunk(compiled, rows[middle:], ordinals, actor, repeats))
    return result


def _write_entries(
    compiled: CompiledMapping, folded: Folded, actor: Actor, repeats: Repeats, *, patient: bool
) -> ChunkResult:
    result = ChunkResult()
    earlier: dict[Entry, int] = {}
    for record in compiled.records:
        entries = folded.entries[record.alias]
        if not entries:
            continue
        named = repeats.earlier(record, entries)
        if named and record.repeated == "reject":
            raise _Refused(repeats.turn_away_all(record, named))
        earlier |= named
        changes, changed = _changes(record, entries, actor, patient, named)
        if not changes:
            continue
        name = record.record_type.name
        try:
            written = write(
                record.record_type,
                changes,
                actor=actor,
                collect=True,
                origin=ORIGIN,
                entrance=folded.entrances.get(record.alias),
            )
        except WriteError as error:
            first = error.errors[0]
            raise _Unclear(first.message, first.code) from error
        except (DataError, IntegrityError) as error:
            raise _Unclear(
                _("The database refused the row: %(why)s") % {"why": _first_line(error)}, "database"
            ) from error
        _refuse(written, changed, patient)
        if record.similar != "ignore" and written.created:
            _look_for_similar(record, changed, written, actor)
        updated = set(written.updated)
        for entry, record_id in zip(changed, written.ids, strict=True):
            entry.is_new = entry.id is None
            entry.id = record_id
            if entry.is_new or record_id in updated:
                result.changing.update(entry.touched)
        result.note(name, written)
    result.problems = repeats.settle(compiled, folded, earlier)
    return result


def _refuse(written: Written, changed: Sequence[Entry], patient: bool) -> None:
    """Raise _Refused when the writer turned something away."""
    refused: dict[int, Problem] = {}
    for row_error in written.errors:
        entry = changed[row_error.index]
        problem = Problem(row_error.code, row_error.message, row_error.field, value=shown(row_error.value))
        for index in entry.touched if patient else entry.all_rows:
            refused.setdefault(index, problem)
    if refused:
        raise _Refused(refused)


def _look_for_similar(
    record: CompiledRecord, changed: Sequence[Entry], written: Written, actor: Actor
) -> None:
    """Put new records that may be there already into the queue of duplicates, or turn their rows away."""
    found = importing.similar_to(record.record_type, written.created, actor=actor)
    if record.similar == "queue":
        importing.put_into_queue(record.record_type, found)
        return
    later = {pair.right for pair in found} & set(written.created)
    problem = Problem("similar", _("A record that is very like this one is there already."))
    refused = {
        index: problem
        for entry, record_id in zip(changed, written.ids, strict=True)
        if record_id in later
        for index in entry.touched
    }
    if refused:
        raise _Refused(refused)


def _changes(
    record: CompiledRecord,
    entries: Sequence[Entry],
    actor: Actor,
    patient: bool,
    earlier: Mapping[Entry, int],
) -> tuple[list[Change], list[Entry]]:
    """What the writer is to do, and for whom. Entries that would change nothing get only their id.

    Args:
        earlier: entries that rows of earlier chunks named already.
    """
    stored = find_existing(record, entries, actor)
    # what was looked for by its key, and is not there, need not be looked for once more
    free = record.key if len(record.key) == 1 and record.record_type.fields[record.key[0]].unique else ()
    required = {name for name, field_ in record.record_type.editable_fields.items() if field_.required}
    seen = fieldrules.seen_by(actor, record.record_type)
    masked = {name for name in record.policies if isinstance(seen.fields.get(name), Masked)}
    changes: list[Change] = []
    changed: list[Entry] = []
    refused: dict[int, Problem] = {}
    skipped: set[int] = set()
    for entry in entries:
        values = entry.values
        for name, parent in entry.parents.items():
            if parent.ref is None:
                parent.ref = Ref(id=parent.id)
            values[name] = parent.ref
        first = earlier.get(entry) if earlier else None
        found = stored.get(entry) if stored else None
        if found is None:
            if record.missing == "skip" and entry.key:
                skipped.update(entry.all_rows)
            elif problem := _not_to_be_made(record, entry, required, seen.editable_fields):
                by_key = problem.code == "missing"
                rows = entry.touched if patient and not by_key else entry.all_rows
                refused.update(dict.fromkeys(rows, problem))
            else:
                changes.append(
                    Change(values, parsed=True, tokens=entry.tokens, free=free, new_id=entry.new_id)
                )
                changed.append(entry)
            continue
        entry.id = found.id
        hindrance = found.hindrance or ("exists" if record.existing == "reject" and first is None else "")
        if hindrance:
            refused.update(dict.fromkeys(entry.all_rows, _hindered(record, entry, hindrance)))
            continue
        if first is not None and record.repeated == "keep":
            continue
        different = _different(record, entry, found, masked)
        if different:
            changes.append(Change(different, id=found.id, parsed=True))
            changed.append(entry)
    if refused:
        raise _Refused(refused)
    if skipped:
        raise _Skipped(skipped)
    return changes, changed


def _not_to_be_made(
    record: CompiledRecord, entry: Entry, required: set[str], mine: Mapping[str, Field]
) -> Problem | None:
    """Why no record is made of an entry that is not there yet; otherwise its fallbacks are filled in.

    `mine` are the fields that the actor may fill in: of others it is not said which is missing.
    """
    if record.missing == "reject" and entry.key:
        message = _("There is no record with this key, and this import makes none.")
        return Problem("missing", message, record.key[0], value=shown_key(entry))
    values = entry.values
    for name, fallback in entry.fallbacks.items():
        if values.get(name) is None and fallback is not None:
            values[name] = fallback
    if not required <= values.keys():
        error = missing_value(0, min(required - values.keys()), mine)
        return Problem(error.code, error.message, error.field)
    return None


def _different(record: CompiledRecord, entry: Entry, found: Found, masked: Collection[str]) -> dict[str, Any]:
    """The values that the stored record does not have yet, as far as the mapping may change them.

    Masked ones count as different, so that the writer refuses them: "unchanged" would tell that they were guessed.
    """
    different = {}
    for name, old in found.values.items():
        if name not in entry.values:
            continue
        new = entry.values[name]
        if name in masked and is_there(old):
            pass
        elif new is None:
            if old is None or old == record.record_type.fields[name].blank:
                continue
        elif new == old:
            continue
        if record.policies[name] == "fill" and old not in (None, "") and old != entry.fallbacks.get(name):
            continue
        different[name] = new
    return different


def _hindered(record: CompiledRecord, entry: Entry, hindrance: str) -> Problem:
    return Problem(hindrance, _HINDRANCES[hindrance], record.key[0], value=shown_key(entry))


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines()
    return lines[0] if lines else type(error).__name__
