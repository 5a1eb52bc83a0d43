"""What the mapping page shows: the file as it was read, and for each record a line for every column."""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.records import registry
from dangol.records.fields import Date, DateTime, Field, Reference
from dangol.records.importing.choices import COUNTED, WITHIN, Choices, Part, key_choices, linkable
from dangol.records.importing.errors import Text
from dangol.records.importing.guessing import ColumnChoice, ColumnGuess, Guess, Question, guess
from dangol.records.importing.preview import clean
from dangol.records.importing.readers import SourceDescription
from dangol.records.types import RecordType

SAMPLES = 3
SAMPLE_LENGTH = 60
DOUBTFUL = 0.75
"""Below this confidence a guess is marked, to be looked at."""
FOUND_BY = "@"
"""Joins a reference and the field its record is found by: `customer@external_id`."""

WHY: dict[str, Text] = {
    "name": gettext_lazy("Same name"),
    "synonym": gettext_lazy("Similar name"),
    "memory": gettext_lazy("As last time"),
    "content": gettext_lazy("By its values"),
}
ORDERS: tuple[tuple[str, Text], ...] = (
    ("ymd", gettext_lazy("year, month, day")),
    ("mdy", gettext_lazy("month, day, year")),
    ("dmy", gettext_lazy("day, month, year")),
)
MARKS: tuple[tuple[str, Text], ...] = ((".", gettext_lazy("point: 1,234.5")), (",", gettext_lazy("comma: 1.234,5")))

Options = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Line:
    """One column of the file within one record: where it goes, what must be said about it, and why it goes there."""

    place: int
    column: str
    samples: list[str]
    value: str
    asks_make: bool
    make: bool
    question: Question | None
    setting: str
    setting_value: str
    setting_choices: Options
    why: Text
    doubtful: bool


@dataclass(frozen=True, slots=True)
class Link:
    """A reference that may point at a record of the same row."""

    name: str
    label: str
    value: int | None
    choices: list[tuple[int, str]]


@dataclass(slots=True)
class Block:
    """One record made of each row, as the page shows it."""

    place: int
    part: Part
    lines: list[Line]
    groups: list[tuple[Text, Options]]
    keys: Options
    links: list[Link]
    missing: list[Field] = field(default_factory=list)
    unused: int = 0

    @property
    def record_type(self) -> RecordType:
        return self.part.record_type

    @property
    def open_questions(self) -> list[Line]:
        return [line for line in self.lines if line.question and not line.setting_value]


def target_groups(record_type: RecordType) -> list[tuple[Text, Options]]:
    """Where a column of this record type may go: required fields, usual ones, and references by what finds them."""
    required: Options = []
    usual: Options = []
    references: Options = []
    for known in record_type.editable_fields.values():
        if isinstance(known, Reference):
            references += _ways(known)
        elif known.required:
            required.append((known.name, str(known.label)))
        else:
            usual.append((known.name, str(known.label)))
    groups: list[tuple[Text, Options]] = [
        (_("Required"), required),
        (_("Usual"), usual),
        (_("References"), references),
    ]
    return [group for group in groups if group[1]]


def _ways(reference: Reference) -> Options:
    """A reference once for each field that its record can be found by."""
    target = registry.find(reference.target) if reference.target else None
    if target is None:
        return [(reference.name, str(reference.label))]
    names = dict.fromkeys([*target.keys, target.title])
    return [
        (
            f"{reference.name}{FOUND_BY}{name}",
            _("%(reference)s, found by %(field)s")
            % {"reference": reference.label, "field": target.fields[name].label},
        )
        for name in names
        if name in target.fields
    ]


def value_of(choice: ColumnChoice | ColumnGuess) -> str:
    """What the page's select holds for a choice."""
    return f"{choice.field}{FOUND_BY}{choice.lookup}" if choice.lookup else choice.field


def sample_rows(description: SourceDescription) -> list[list[str]]:
    return [row.cells for row in description.sample if row.problem is None]


def guessed(record_type: RecordType, description: SourceDescription) -> Guess:
    """What the columns look like, before anybody chose. As many queries as `guess` needs."""
    return guess(record_type, description.header, sample_rows(description), source=description.options)


def guessed_part(record_type: RecordType, description: SourceDescription) -> Part:
    """The part that the guess suggests, with the key that the guess took."""
    found = guessed(record_type, description)
    columns = tuple(
        ColumnChoice(column=one.column, field=one.field, lookup=one.lookup) for one in found.columns if one.field
    )
    part = Part(type=record_type.name, columns=columns)
    keys = key_choices(part)
    return replace(part, key=keys[0][0]) if keys else part


def blocks(choices: Choices, description: SourceDescription) -> list[Block]:
    """The page's content, one block for each record."""
    return [_block(choices, place, description) for place in range(len(choices.parts))]


