"""Field names and labels → fields. Of what was typed only names that a record type declares reach the ORM."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any as Anything

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from dangol.records import fieldrules, registry
from dangol.records.filters.messages import FilterError, Wanted, did_you_mean, nearest, normalise, quoted
from dangol.records.filters.tree import MAX_WALKS, NEGATIVE, Path

if TYPE_CHECKING:
    from dangol.records.fields import Field
    from dangol.records.types import RecordType, Relation


@dataclass(frozen=True, slots=True)
class Part:
    """One name of a dotted path as it was written, with its place."""

    text: str
    position: int = 0
    length: int = 1


@dataclass(frozen=True, slots=True)
class Resolved:
    """Where a path leads: to a `field` or a `relation` of `record_type`; `path` holds declared names only."""

    path: Path
    record_type: RecordType
    field: Field | None = None
    relation: Relation | None = None


def resolve(
    parts: Sequence[Part], record_type: RecordType, walks: int = 0, *, many: bool = False
) -> Resolved:
    """Follow `parts` from `record_type`. Dotted names (`rfm.segment`) win over walking; labels are aliases.

    `walks` counts references and relations walked before. With `many` the last part is a relation, also where a
    field (such as a total) has the same name. Raises FilterError at the part that leads nowhere.
    """
    path: list[str] = []
    at = 0
    while True:
        field, used = (None, 0) if many and at == len(parts) - 1 else _field_at(parts, at, record_type)
        if field is None:
            relation = _find(parts[at], getattr(record_type, "relations", {}), record_type, "relations")
            if relation is not None and at == len(parts) - 1:
                _check_walks(walks + 1, parts[at])
                return Resolved((*path, relation.name), record_type, relation=relation)
            raise _unknown(parts[at], record_type, relation is not None)
        path.append(field.name)
        at += used
        if at == len(parts):
            return Resolved(tuple(path), record_type, field=field)
        target = target_of(field)
        if target is None:
            raise FilterError(
                _("“%(field)s” is not a reference: there is nothing behind the dot.")
                % {"field": field.label},
                code="not_a_reference",
                position=parts[at].position,
                length=parts[at].length,
            )
        walks += 1
        _check_walks(walks, parts[at])
        record_type = fieldrules.akin(record_type, target)


def target_of(field: Field) -> RecordType | None:
    """The record type that a reference leads to, or None where there is nothing to walk into."""
    name = getattr(field, "target", None)
    return record_type_named(name) if field.kind == "reference" and name else None


def record_type_named(name: str) -> RecordType | None:
    """The registered record type, or None."""
    try:
        return registry.get(name)
    except LookupError:
        return None


def allowed_operators(field: Field) -> list[str]:
    """The operators that `field` takes; a complement comes with its operator."""
    declared = list(field.operators)
    return declared + [op for op, base in NEGATIVE.items() if base in declared and op not in declared]


def field_names(record_type: RecordType) -> Iterator[tuple[str, str]]:
    """Name and label (in the active language) of everything that can stand at the start of a condition."""
    for fields in (record_type.fields, getattr(record_type, "relations", {})):
        for name, field in fields.items():
            yield name, str(field.label)


def _field_at(parts: Sequence[Part], at: int, record_type: RecordType) -> tuple[Anything, int]:
    fields: Mapping[str, Anything] = record_type.fields
    for end in range(len(parts), at + 1, -1):
        name = ".".join(part.text for part in parts[at:end])
        field = fields.get(name) or fields.get(name.casefold())
        if field is not None:
            return field, end - at
    return _find(parts[at], fields, record_type, "fields"), 1


def _find(part: Part, items: Mapping[str, Anything], record_type: RecordType, kind: str) -> Anything | None:
    found = items.get(part.text) or items.get(part.text.casefold())
    if found is not None or not items:
        return found
    names = _labels(record_type, items, kind).get(normalise(part.text), ())
    if len(names) > 1:
        raise FilterError(
            _("Several fields are called “%(label)s”. Use the name: %(names)s.")
            % {"label": quoted(part.text), "names": ", ".join(names)},
            code="ambiguous",
            position=part.position,
            length=part.length,
            expected=names,
        )
    return items[names[0]] if names else None


_label_tables: dict[tuple[str, str, bool], tuple[tuple[str, ...], int, dict[str, tuple[str, ...]]]] = {}


def _labels(record_type: RecordType, items: Mapping[str, Anything], kind: str) -> dict[str, tuple[str, ...]]:
    """Normalised labels of all languages → names. Kept until the record type gains or loses a field, or calls one anew."""
    names, edition = tuple(items), getattr(record_type, "edition", 0)
    # A type with hidden fields has a table beside the whole one, so that the two do not drive each other out.
    key = (record_type.name, kind, getattr(record_type, "rules", None) is not None)
    cached = _label_tables.get(key)
    if cached is not None and cached[0] == names and cached[1] == edition:
        return cached[2]
    table: dict[str, tuple[str, ...]] = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            for name, item in items.items():
                label = normalise(str(item.label))
                if label and name not in table.get(label, ()):
                    table[label] = (*table.get(label, ()), name)
    _label_tables[key] = (names, edition, table)
    return table


def _all_labels(record_type: RecordType) -> Iterator[str]:
    for language, _label in settings.LANGUAGES:
        with translation.override(language):
            yield from [label for _name, label in field_names(record_type)]


def _check_walks(walks: int, part: Part) -> None:
    if walks > MAX_WALKS:
        raise FilterError(
            _("A condition can reach over at most %(limit)s records.") % {"limit": MAX_WALKS},
            code="too_deep",
            position=part.position,
            length=part.length,
        )


def _unknown(part: Part, record_type: RecordType, is_relation: bool) -> FilterError:
    if is_relation:
        return FilterError(
            _("“%(name)s” are many records: write %(name)s.any(…), .all(…), .none(…) or .count.")
            % {"name": quoted(part.text)},
            code="relation",
            position=part.position,
            length=part.length,
            expected=[f"{part.text}.{word}" for word in ("any", "all", "none", "count")],
        )
    names = [name for name, _label in field_names(record_type)]
    close = nearest(part.text, [*names, *_all_labels(record_type)])
    return FilterError(
        _("%(type)s has no field “%(name)s”.") % {"type": record_type.label, "name": quoted(part.text)}
        + did_you_mean(close),
        code="unknown_field",
        position=part.position,
        length=part.length,
        expected=close or names,
        wanted=Wanted("field", record_type),
    )
