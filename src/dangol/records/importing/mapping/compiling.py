"""A mapping and a header become closures: columns looked up once, values converted once per distinct text."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from dangol.records import registry
from dangol.records.fields import Field, FieldError, Locale, Ref
from dangol.records.importing.errors import CellProblem, MappingProblem
from dangol.records.importing.mapping.cells import (
    REMEMBERED,
    SHOWN,
    CellBinder,
    Cells,
    Counted,
    Getter,
    Remembering,
)
from dangol.records.importing.mapping.compiled import CompiledField, CompiledMapping, CompiledRecord
from dangol.records.importing.mapping.spec import (
    NUMBER,
    Cell,
    Constant,
    FieldPlan,
    FromRecord,
    Mapping,
    Ordinal,
    Plain,
    RecordPlan,
)


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
    pointed_at = {
        item.expression.alias
        for plan in mapping.records
        for item in plan.fields
        if isinstance(item.expression, FromRecord)
    }
    records = tuple(
        replace(record, alone=_is_alone(plan, pointed_at))
        for plan, record in ((plan, binder.record(plan)) for plan in mapping.records)
    )
    counted = tuple(binder.counted(ordinal) for ordinal in mapping.ordinals)
    columns = ordinal_columns(len(counted))
    given = tuple(list(header).index(name) if name in header else None for name in columns)
    return CompiledMapping(mapping, records, counted, given)


def ordinal_columns(count: int) -> list[str]:
    """The columns of a rejects file that carry ordinals, so that a corrected row keeps its place."""
    return ["dangol:ordinal" if slot == 0 else f"dangol:ordinal:{slot + 1}" for slot in range(count)]


def _is_alone(plan: RecordPlan, pointed_at: Collection[str]) -> bool:
    """Whether a further row with the same key is a repetition, and not a further line of the same document."""
    counts = any(isinstance(item.expression, Ordinal) for item in plan.fields if item.name in plan.key)
    return plan.repeated != "update" or (plan.alias not in pointed_at and not counts)


class _Binder(CellBinder):
    """Binds whole records: their fields as the field kinds read them, references and ordinals."""

    def __init__(self, header: Sequence[str], locale: Locale) -> None:
        super().__init__(header)
        self.locale = locale

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
            repeated=plan.repeated,
            similar=plan.similar,
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
                return Remembering(self.position(expression), _straight(field, locale, column))
            convert = self.conversion(expression)
            optional = expression.optional

            def value_of(text: str) -> Any:
                value = parse(_named(convert, text, field.name), column, text)
                return replace(value, optional=True) if optional and isinstance(value, Ref) else value

            return Remembering(self.position(expression), value_of)
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
    # A kind that reads emptiness or lists its own way is asked in whole.
    convert = field.convert if type(field).parse is Field.parse else field.parse

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
