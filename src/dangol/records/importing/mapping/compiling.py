"""A mapping and a header become closures: columns looked up once, values converted once per distinct text."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from dangol.records import registry
from dangol.records.fields import Field, FieldError, Locale, Ref
from dangol.records.importing.errors import CellProblem, MappingProblem
from dangol.records.importing.mapping.spec import (
    NUMBER,
    Cell,
    Condition,
    Constant,
    Every,
    FieldPlan,
    FirstOf,
    FromRecord,
    Mapping,
    Not,
    Ordinal,
    Plain,
    RecordPlan,
    Some,
    Template,
    Test,
)
from dangol.records.types import RecordType

Cells = Sequence[str]
Getter = Callable[[Cells], Any]
Check = Callable[[Cells], bool]
Counted = Callable[[Cells, Sequence[int]], Any]
"""The value of a field that counts, from the row's cells and its ordinals."""

REMEMBERED = 10_000
"""Distinct texts per column whose converted value is kept; a bound, so that memory stays flat."""
SHOWN = 200


@dataclass(frozen=True, slots=True)
class CompiledField:
    """A field whose value comes from the cells alone. `fallback` gives what a new record gets when there is none."""

    name: str
    field: Field
    get: Getter
    existing: str
    fallback: Getter | None
    clears: bool
    column: str


@dataclass(frozen=True, slots=True)
class CompiledRecord:
    """One record of the mapping, ready to run.

    `cells` are the fields that come from the row itself, `references` fields that name a record of the same row
    (field name, alias), `ordinals` fields that count (field name, value of the row's cells and numbers). `existing` and
    `missing` are the plan's.
    """

    alias: str
    record_type: RecordType
    key: tuple[str, ...]
    keeps: bool
    when: Check | None
    cells: tuple[CompiledField, ...]
    references: tuple[tuple[str, str], ...]
    ordinals: tuple[tuple[str, Counted], ...]
    policies: dict[str, str]
    existing: str
    missing: str

    @property
    def fills(self) -> tuple[CompiledField, ...]:
        """The fields whose value may still be missing after the first row of a record."""
        return tuple(field for field in self.cells if field.existing == "fill")


@dataclass(frozen=True, slots=True)
class CompiledMapping:
    """All records in order, and for each ordinal the function that gives the text it counts by.

    `given_ordinals` are the places of columns that carry ordinals (None: count), as rejects files have them.
    """

    mapping: Mapping
    records: tuple[CompiledRecord, ...]
    counted: tuple[Callable[[Cells], str], ...]
    given_ordinals: tuple[int | None, ...]


def compile_mapping(mapping: Mapping, header: Sequence[str], locale: Locale) -> CompiledMapping:
    """Bind a mapping to the columns of a file.

    Args:
        locale: language and time zone in which values without their own are understood.

    Raises:
        MappingProblem: a column is not in the file, or is there twice.
    """
    if mapping.time_zone:
        locale = Locale(locale.language, ZoneInfo(mapping.time_zone))
    binder = _Binder(header, locale)
    records = tuple(binder.record(plan) for plan in mapping.records)
    counted = tuple(binder.counted(ordinal) for ordinal in mapping.ordinals)
    columns = ordinal_columns(len(counted))
    given = tuple(list(header).index(name) if name in header else None for name in columns)
    return CompiledMapping(mapping, records, counted, given)


def ordinal_columns(count: int) -> list[str]:
    """The columns of a rejects file that carry ordinals, so that a corrected row keeps its place."""
    return ["dangol:ordinal" if slot == 0 else f"dangol:ordinal:{slot + 1}" for slot in range(count)]


