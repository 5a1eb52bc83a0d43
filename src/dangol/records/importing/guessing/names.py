"""Which fields a column may stand for by its name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from django.utils import translation

from dangol.records import registry
from dangol.records.fields import Field, Reference
from dangol.records.importing.guessing.synonyms import COMMON, VAGUE
from dangol.records.importing.mapping.making import TITLE
from dangol.records.types import RecordType

BY_FIELD = 0.99
"""As the program names the field, or a number of what it points at: exports put these beside a title, which may be several's."""
BY_NAME = 0.98
BY_OWN_SYNONYM = 0.93
BY_POINTED_SYNONYM = 0.9
BY_COMMON_SYNONYM = 0.86
BY_ENDING = 0.6
STEP = 0.001
"""What each further place in a list of synonyms costs: the first ones are the likelier."""
SHORTEST_ENDING = 2

_NOTE = re.compile(r"[(\[（【].*?[)\]）】]")
_NO_LETTER = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Idea:
    """A field that a column may stand for. `lookup` is how a reference is found; None: to be found out."""

    field: str
    lookup: str | None
    why: str
    score: float


@lru_cache(maxsize=4096)
def squeezed(name: str) -> str:
    """A column name down to its letters and digits: `E-Mail *` and `email` are the same."""
    return _NO_LETTER.sub("", unicodedata.normalize("NFKC", name).casefold())


def ideas(record_type: RecordType, column: str) -> list[Idea]:
    """The fields a column of that name may stand for, the likeliest first. No queries."""
    table = _table(record_type)
    whole = squeezed(column)
    bare = squeezed(_NOTE.sub("", column))
    found = [*table.get(whole, ()), *(table.get(bare, ()) if bare != whole else ())]
    if not found and bare:
        found = list(_by_ending(table, bare))
    best: dict[tuple[str, str | None], Idea] = {}
    for idea in sorted(found, key=lambda idea: -idea.score):
        best.setdefault((idea.field, idea.lookup), idea)
    return list(best.values())


def _by_ending(table: dict[str, list[Idea]], name: str) -> Iterator[Idea]:
    """`고객이메일` ends with what an e-mail is called; the longest ending counts."""
    for start in range(1, len(name) - SHORTEST_ENDING + 1):
        ending = name[start:]
        if ending in VAGUE or (ending.isascii() and len(ending) <= SHORTEST_ENDING + 1):
            continue
        if ending in table:
            for idea in table[ending]:
                if "." not in idea.field:
                    yield Idea(idea.field, idea.lookup, "synonym", BY_ENDING + (idea.score - 1) / 10)
            return


_tables: dict[str, tuple[int, dict[str, list[Idea]]]] = {}


def _table(record_type: RecordType) -> dict[str, list[Idea]]:
    """Kept until the fields of a type change: a type with hundreds of fields has thousands of names."""
    known = _tables.get(record_type.name)
    if known is None or known[0] != record_type.edition:
        known = _tables[record_type.name] = (record_type.edition, _made_table(record_type))
    return known[1]


def _made_table(record_type: RecordType) -> dict[str, list[Idea]]:
    names: dict[str, list[Idea]] = {}

    def add(name: str, field: str, lookup: str | None, why: str, score: float) -> None:
        if key := squeezed(name):
            names.setdefault(key, []).append(Idea(field, lookup, why, score))

    for field in record_type.editable_fields.values():
        is_reference = isinstance(field, Reference)
        plain = None if is_reference else ""
        for label in _labels(field):
            add(label, field.name, plain, "name", BY_NAME)
        add(field.name, field.name, plain, "name", BY_FIELD)
        for words, score in (
            (record_type.synonyms.get(field.name, ()), BY_OWN_SYNONYM),
            (COMMON.get(field.name, ()), BY_COMMON_SYNONYM),
        ):
            for place, word in enumerate(words):
                add(word, field.name, TITLE if is_reference else "", "synonym", score - place * STEP)
        if isinstance(field, Reference):
            for name, lookup, why, score in _pointed(record_type, field):
                add(name, field.name, lookup, why, score)
    return names


def _labels(field: Field) -> list[str]:
    labels = []
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            labels.append(str(field.label))
    return labels


def _pointed(record_type: RecordType, field: Reference) -> Iterator[tuple[str, str, str, float]]:
    """The names of a reference by what the record pointed at is called, or numbered."""
    target = registry.find(field.target) if field.target else None
    for name, words in record_type.synonyms.items():
        if name.startswith(f"{field.name}."):
            for place, word in enumerate(words):
                yield word, name.partition(".")[2], "synonym", BY_OWN_SYNONYM + 0.01 - place * STEP
    if target is None:
        return
    for key in target.keys:
        yield f"{field.name}.{key}", key, "name", BY_FIELD
        yield f"{field.name} {TITLE}", TITLE, "name", BY_NAME
        for label, key_label in zip(_labels(field), _labels(target.fields[key]), strict=True):
            yield f"{label} {key_label}", key, "name", BY_FIELD
    if target is record_type:
        return
    for known, lookup in ((target.title, TITLE), *((key, key) for key in target.keys)):
        better = 0.0 if lookup == TITLE else 0.01
        for place, word in enumerate(target.synonyms.get(known, ())):
            if squeezed(word) not in VAGUE:
                yield word, lookup, "synonym", BY_POINTED_SYNONYM + better - place * STEP