def _block(choices: Choices, place: int, description: SourceDescription) -> Block:
    part = choices.parts[place]
    record_type = part.record_type
    rows = sample_rows(description)
    reasons = {one.column: one for one in guessed(record_type, description).columns}
    asked = questions(part, description)
    chosen = {use.column: use for use in part.columns}
    lines = []
    for at, column in enumerate(description.header):
        use = chosen.get(column, ColumnChoice(column=column, field=""))
        lines.append(_line(at, use, record_type, rows, asked.get(column), reasons.get(column)))
    given = {use.field for use in part.columns} | set(part.links)
    if WITHIN in part.key:
        given.add(COUNTED)
    missing = [
        known
        for known in record_type.editable_fields.values()
        if known.required and known.name not in given and known.default is None
    ]
    return Block(
        place=place,
        part=part,
        lines=lines,
        groups=target_groups(record_type),
        keys=key_choices(part),
        links=_links(choices, place),
        missing=missing if part.missing == "create" else [],
        unused=sum(not line.value for line in lines),
    )


def _line(
    at: int,
    use: ColumnChoice,
    record_type: RecordType,
    rows: Sequence[Sequence[str]],
    question: Question | None,
    reason: ColumnGuess | None,
) -> Line:
    known = record_type.fields.get(use.field)
    samples = dict.fromkeys(clean(row[at].strip())[:SAMPLE_LENGTH] for row in rows if at < len(row) and row[at].strip())
    setting, value, said = "", "", []
    if isinstance(known, Date | DateTime) and (question or use.order):
        setting, value, said = "order", use.order, [(code, str(label)) for code, label in ORDERS]
    elif known is not None and known.numeric and (question or use.mark):
        setting, value, said = "mark", use.mark, [(code, str(label)) for code, label in MARKS]
    if question is not None:
        said = [(code, str(label)) for code, label in question.choices]
    agrees = reason is not None and bool(reason.field) and value_of(reason) == value_of(use)
    target = registry.find(known.target) if isinstance(known, Reference) and known.target else None
    return Line(
        place=at,
        column=use.column,
        samples=list(samples)[:SAMPLES],
        value=value_of(use) if use.field else "",
        asks_make=target is not None and bool(use.lookup),
        make=use.make,
        question=question,
        setting=setting if said else "",
        setting_value=value,
        setting_choices=said,
        why=WHY.get(reason.why, "") if reason is not None and agrees else "",
        doubtful=bool(agrees and reason is not None and reason.confidence < DOUBTFUL),
    )


def _links(choices: Choices, place: int) -> list[Link]:
    part = choices.parts[place]
    return [
        Link(
            name=name,
            label=str(part.record_type.fields[name].label),
            value=part.links.get(name),
            choices=[(at, part_label(choices, at)) for at in places],
        )
        for name, places in linkable(choices.parts, place).items()
    ]


def part_label(choices: Choices, place: int) -> str:
    """A part by its record type; numbered where there are several of that type."""
    part = choices.parts[place]
    same = [at for at, other in enumerate(choices.parts) if other.type == part.type]
    label = str(part.record_type.label)
    return f"{label} {same.index(place) + 1}" if len(same) > 1 else label


def questions(part: Part, description: SourceDescription) -> dict[str, Question]:
    """What must be answered before the chosen columns can be read, by column.

    The guess is asked with the columns named as the fields they were given to, so that it asks about the person's
    choices and not about its own.
    """
    chosen = {use.column: use for use in part.columns}
    names = [chosen[column].field if column in chosen else "" for column in description.header]
    if not any(names):
        return {}
    asked = guess(part.record_type, names, sample_rows(description), source=description.options).questions
    columns = {use.field: use.column for use in part.columns}
    return {columns[one.column]: replace(one, column=columns[one.column]) for one in asked if one.column in columns}


def source_choices(description: SourceDescription) -> dict[str, Options]:
    """What may be changed about how the file is read."""
    text = description.options.format in (None, "delimited", "blanks", "fixed")
    found: dict[str, Options] = {
        "header": [
            ("1", _("1 row")),
            ("2", _("2 rows, joined")),
            ("0", _("none")),
        ]
    }
    if text:
        found["encoding"] = [
            ("utf-8", "UTF-8"),
            ("cp949", _("Korean (CP949, Excel)")),
            ("utf-16-le", "UTF-16"),
            ("cp1252", _("Western (Windows-1252)")),
        ]
        found["delimiter"] = [
            (",", _("comma")),
            (";", _("semicolon")),
            ("\t", _("tab")),
            ("|", _("vertical bar")),
        ]
    if len(description.sheets) > 1:
        found["sheet"] = [(name, name) for name in description.sheets]
    if len(description.members) > 1:
        found["member"] = [(name, name) for name in description.members]
    return found


SOURCE_LABELS: AnyMapping[str, Text] = {
    "header": gettext_lazy("Header rows"),
    "encoding": gettext_lazy("Characters"),
    "delimiter": gettext_lazy("Between columns"),
    "sheet": gettext_lazy("Sheet"),
    "member": gettext_lazy("File in the archive"),
}


def source_lines(choices: Choices, description: SourceDescription) -> list[dict[str, Any]]:
    """The settings of the file with what was found and what was said."""
    lines = []
    for name, options in source_choices(description).items():
        said = getattr(choices.source, name)
        found = getattr(description.options, name)
        labels = dict(options)
        shown = labels.get(str(found), "" if found is None else str(found))
        lines.append(
            {
                "name": name,
                "label": SOURCE_LABELS[name],
                "value": "" if said is None else str(said),
                "found": shown,
                "choices": options,
            }
        )
    return lines