def folded(name: str) -> str:
    """A column name without what people do not mean by it: case, composition, blanks."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


class _Binder:
    def __init__(self, header: Sequence[str], locale: Locale) -> None:
        self.header = list(header)
        self.locale = locale

    def position(self, cell: Cell) -> int:
        places = [index for index, name in enumerate(self.header) if name == cell.column]
        if not places:
            wanted = folded(cell.column)
            places = [index for index, name in enumerate(self.header) if folded(name) == wanted]
        if len(places) == 1:
            return places[0]
        if places:
            raise MappingProblem(
                cell.path, _("The file has several columns named “%(column)s”.") % {"column": cell.column}
            )
        raise MappingProblem(
            cell.path,
            _("The file has no column “%(column)s”. It has: %(columns)s.")
            % {"column": cell.column, "columns": ", ".join(name for name in self.header if name)[:500]},
        )

    # what stands in the cells, before a field has looked at it

    def raw(self, expression: Plain) -> Getter:
        match expression:
            case Cell():
                return self.cell(expression)
            case Constant(value):
                return lambda cells: value
            case Template():
                return self.template(expression)
            case FirstOf(cases):
                bound = [(self.check(when) if when else None, self.raw(plain)) for when, plain in cases]
                return _first_of(bound)

    def cell(self, cell: Cell) -> Getter:
        """The value of a column; each distinct text is converted once."""
        index = self.position(cell)
        convert = self.conversion(cell)
        if not cell.transforms and cell.default is None and not cell.lookup:
            return lambda cells: cells[index].strip() or None
        return _Remembering(index, convert)

    def conversion(self, cell: Cell) -> Callable[[str], Any]:
        """From the text of a cell to its value, through the transforms."""
        column, transforms, default, lookup = cell.column, cell.transforms, cell.default, cell.lookup

        def convert(text: str) -> Any:
            value: Any = text.strip() or None
            for transform in transforms:
                if value is None:
                    break
                try:
                    # Earlier steps may have made a number or a date of it; later steps then see its text.
                    value = transform(value if isinstance(value, str) else str(value))
                except CellProblem as problem:
                    problem.column = column
                    problem.value = text[:SHOWN]
                    raise
                if value == "":
                    value = None
            if value is None:
                value = default
            return {lookup: value} if lookup and value is not None else value

        return convert

    def template(self, template: Template) -> Getter:
        parts: list[str | Getter] = [
            part if isinstance(part, str) else self.cell(part) for part in template.parts
        ]

        def fill(cells: Cells) -> str | None:
            texts = []
            has_value = False
            for part in parts:
                if isinstance(part, str):
                    texts.append(part)
                elif (value := part(cells)) is not None:
                    has_value = True
                    texts.append(str(value))
            return "".join(texts) if has_value else None

        return fill

    def check(self, condition: Condition) -> Check:
        match condition:
            case Test():
                return self.test(condition)
            case Every(conditions):
                checks = [self.check(part) for part in conditions]
                return lambda cells: all(check(cells) for check in checks)
            case Some(conditions):
                checks = [self.check(part) for part in conditions]
                return lambda cells: any(check(cells) for check in checks)
            case Not(inner):
                check = self.check(inner)
                return lambda cells: not check(cells)

    def test(self, test: Test) -> Check:
        """A condition on one cell; its answer is remembered per text."""
        convert = self.conversion(test.cell)
        operand = test.operand

        def holds(text: str) -> bool:
            value = convert(text)
            match test.kind:
                case "filled":
                    return value is not None
                case "empty":
                    return value is None
                case "equals" | "in":
                    return value in operand
                case "starts_with":
                    return value is not None and str(value).startswith(operand)
                case "less_than":
                    try:
                        return value is not None and value < operand[0]
                    except TypeError:
                        raise CellProblem(
                            "number",
                            _("Enter a number, such as 1250 or 1,250.5."),
                            column=test.cell.column,
                            value=text[:SHOWN],
                        ) from None
            raise AssertionError(test.kind)

        return _Remembering(self.position(test.cell), holds)

    # fields

    def record(self, plan: RecordPlan) -> CompiledRecord:
        record_type = registry.get(plan.type)
        cells: list[CompiledField] = []
        references: list[tuple[str, str]] = []
        ordinals: list[tuple[str, Counted]] = []
        for item in plan.fields:
            match item.expression:
                case FromRecord(alias):
                    references.append((item.name, alias))
                case Ordinal():
                    ordinals.append((item.name, self.number(item.expression, record_type.fields[item.name])))
                case _:
                    cells.append(self.field(item, record_type.fields[item.name]))
        return CompiledRecord(
            alias=plan.alias,
            record_type=record_type,
            key=plan.key,
            keeps=all(item.existing != "update" for item in plan.fields if item.name not in plan.key),
            when=self.check(plan.when) if plan.when else None,
            cells=tuple(cells),
            references=tuple(references),
            ordinals=tuple(ordinals),
            policies={item.name: item.existing for item in plan.fields},
            existing=plan.existing,
            missing=plan.missing,
        )

    def field(self, plan: FieldPlan, field: Field) -> CompiledField:
        column = plan.expression.column if isinstance(plan.expression, Cell) else ""
        fallback = self.parsed(plan.fallback, field) if plan.fallback is not None else None
        return CompiledField(
            plan.name,
            field,
            self.parsed(plan.expression, field),  # type: ignore[arg-type]
            plan.existing,
            fallback,
            plan.clears,
            column,
        )

    def parsed(self, expression: Plain, field: Field) -> Getter:
        """The value as the field stores it; what the field refuses becomes a problem of the row."""
        locale = self.locale

        def parse(value: Any, column: str, text: str) -> Any:
            try:
                return field.parse(value, locale)
            except FieldError as error:
                raise CellProblem(
                    error.code, error.message, field=field.name, column=column, value=text[:SHOWN]
                ) from None

        if isinstance(expression, Cell):
            column = expression.column
            if not expression.transforms and expression.default is None and not expression.lookup:
                return _Remembering(self.position(expression), _straight(field, locale, column))
            convert = self.conversion(expression)
            optional = expression.optional

            def value_of(text: str) -> Any:
                value = parse(_named(convert, text, field.name), column, text)
                return replace(value, optional=True) if optional and isinstance(value, Ref) else value

            return _Remembering(self.position(expression), value_of)
        if isinstance(expression, Constant):
            try:
                constant = field.parse(expression.value, locale)
            except FieldError as error:
                raise MappingProblem(field.name, error.message) from None
            return lambda cells: constant
        get = self.raw(expression)
        remembered: dict[str, Any] = {}

        def read(cells: Cells) -> Any:
            value = get(cells)
            if not isinstance(value, str):
                return None if value is None else parse(value, "", str(value))
            if value not in remembered:
                if len(remembered) >= REMEMBERED:
                    remembered.clear()
                remembered[value] = parse(value, "", value)
            return remembered[value]

        return read

    def number(self, ordinal: Ordinal, field: Field) -> Counted:
        """The value of a field that counts: the number, or the text with the number in it."""
        slot = ordinal.slot
        if ordinal.template is None:
            return lambda cells, numbers: numbers[slot]
        fill, locale = self.template(ordinal.template), self.locale

        def text(cells: Cells, numbers: Sequence[int]) -> Any:
            filled = (fill(cells) or "").replace(NUMBER, str(numbers[slot]))
            try:
                return field.parse(filled, locale)
            except FieldError as error:
                raise CellProblem(error.code, error.message, field=field.name, value=filled[:SHOWN]) from None

        return text

    def counted(self, ordinal: Ordinal) -> Callable[[Cells], str]:
        getters = [self.cell(cell) for cell in ordinal.by]
        if len(getters) == 1:
            only = getters[0]
            return lambda cells: str(only(cells) or "")
        # Lengths keep ("ab", "c") and ("a", "bc") apart.
        return lambda cells: "".join(
            f"{len(text)}:{text}" for text in (str(get(cells) or "") for get in getters)
        )


def _straight(field: Field, locale: Locale, column: str) -> Callable[[str], Any]:
    """The value of a cell as its field reads it, without detours: this runs for most cells of most files."""
    convert = field.convert

    def read(text: str) -> Any:
        stripped = text.strip()
        if not stripped:
            return None
        try:
            return convert(stripped, locale)
        except FieldError as error:
            raise CellProblem(
                error.code, error.message, field=field.name, column=column, value=text[:SHOWN]
            ) from None

    return read


def _named(convert: Callable[[str], Any], text: str, field_name: str) -> Any:
    try:
        return convert(text)
    except CellProblem as problem:
        problem.field = field_name
        raise


def _first_of(cases: Sequence[tuple[Check | None, Getter]]) -> Getter:
    def choose(cells: Cells) -> Any:
        for check, get in cases:
            if check is None or check(cells):
                return get(cells)
        return None

    return choose


class _Remembering:
    """Converts each distinct text of a column once, until the column turns out to hold hardly any text twice."""

    __slots__ = ("_convert", "_hits", "_index", "_misses", "_remembered")

    def __init__(self, index: int, convert: Callable[[str], Any]) -> None:
        self._index = index
        self._convert = convert
        self._remembered: dict[str, Any] | None = {}
        self._hits = self._misses = 0

    def __call__(self, cells: Cells) -> Any:
        text = cells[self._index]
        remembered = self._remembered
        if remembered is None:
            return self._convert(text)
        if text in remembered:
            self._hits += 1
            return remembered[text]
        value = self._convert(text)
        self._misses += 1
        if len(remembered) >= REMEMBERED:
            remembered.clear()
            if self._hits < self._misses:
                # Numbers of customers, addresses: remembering costs more than it saves.
                self._remembered = None
                return value
        remembered[text] = value
        return value
