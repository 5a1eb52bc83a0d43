"""Rows to records: several rows of a chunk that name the same record become one entry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from dangol.records.fields import Ref
from dangol.records.importing.errors import CellProblem, Problem
from dangol.records.importing.mapping import CompiledMapping, CompiledRecord
from dangol.records.importing.mapping.cells import Remembering
from dangol.records.importing.mapping.compiled import CompiledField
from dangol.records.search.index import Entrance, Tokenizer, Tokens, stands_alone
from dangol.records.writing.storing import draw_ids


class Entry:
    """One record to be made or changed.

    `row` gave it first, `touched` are the rows that gave it values, `rows` all rows that use it. `parents` are
    entries of the same mapping that its references point at; `ref` is how they are written. `fallbacks` are what
    fields get that have no value. `tokens` are what it will be found by when it is new, and `new_id` is the id that was
    drawn for it, where that is known already.
    `repeats` are rows that name the record again where only the first may.
    """

    __slots__ = (
        "fallbacks", "id", "is_new", "key", "new_id", "open", "parents", "ref", "repeats", "row", "rows", "tokens",
        "touched", "values"
    )  # fmt: skip

    def __init__(self, row: int, key: tuple[Any, ...]) -> None:
        self.row = row
        self.key = key
        self.values: dict[str, Any] = {}
        self.fallbacks: dict[str, Any] = {}
        self.parents: dict[str, Entry] = {}
        self.open: tuple[CompiledField, ...] = ()
        self.rows: list[int] = [row]
        self.touched: list[int] = [row]
        self.id: int | None = None
        self.ref: Ref | None = None
        self.is_new = False
        self.tokens: Tokens | None = None
        self.new_id: int | None = None
        self.repeats: list[int] | None = None

    @property
    def all_rows(self) -> list[int]:
        """The rows that use the record, and those that would be turned away for naming it again."""
        return [*self.rows, *self.repeats] if self.repeats else self.rows


@dataclass(slots=True)
class Folded:
    """The entries of a chunk by alias, in the order in which they came up, and the rows that do not fit.

    `entrances` put the entries of an alias into the search index, should all of them be new.
    """

    entries: dict[str, list[Entry]]
    problems: dict[int, Problem] = field(default_factory=dict)
    entrances: dict[str, Entrance] = field(default_factory=dict)


def fold(
    compiled: CompiledMapping,
    rows: Iterable[tuple[int, Sequence[str]]],
    ordinals: Mapping[int, Sequence[int]],
) -> Folded:
    """Make entries of rows. A row with a problem leaves no trace in the entries.

    Args:
        rows: (index in the chunk, cells).
        ordinals: for each index, the row's ordinal in each slot of the mapping.
    """
    folded = Folded({record.alias: [] for record in compiled.records})
    makers = [_Maker(record, folded.entries[record.alias]) for record in compiled.records]
    rejecting = any(maker.rejects for maker in makers)
    for index, cells in rows:
        numbers = ordinals.get(index, ())
        made: dict[str, Entry] = {}
        steps: list[tuple[_Maker, Entry, dict[str, Any] | None]] = []
        try:
            for maker in makers:
                maker.stage(index, cells, numbers, made, steps)
        except CellProblem as problem:
            folded.problems[index] = problem.problem()
            continue
        if rejecting and (named := _named_before(steps)) is not None:
            named.repeats = [*(named.repeats or ()), index]
            continue
        for maker, entry, values in steps:
            maker.settle(index, entry, values)
    return folded


def tokenize(
    compiled: CompiledMapping, folded: Folded, paced: Callable[[Iterable[Entry]], Iterable[Entry]] = iter
) -> list[Tokens]:
    """Work out what the entries will be found by, should they be new, and return it. No queries."""
    made = []
    for record in compiled.records:
        if not record.record_type.search or not stands_alone(record.record_type):
            continue
        tokenizer = Tokenizer(record.record_type)
        for entry in paced(folded.entries[record.alias]):
            entry.tokens = tokenizer(tokenizer.values_of(entry.values))
            made.append(entry.tokens)
    return made


def number(compiled: CompiledMapping, folded: Folded) -> None:
    """Draw ids for entries with tokens and work out how they enter the search index. One query for each record.

    An id that is not used is lost, as it is by any transaction that is taken back.
    """
    for record in compiled.records:
        rows = [(entry, entry.tokens) for entry in folded.entries[record.alias] if entry.tokens is not None]
        if not rows or len(rows) < len(folded.entries[record.alias]):
            continue
        entered = []
        for new_id, (entry, tokens) in zip(draw_ids(record.record_type.table, len(rows)), rows, strict=True):
            entry.new_id = new_id
            entered.append((new_id, tokens))
        folded.entrances[record.alias] = Entrance(record.record_type, entered)


def straight(get: Callable[[Sequence[str]], Any]) -> Callable[[Sequence[str]], Any]:
    """The getter of a column, without the memory that has turned out to be of no use for it."""
    return get.straight() if isinstance(get, Remembering) else get


def _named_before(steps: Sequence[tuple[_Maker, Entry, dict[str, Any] | None]]) -> Entry | None:
    """The record that an earlier row of the chunk names, where no further row may."""
    return next((entry for maker, entry, values in steps if maker.rejects and values is not None), None)


class _Maker:
    """Folds the rows for one record of the mapping."""

    def __init__(self, record: CompiledRecord, entries: list[Entry]) -> None:
        self.record = record
        self.entries = entries
        self.seen: dict[tuple[Any, ...], Entry] = {}
        by_name: dict[str, Any] = {item.name: item for item in record.cells}
        references, ordinals = dict(record.references), dict(record.ordinals)
        self.key_parts = [
            (name, by_name.get(name), references.get(name), ordinals.get(name)) for name in record.key
        ]
        self.fills = record.fills
        self.plain = tuple((item.name, straight(item.get), item.clears) for item in record.cells)
        self.fallbacks = tuple(
            (item.name, item.fallback) for item in record.cells if item.fallback is not None
        )
        # What a further row may still change: nothing for records that keep what the first row gave.
        self.updating = tuple(
            item for item in record.cells if item.existing == "update" and item.name not in record.key
        )
        self.updating_references = tuple(
            (name, alias)
            for name, alias in record.references
            if record.policies[name] == "update" and name not in record.key
        )
        self.rejects = bool(record.key) and record.repeated == "reject"
        self.first_only = self.rejects or record.repeated == "keep"
        self.is_closed = not self.updating and not self.updating_references

    def key(self, cells: Sequence[str], numbers: Sequence[int], made: dict[str, Entry]) -> tuple[Any, ...]:
        key = []
        for name, item, alias, counted in self.key_parts:
            part: Any
            if item is not None:
                part = item.get(cells)
            elif alias is not None:
                part = made.get(alias)
            else:
                part = counted(cells, numbers) if counted else None
            if part is None:
                raise CellProblem(
                    "key",
                    _("The key is empty. Enter a value."),
                    field=name,
                    column=item.column if item else "",
                )
            key.append(part)
        return tuple(key)

    def stage(
        self,
        index: int,
        cells: Sequence[str],
        numbers: Sequence[int],
        made: dict[str, Entry],
        steps: list[tuple[_Maker, Entry, dict[str, Any] | None]],
    ) -> None:
        """Work out what the row says about this record, without touching what other rows said."""
        record = self.record
        if record.when is not None and not record.when(cells):
            return
        key = self.key(cells, numbers, made) if self.key_parts else ()
        entry = self.seen.get(key) if key else None
        if entry is not None:
            made[record.alias] = entry
            if self.first_only:
                # Read all the same: whether a value is refused must not depend on where a chunk ends.
                self.say_first(Entry(index, key), cells, numbers, made)
                further: dict[str, Any] = {}
            else:
                further = self.said_further(entry, cells, made)
            steps.append((self, entry, further))
            return
        entry = Entry(index, key)
        self.say_first(entry, cells, numbers, made)
        made[record.alias] = entry
        steps.append((self, entry, None))

    def say_first(
        self, entry: Entry, cells: Sequence[str], numbers: Sequence[int], made: dict[str, Entry]
    ) -> None:
        """Fill an entry with what its first row says."""
        values = entry.values
        for name, get, clears in self.plain:
            value = get(cells)
            if value is not None:
                values[name] = value
            elif clears:
                values[name] = None
        for name, fallback in self.fallbacks:
            # Kept beside the value: a new record gets it, an existing one that has it counts as empty.
            entry.fallbacks[name] = fallback(cells)
        for name, counted in self.record.ordinals:
            values[name] = counted(cells, numbers)
        for name, alias in self.record.references:
            parent = made.get(alias)
            if parent is not None:
                entry.parents[name] = parent
        if self.fills:
            entry.open = tuple(item for item in self.fills if item.name not in values)

    def said_further(self, entry: Entry, cells: Sequence[str], made: dict[str, Entry]) -> dict[str, Any]:
        """What a further row says differently, as far as it may."""
        further: dict[str, Any] = {}
        if not self.is_closed:
            for item in self.updating:
                value = item.get(cells)
                if (value is not None or item.clears) and entry.values.get(item.name, further) != value:
                    further[item.name] = value
            for name, alias in self.updating_references:
                parent = made.get(alias)
                if parent is not None and entry.parents.get(name) is not parent:
                    further[name] = parent
        for item in entry.open:
            value = item.get(cells)
            if value is not None:
                further[item.name] = value
        return further

    def settle(self, index: int, entry: Entry, further: dict[str, Any] | None) -> None:
        """The row holds: keep what it said."""
        if further is None:
            if entry.key:
                self.seen[entry.key] = entry
            self.entries.append(entry)
            return
        entry.rows.append(index)
        if further:
            for name, value in further.items():
                if isinstance(value, Entry):
                    entry.parents[name] = value
                else:
                    entry.values[name] = value
            entry.open = tuple(item for item in entry.open if item.name not in further)
            entry.touched.append(index)
