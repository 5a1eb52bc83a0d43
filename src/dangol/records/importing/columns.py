"""What the mapping page shows: the file as it was read, and for each record a line for every column."""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.identity.actors import Actor
from dangol.records import fieldrules, registry
from dangol.records.fields import Date, DateTime, Field, Reference
from dangol.records.fields.masks import Masked
from dangol.records.importing.choices import COUNTED, WITHIN, Choices, Part, key_choices, linkable
from dangol.records.importing.errors import Text
from dangol.records.importing.guessing import ColumnChoice, ColumnGuess, Guess, Question, choices_of, guess
from dangol.records.importing.guessing.choices import style_of
from dangol.records.importing.guessing.styles import Fit, fit
from dangol.records.importing.mapping import Mapping
from dangol.records.importing.mapping.making import TITLE, can_make, lookups_of
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
MARKS: tuple[tuple[str, Text], ...] = (
    (".", gettext_lazy("point: 1,234.5")),
    (",", gettext_lazy("comma: 1.234,5")),
)

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
    unread: int
    tried: int


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
            references += _ways(known, record_type)
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


def _ways(reference: Reference, record_type: RecordType) -> Options:
    """A reference once for each way in which its record can be named by whom the record type is as it is for."""
    target = registry.find(reference.target) if reference.target else None
    names = lookups_of(reference)
    if target is not None:
        target = fieldrules.akin(record_type, target)
        clear = {name for name, known in target.fields.items() if not isinstance(known, Masked)}
        names = [name for name in names if (target.title if name == TITLE else name) in clear]
    if target is not None and target.title in names:
        names.remove(TITLE)
    labels = {name: _("name") if target is None else target.title_field.label for name in (TITLE,)}
    return [
        (
            f"{reference.name}{FOUND_BY}{name}",
            _("%(reference)s, found by %(field)s")
            % {"reference": reference.label, "field": labels.get(name) or _field_label(target, name)},
        )
        for name in names
    ]


def _field_label(target: RecordType | None, name: str) -> str:
    known = target.fields.get(name) if target is not None else None
    return str(known.label) if known is not None else _("e-mail")


def value_of(choice: ColumnChoice | ColumnGuess) -> str:
    """What the page's select holds for a choice."""
    return f"{choice.field}{FOUND_BY}{choice.lookup}" if choice.lookup else choice.field


def sample_rows(description: SourceDescription) -> list[list[str]]:
    return [row.cells for row in description.sample if row.problem is None]


def guessed(record_type: RecordType, description: SourceDescription, actor: Actor) -> Guess:
    """What the columns look like in the eyes of the actor, before anybody chose. As many queries as `guess` needs."""
    return guess(
        record_type, description.header, sample_rows(description), source=description.options, actor=actor
    )


def guessed_part(record_type: RecordType, description: SourceDescription, actor: Actor) -> Part:
    """The part that the guess suggests, with the key that the guess took."""
    found = guessed(record_type, description, actor)
    columns = tuple(_suggested(one) for one in found.columns if one.field)
    part = Part(type=record_type.name, columns=columns)
    keys = key_choices(part)
    return replace(part, key=keys[0][0]) if keys else part


def _suggested(one: ColumnGuess) -> ColumnChoice:
    """A guess as a choice, with the answers that an earlier file was given."""
    order, mark = style_of(one.transforms) or ("", "")
    return ColumnChoice(one.column, one.field, one.lookup, one.make, order, mark)


def written_part(mapping: Mapping) -> Part | None:
    """A mapping that was written out as the page shows it; None where it does more than the page can say."""
    columns = choices_of(mapping)
    if columns is None:
        return None
    plan = mapping.records[0]
    return Part(
        type=plan.type,
        columns=tuple(columns),
        key=plan.key[0] if plan.key else "",
        existing=plan.existing,
        missing=plan.missing,
        repeated=plan.repeated,
        similar=plan.similar,
    )


def blocks(choices: Choices, description: SourceDescription, actor: Actor) -> list[Block]:
    """The page's content, one block for each record, with the fields that the actor may change."""
    return [_block(choices, place, description, actor) for place in range(len(choices.parts))]


def _block(choices: Choices, place: int, description: SourceDescription, actor: Actor) -> Block:
    part = choices.parts[place]
    record_type = fieldrules.seen_by(actor, part.record_type)
    values = values_by_column(description)
    reasons = {one.column: one for one in guessed(record_type, description, actor).columns}
    chosen = {use.column: use for use in part.columns}
    lines = []
    for at, column in enumerate(description.header):
        use = chosen.get(column, ColumnChoice(column=column, field=""))
        lines.append(_line(at, use, part, values[column], reasons.get(column)))
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


def _line(at: int, use: ColumnChoice, part: Part, values: Sequence[str], reason: ColumnGuess | None) -> Line:
    known = part.record_type.fields.get(use.field)
    samples = [clean(value)[:SAMPLE_LENGTH] for value in values[:SAMPLES]]
    # Asked as if nothing had been answered, so that the answer can be changed.
    question = fit_of(replace(use, order="", mark=""), part, values).question
    share = fit_of(use, part, values).share
    setting, value, said = "", "", []
    if isinstance(known, Date | DateTime) and (question or use.order):
        setting, value, said = "order", use.order, [(code, str(label)) for code, label in ORDERS]
    elif known is not None and known.numeric and (question or use.mark):
        setting, value, said = "mark", use.mark, [(code, str(label)) for code, label in MARKS]
    if question is not None:
        said = [(code, str(label)) for code, label in question.choices]
    agrees = reason is not None and bool(reason.field) and value_of(reason) == value_of(use)
    return Line(
        place=at,
        column=use.column,
        samples=samples,
        value=value_of(use) if use.field else "",
        asks_make=isinstance(known, Reference) and can_make(known, use.lookup or TITLE),
        make=use.make,
        question=question,
        setting=setting if said else "",
        setting_value=value,
        setting_choices=said,
        why=WHY.get(reason.why, "") if reason is not None and agrees else "",
        unread=0 if question and not value else len(values) - round(share * len(values)),
        tried=len(values),
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


def fit_of(use: ColumnChoice, part: Part, values: Sequence[str]) -> Fit:
    """How well a column's values go where they were sent, and what they leave open."""
    known = part.record_type.fields.get(use.field)
    return fit(known, use.column, values, use.order or use.mark) if known is not None else Fit()


def values_by_column(description: SourceDescription) -> dict[str, list[str]]:
    """The distinct values of each column in the first rows, without empty ones."""
    rows = sample_rows(description)
    return {
        column: list(dict.fromkeys(row[at].strip() for row in rows if at < len(row) and row[at].strip()))
        for at, column in enumerate(description.header)
    }


def settled(choices: Choices, description: SourceDescription) -> Choices:
    """The choices with what the values themselves say: the order of a date, the decimal mark of a number."""
    values = values_by_column(description)
    parts = [
        replace(part, columns=tuple(_settled(use, part, values.get(use.column, [])) for use in part.columns))
        for part in choices.parts
    ]
    return replace(choices, parts=tuple(parts))


def _settled(use: ColumnChoice, part: Part, values: Sequence[str]) -> ColumnChoice:
    known = part.record_type.fields.get(use.field)
    is_day = isinstance(known, Date | DateTime)
    is_number = known is not None and known.numeric
    use = replace(use, order=use.order if is_day else "", mark=use.mark if is_number else "")
    if use.order or use.mark or not (is_day or is_number):
        return use
    order, mark = style_of(fit_of(use, part, values).transforms) or ("", "")
    return replace(use, order=order, mark=mark)


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
