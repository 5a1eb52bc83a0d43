"""What a file's columns mean: by name, by earlier files, by what stands in them."""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from dangol.identity.actors import Actor
from dangol.records.fields import Field, Reference
from dangol.records.importing.guessing.assignment import assign
from dangol.records.importing.guessing.choices import ColumnChoice, style_of
from dangol.records.importing.guessing.columns import Column, columns_of, ideas_by_content
from dangol.records.importing.guessing.memory import LONGEST, remembered
from dangol.records.importing.guessing.names import Idea, ideas
from dangol.records.importing.guessing.pointing import BY_ID, best_lookup, share_known
from dangol.records.importing.guessing.styles import Fit, Question, fit, share_read
from dangol.records.importing.mapping.cells import folded
from dangol.records.importing.mapping.making import lookups_of
from dangol.records.importing.mapping.reading import read_mapping
from dangol.records.importing.mapping.sources import source_json
from dangol.records.importing.mapping.spec import Mapping
from dangol.records.importing.readers.base import SourceOptions
from dangol.records.types import RecordType

BY_MEMORY = 1.2
LEAST = 0.2
"""A field worth less than this to a column is not proposed."""

Memory = AnyMapping[tuple[str, str], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class ColumnGuess:
    """Where a column probably goes. `field` is empty when it is left out; `why`: name, synonym, memory, content or ""."""

    column: str
    field: str
    lookup: str
    transforms: list[Any]
    why: str
    confidence: float
    samples: list[str]
    make: bool = False


@dataclass(frozen=True, slots=True)
class Guess:
    """What was made of a file. `mapping` is None when no column is understood.

    While a question is open, the column it is about is left out of the mapping. `missing` are required fields that
    no column gives.
    """

    mapping: Mapping | None
    columns: list[ColumnGuess]
    questions: list[Question]
    missing: list[Field]

    @property
    def choices(self) -> list[ColumnChoice]:
        """Every column with where it goes, for a person to change and `build` to make a mapping of."""
        found = []
        for item in self.columns:
            order, mark = style_of(item.transforms) or ("", "")
            found.append(ColumnChoice(item.column, item.field, item.lookup, item.make, order, mark))
        return found

    @property
    def unused(self) -> list[str]:
        return [guess.column for guess in self.columns if not guess.field]


@dataclass(frozen=True, slots=True)
class _Match:
    """A field for a column, with how its values are read; `worth` decides who gets the field."""

    idea: Idea
    lookup: str
    fit: Fit
    worth: float
    make: bool = False


def guess(
    record_type: RecordType,
    header: Sequence[str],
    sample: Sequence[Sequence[str]],
    *,
    source: SourceOptions | None = None,
    answers: AnyMapping[str, str] | None = None,
    actor: Actor | None = None,
) -> Guess:
    """Understand a file that holds records of one type.

    Args:
        sample: the cells of its first rows.
        source: how it is read; goes into the mapping.
        answers: column → answer to its question ("dmy", ",").
        actor: in whose eyes references are tried out against the records there are; None: they are not tried.

    One query for earlier files; with an actor, one or two for each reference.
    """
    answers = answers or {}
    columns = columns_of(header, sample)
    memory = remembered([record_type.name], header)
    matches = [_matches(record_type, column, answers, memory, actor) for column in columns]
    chosen = assign([{name: match.worth for name, match in found.items()} for found in matches])
    guesses, questions, values = [], [], {}
    for column, found, name in zip(columns, matches, chosen, strict=True):
        if name is None:
            guesses.append(ColumnGuess(column.name, "", "", [], "", 0.0, column.samples))
            continue
        match = found[name]
        guesses.append(
            ColumnGuess(
                column=column.name,
                field=name,
                lookup=match.lookup,
                transforms=match.fit.transforms,
                why=match.idea.why,
                confidence=round(min(match.worth, 1.0), 2),
                samples=column.samples,
                make=match.make,
            )
        )
        if match.fit.question is None:
            values[name] = _value(guesses[-1])
        else:
            questions.append(match.fit.question)
    taken = {item.field for item in guesses}
    missing = [
        known for known in record_type.editable_fields.values() if known.required and known.name not in taken
    ]
    return Guess(_mapping(record_type, values, source), guesses, questions, missing)


def _mapping(
    record_type: RecordType, values: dict[str, dict[str, Any]], source: SourceOptions | None
) -> Mapping | None:
    if not values:
        return None
    record = {"type": record_type.name, "key": key_of(record_type, values), "fields": values}
    data: dict[str, Any] = {"name": f"auto:{record_type.name}", "records": [record]}
    if said := source_json(source):
        data["source"] = said
    return read_mapping(data)


def key_of(record_type: RecordType, names: Sequence[str] | AnyMapping[str, Any]) -> list[str]:
    """The field among these by which a record is known: the first key, or else the first unique field."""
    unique = [known.name for known in record_type.editable_fields.values() if known.unique]
    return [name for name in (*record_type.keys, *unique) if name in names][:1]


def _value(guessed: ColumnGuess) -> dict[str, Any]:
    value: dict[str, Any] = {"column": guessed.column}
    if guessed.transforms:
        value["transform"] = guessed.transforms
    if guessed.lookup:
        value["lookup"] = guessed.lookup
    if guessed.make:
        value["make"] = True
    return value


def _matches(
    record_type: RecordType,
    column: Column,
    answers: AnyMapping[str, str],
    memory: Memory,
    actor: Actor | None,
) -> dict[str, _Match]:
    """The fields a column may go to, each in its best way."""
    if not column.usable:
        return {}
    answer = answers.get(column.name, "")
    use = memory.get((record_type.name, folded(column.name)[:LONGEST]))
    if use is not None:
        return {use["field"]: _remembered(record_type, column, use, answer)} if use else {}
    found: dict[str, _Match] = {}
    thoughts = ideas(record_type, column.name) or ideas_by_content(record_type, column)
    for idea in thoughts:
        match = _match(record_type.editable_fields[idea.field], column, idea, answer, actor)
        if match.worth >= LEAST and (idea.field not in found or found[idea.field].worth < match.worth):
            found[idea.field] = match
    return found


def _match(target: Field, column: Column, idea: Idea, answer: str, actor: Actor | None) -> _Match:
    fits = fit(target, column.name, column.values, answer)
    worth = idea.score * (0.4 + 0.6 * fits.share) if fits.share else 0.0
    lookup = idea.lookup or ""
    if isinstance(target, Reference):
        lookup = best_lookup(target, column.values, actor) if idea.lookup is None else lookup
        if lookup not in lookups_of(target) and not (idea.lookup is None and lookup == BY_ID):
            worth = 0.0
        elif target.person and idea.why == "synonym" and actor is None:
            worth = 0.0  # whoever is named so may be theirs or ours; only the names tell
        elif actor is not None and column.values:
            known = share_known(target, lookup, column.values, actor)
            # Nobody knows these: still the best there is where a reference is required.
            worth *= 0.5 + 0.5 * known if known or target.required else 0.0
    return _Match(idea, lookup, fits, worth)


def _remembered(record_type: RecordType, column: Column, use: dict[str, Any], answer: str) -> _Match:
    """As last time; when the values are written in another way now, they are looked at anew."""
    target = record_type.editable_fields[use["field"]]
    steps = use.get("transform") or []
    steps = steps if isinstance(steps, list) else [steps]
    fresh = fit(target, column.name, column.values, answer)
    share = share_read(target, steps, column.values) if not isinstance(target, Reference) else 1.0
    if not answer and steps and share and share >= fresh.share:
        fresh = Fit(steps, share=share)
    lookup = str(use.get("lookup", ""))
    if isinstance(target, Reference) and lookup and lookup not in lookups_of(target):
        lookup = ""
    idea = Idea(target.name, lookup, "memory", BY_MEMORY)
    return _Match(idea, lookup, fresh, BY_MEMORY * (0.4 + 0.6 * fresh.share), bool(use.get("make")))


def likely_types(
    header: Sequence[str], sample: Sequence[Sequence[str]], types: Sequence[RecordType]
) -> list[tuple[RecordType, float]]:
    """Which of these record types a file holds, the likeliest first, each with its likelihood between 0 and 1.

    One query. Types that no column speaks for are left out.
    """
    columns = columns_of(header, sample)
    columns = [replace(column, values=column.values[:20]) for column in columns]
    memory = remembered([known.name for known in types], header)
    usable = sum(column.usable for column in columns)
    found = []
    for known in types:
        matches = [_matches(known, column, {}, memory, None) for column in columns]
        chosen = assign([{name: match.worth for name, match in item.items()} for item in matches])
        taken = {name for name in chosen if name}
        worth = sum(min(matches[i][name].worth, 1.0) for i, name in enumerate(chosen) if name)
        lacking = sum(
            1 for field_ in known.editable_fields.values() if field_.required and field_.name not in taken
        )
        if worth:
            found.append((known, round(worth / usable * 0.5**lacking, 3)))
    return sorted(found, key=lambda item: -item[1])
