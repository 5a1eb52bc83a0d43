"""What a person chose on the mapping page: kept with the run, and made into a mapping."""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.records import registry
from dangol.records.fields import Reference
from dangol.records.importing import runs
from dangol.records.importing.errors import ImportProblem
from dangol.records.importing.guessing import ColumnChoice, record_of
from dangol.records.importing.mapping import Mapping, read_mapping
from dangol.records.importing.mapping.sources import source_json
from dangol.records.importing.readers import SourceOptions
from dangol.records.models import ImportRun
from dangol.records.types import RecordType

CHOSEN = "chosen:"
"""Begins the name of every mapping that was made on the page."""
WITHIN = "+"
"""Joins a key of two fields: `order+ordinal` is the place of a line within its order."""
COUNTED = "ordinal"
"""The field that counts records within the one they belong to."""


@dataclass(frozen=True, slots=True)
class Part:
    """One record made of each row.

    `columns` holds a choice for each column that is used. `links` are the references that point at the record
    which another part makes of the same row: field name → place of that part.
    """

    type: str
    columns: tuple[ColumnChoice, ...] = ()
    key: str = ""
    existing: str = "update"
    missing: str = "create"
    repeated: str = "update"
    similar: str = "ignore"
    links: AnyMapping[str, int] = field(default_factory=dict)

    @property
    def record_type(self) -> RecordType:
        return registry.get(self.type)

    def column_of(self, name: str) -> str:
        """The column that gives a field its value, if any."""
        return next((choice.column for choice in self.columns if choice.field == name), "")


@dataclass(frozen=True, slots=True)
class Choices:
    """Everything chosen for one file. `source` holds only what a person said; the rest is found in the file."""

    source: SourceOptions = field(default_factory=SourceOptions)
    parts: tuple[Part, ...] = ()

    def to_json(self) -> dict[str, Any]:
        said = {name: value for name, value in asdict(self.source).items() if value is not None}
        parts = [
            {**asdict(part), "columns": [asdict(choice) for choice in part.columns]} for part in self.parts
        ]
        return {"source": said, "parts": parts}


def choices_from_json(data: AnyMapping[str, Any]) -> Choices | None:
    """The choices kept with a run; None where there are none, or a record type has gone since."""
    parts = data.get("parts") or []
    if not parts or any(registry.find(part["type"]) is None for part in parts):
        return None
    made = [{**part, "columns": tuple(ColumnChoice(**use) for use in part["columns"])} for part in parts]
    source = dict(data.get("source") or {})
    if source.get("widths") is not None:
        source["widths"] = tuple(source["widths"])
    return Choices(SourceOptions(**source), tuple(Part(**part) for part in made))


def linkable(parts: Sequence[Part], place: int) -> dict[str, list[int]]:
    """The references of a part that may point at a record of the same row, with the parts they may point at."""
    found: dict[str, list[int]] = {}
    for name, known in parts[place].record_type.editable_fields.items():
        if isinstance(known, Reference):
            places = [at for at, other in enumerate(parts) if at != place and other.type == known.target]
            if places:
                found[name] = places
    return found


def key_choices(part: Part) -> list[tuple[str, str]]:
    """By which fields a part's records can be known, as value and label."""
    known = part.record_type.fields
    found = [(name, str(known[name].label)) for name in part.record_type.keys if part.column_of(name)]
    if COUNTED in part.record_type.editable_fields:
        for name in part.links:
            label = _("Place within: %(field)s") % {"field": known[name].label}
            found.append((f"{name}{WITHIN}{COUNTED}", label))
    return found


def linked_first(parts: Sequence[Part]) -> list[int]:
    """The places of the parts in an order in which each comes after those it points at.

    Raises:
        ImportProblem: they point at each other in a circle.
    """
    done: list[int] = []
    while len(done) < len(parts):
        ready = [
            at
            for at, part in enumerate(parts)
            if at not in done and all(target in done for target in part.links.values())
        ]
        if not ready:
            raise ImportProblem(_("The records point at each other in a circle. Take one of the links away."))
        done += ready
    return done


