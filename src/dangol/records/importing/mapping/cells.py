"""What stands in the cells of a row, before a field has looked at it: columns, templates, cases, conditions."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from dangol.records.importing.errors import CellProblem, MappingProblem
from dangol.records.importing.mapping.spec import (
    Cell,
    Condition,
    Constant,
    Every,
    FirstOf,
    Not,
    Plain,
    Some,
    Template,
    Test,
)

Cells = Sequence[str]
Getter = Callable[[Cells], Any]
Check = Callable[[Cells], bool]
Counted = Callable[[Cells, Sequence[int]], Any]
"""The value of a field that counts, from the row's cells and its ordinals."""

REMEMBERED = 10_000
"""Distinct texts per column whose converted value is kept; a bound, so that memory stays flat."""
SHOWN = 200


def folded(name: str) -> str:
    """A column name without what people do not mean by it: case, composition, blanks."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


class CellBinder:
    """Binds the parts of a mapping that read cells to the places of their columns."""

    def __init__(self, header: Sequence[str]) -> None:
        self.header = list(header)

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
        return Remembering(index, convert)

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

        return Remembering(self.position(test.cell), holds)


def _first_of(cases: Sequence[tuple[Check | None, Getter]]) -> Getter:
    def choose(cells: Cells) -> Any:
        for check, get in cases:
            if check is None or check(cells):
                return get(cells)
        return None

    return choose


class Remembering:
    """Converts each distinct text of a column once, until the column turns out to hold hardly any text twice."""

    __slots__ = ("_convert", "_hits", "_index", "_misses", "_remembered")

    def __init__(self, index: int, convert: Callable[[str], Any]) -> None:
        self._index = index
        self._convert = convert
        self._remembered: dict[str, Any] | None = {}
        self._hits = self._misses = 0

    def straight(self) -> Getter:
        """This, or what does the same with less ado once nothing is remembered any more."""
        if self._remembered is not None:
            return self
        index, convert = self._index, self._convert
        return lambda cells: convert(cells[index])

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
