"""What could be typed next: completion for the filter box."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from dangol.records import fieldrules
from dangol.records.fields import Choice
from dangol.records.filters import lexer
from dangol.records.filters.canonical import value_text
from dangol.records.filters.chips import relative_text
from dangol.records.filters.messages import FilterError, Wanted, normalise
from dangol.records.filters.names import allowed_operators, target_of
from dangol.records.filters.parser import locale_of, parse
from dangol.records.filters.relative import PERSONS, UNITS, is_day
from dangol.records.filters.tree import COUNT_OPERATORS, MAX_TEXT, Relative
from dangol.records.filters.values import TEMPORAL, refers_to

if TYPE_CHECKING:
    from dangol.identity.actors import Actor
    from dangol.records.fields import Field
    from dangol.records.types import RecordType

_WORD_BEFORE = re.compile(r"\w*$")
LIMIT = 20


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Put `text` in place of the characters from `start` to `end`. `label` is what a person reads.

    `kind` is "field", "relation", "operator", "value" or "connective".
    """

    text: str
    label: str
    kind: str
    start: int
    end: int


def suggest(
    text: str, cursor: int, record_type: RecordType, actor: Actor | None = None, *, limit: int = LIMIT
) -> list[Suggestion]:
    """What fits at `cursor`, best first; nothing where the text before it is wrong. No queries."""
    record_type = fieldrules.seen_by(actor, record_type)
    head = text[: max(cursor, 0)][:MAX_TEXT]
    start, typed = _being_typed(head)
    wanted, at = _wanted(head[:start], record_type, actor)
    if wanted is None:
        return []
    if wanted.kind == "operator" and at < start:
        start, typed = at, " ".join(head[at:].split())
    needle = normalise(typed)
    ranked: list[tuple[bool, Suggestion]] = []
    for kind, insert, label in _offers(wanted, actor):
        keys = [normalise(insert.strip('"')), normalise(label)]
        if any(needle in key for key in keys):
            first = any(key.startswith(needle) for key in keys)
            ranked.append((not first, Suggestion(insert, label, kind, start, len(head))))
    ranked.sort(key=lambda pair: pair[0])
    return [suggestion for _later, suggestion in ranked[:limit]]


def _being_typed(head: str) -> tuple[int, str]:
    """Where the word before the cursor begins, and what it says so far; also inside open quotation marks."""
    try:
        lexer.tokens(head)
    except FilterError as error:
        if error.code == "unclosed":
            return error.position, head[error.position + 1 :]
    match = _WORD_BEFORE.search(head)
    start = match.start() if match else len(head)
    return start, head[start:]


def _wanted(base: str, record_type: RecordType, actor: Actor | None) -> tuple[Wanted | None, int]:
    try:
        parse(base, record_type, actor=actor)
    except FilterError as error:
        at_end = error.position >= len(base.rstrip())
        if error.wanted is not None and (at_end or error.wanted.kind in ("operator", "connective")):
            return error.wanted, error.position
        return None, 0
    if not base.strip():
        return Wanted("field", record_type), len(base)
    return (Wanted("connective"), len(base)) if base[-1:].isspace() or base.endswith(")") else (None, 0)


def _offers(wanted: Wanted, actor: Actor | None) -> Iterator[tuple[str, str, str]]:
    """Kind, text to insert and label of everything that fits."""
    match wanted.kind:
        case "field":
            if wanted.record_type is not None:
                yield from _fields(wanted.record_type, actor)
        case "operator":
            for op in COUNT_OPERATORS if wanted.field is None else allowed_operators(wanted.field):
                yield "operator", op, op
        case "value":
            if wanted.field is not None:
                yield from _values(wanted.field, actor)
        case "relation condition":
            yield "relation", "any(", _("at least one with …")
            yield "relation", "all(", _("each with …")
            yield "relation", "none(", _("none with …")
            yield "relation", "count", _("how many")
        case "connective":
            yield "connective", "and", _("and")
            yield "connective", "or", _("or")
            if wanted.open:
                yield "connective", ")", ")"


def _fields(record_type: RecordType, actor: Actor | None) -> Iterator[tuple[str, str, str]]:
    for name, field in record_type.fields.items():
        if field.needs and actor is not None and not actor.may(field.needs, "view"):
            continue
        label = str(field.label)
        yield "field", name, f"{label} ›" if target_of(field) is not None else label
    for name, relation in getattr(record_type, "relations", {}).items():
        yield "relation", f"{name}.any(", str(relation.label)


def _values(field: Field, actor: Actor | None) -> Iterator[tuple[str, str, str]]:
    if isinstance(field, Choice):
        language = locale_of(actor).language
        for code, label in field.options(language):
            yield "value", value_text(code), label
    elif field.kind == "boolean":
        yield "value", "true", _("yes")
        yield "value", "false", _("no")
    elif field.kind in TEMPORAL:
        for name in UNITS:
            if field.kind == "datetime" or is_day(name):
                yield "value", name, relative_text(Relative(name))
    elif field.kind == "reference":
        for name, types in PERSONS.items():
            if refers_to(field) in types:
                yield "value", name, relative_text(Relative(name))