def mapping_data(choices: Choices, source: SourceOptions | None) -> dict[str, Any]:
    """The JSON of the mapping that carries the choices out.

    Args:
        source: how the file is read, as `describe` decided.

    Raises:
        ImportProblem: the records point at each other in a circle, or a field has two columns.
    """
    records = []
    for place in linked_first(choices.parts):
        part = choices.parts[place]
        _refuse_double(part)
        record = record_of(
            part.record_type,
            [use for use in part.columns if use.field not in part.links],
            key=part.key.split(WITHIN) if part.key else [],
            existing=part.existing if part.key else "update",
            missing=part.missing if part.key else "create",
            repeated=part.repeated if part.key else "update",
            similar=part.similar,
            alias=_alias(place, choices),
            links={name: _alias(target, choices) for name, target in part.links.items()},
        )
        if WITHIN in part.key and COUNTED not in record["fields"]:
            belongs = part.key.split(WITHIN)[0]
            record["fields"][COUNTED] = {"ordinal": _key_columns(choices.parts[part.links[belongs]])}
        records.append(record)
    data: dict[str, Any] = {"name": f"{CHOSEN}{choices.parts[0].type}", "records": records}
    if said := source_json(source):
        data["source"] = said
    return data


def _refuse_double(part: Part) -> None:
    taken: dict[str, str] = {}
    for choice in part.columns:
        if choice.field in taken:
            raise ImportProblem(
                _("“%(field)s” takes one column only; now both %(first)s and %(second)s go there.")
                % {
                    "field": part.record_type.fields[choice.field].label,
                    "first": taken[choice.field],
                    "second": choice.column,
                }
            )
        taken[choice.field] = choice.column


def _key_columns(part: Part) -> list[str]:
    column = part.column_of(part.key)
    if not column:
        raise ImportProblem(
            _("%(type)s need a key, so that what belongs to one of them can be counted.")
            % {"type": part.record_type.label_plural}
        )
    return [column]


def _alias(place: int, choices: Choices) -> str:
    """The part's type; from the second of a type on, with a number."""
    name = choices.parts[place].type
    before = sum(part.type == name for part in choices.parts[:place])
    return f"{name}{before + 1}" if before else name


def unfinished(record_type: RecordType) -> Mapping:
    """The mapping of a run whose columns nobody has looked at yet. It writes nothing and cannot be started."""
    name = f"{CHOSEN}{record_type.name}"
    return Mapping(
        name=name,
        title={},
        records=(),
        data={"name": name, "records": [{"type": record_type.name, "fields": {}}]},
    )


def is_unfinished(run: ImportRun) -> bool:
    """Whether nobody has settled yet which column goes where."""
    return run.mapping_name.startswith(CHOSEN) and not any(
        record.get("fields") for record in run.mapping.get("records", ())
    )


def run_choose(*, run: ImportRun, choices: Choices, source: SourceOptions | None, actor: Actor) -> None:
    """Settle what was chosen as the run's mapping. Raises ImportProblem."""
    mapping = read_mapping(mapping_data(choices, source))
    with transaction.atomic():
        runs.run_set_mapping(run=run, mapping=mapping, actor=actor)
        ImportRun.objects.filter(pk=run.pk).update(choices=choices.to_json())
    run.choices = choices.to_json()


def run_write_out(*, run: ImportRun, mapping: Mapping, actor: Actor) -> None:
    """Give the run a mapping that was written out or comes with the product. Raises ImportProblem."""
    with transaction.atomic():
        runs.run_set_mapping(run=run, mapping=mapping, actor=actor)
        ImportRun.objects.filter(pk=run.pk).update(choices={})
    run.choices = {}


def fitted(choices: Choices, header: Sequence[str]) -> Choices:
    """The choices without columns that the file does not have, and keys that nothing gives any more."""
    parts = []
    for part in choices.parts:
        part = replace(part, columns=tuple(use for use in part.columns if use.column in header))
        if part.key not in {value for value, _label in key_choices(part)}:
            part = replace(part, key="")
        parts.append(part)
    return replace(choices, parts=tuple(parts))


SOURCE_FIELDS = tuple(known.name for known in fields(SourceOptions))
