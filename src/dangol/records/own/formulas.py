"""Formula fields: kinds like all others, whose value is an expression that PostgreSQL evaluates wherever it is read."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Self

import structlog
from django.db.models import F, Q, TextField, Value

from dangol.records import registry
from dangol.records.expressions.building import OUTPUT, Term, behind, expression
from dangol.records.expressions.checking import Formula, read
from dangol.records.expressions.errors import FormulaError
from dangol.records.expressions.guards import UNGUARDED, Guard
from dangol.records.expressions.kinds import NUMBER, TEXT, Currency
from dangol.records.expressions.tree import inputs
from dangol.records.fields import choices, dates, numbers, text
from dangol.records.fields.base import LOOKUPS, Locale
from dangol.records.fields.own import Own

log = structlog.get_logger(__name__)


class Computed(Own):
    """What formulas and roll-ups share: shown, filtered and sorted like a column, and never written."""

    computed = True
    result: str = ""
    """The kind of value, as formulas calculate with it."""

    def __init__(self, name: str = "", **options: Any) -> None:
        fixed = {"editable": False, "required": False, "unique": False, "default": None}
        super().__init__(name, **{**options, **fixed})

    @property
    def direct(self) -> frozenset[tuple[str, str]]:
        """The fields that are read, each with its type."""
        return frozenset()

    def sources(self) -> tuple[str, ...]:
        return tuple(f"{record_type}.{name}" for record_type, name in sorted(self.direct))

    def _looked_up(self, op: str, value: Any, path: str) -> Q:
        lookup = OUTPUT[self.result].get_lookup(LOOKUPS[op])
        if lookup is None:
            raise ValueError(f"{self.name} has no operator {op!r}")
        given = list(value) if op == "in" else value
        return Q(lookup(self.expression(path), given))


class FormulaField(Computed):
    """A formula over the record's fields and those of records it refers to."""

    result = TEXT
    guard: Guard | None = None
    amount_in: Currency | None = None
    _reading: bool = False

    def __init__(self, name: str = "", *, of: str, source: str, **options: Any) -> None:
        super().__init__(name, **options)
        self.of = of
        self.source = source

    @cached_property
    def formula(self) -> Formula | None:
        """What was written; None where it names something that is gone: the field is empty then."""
        if self._reading:
            return None  # in a circle; nobody can save one
        self._reading = True
        try:
            return read(self.source, registry.get(self.of))
        except (FormulaError, LookupError) as problem:
            log.error("formula_left_out", type=self.of, field=self.name, why=str(problem))
            return None
        finally:
            self._reading = False

    @property
    def direct(self) -> frozenset[tuple[str, str]]:
        return self.formula.reads if self.formula else frozenset()

    @property
    def weight(self) -> int:
        """How many parts a statement that reads it gets."""
        return self.formula.weight if self.formula else 1

    @property
    def fixed(self) -> bool:  # type: ignore[override]
        return self.formula is not None and self.formula.fixed

    @cached_property
    def _alone(self) -> bool:
        """Whether it reads nothing that anybody who sees the record might not see."""
        return self.formula is None or all(part.fixed for part in inputs(self.formula.tree))

    def guarded(self, guard: Guard) -> Self:
        if self._alone:
            return self
        found = copy.copy(self)
        found.guard = guard
        return found

    def expression(self, path: str = "") -> Any:
        """The value. Raises TypeError for a formula that reads other records where nobody says whose eyes read."""
        if self.formula is None:
            return Value(None, output_field=OUTPUT[self.result])
        if self.guard is None and not self._alone:
            raise TypeError(f"{self.name} reads other records: it needs guarded()")
        record_type = registry.get(self.of)
        made = expression(self.formula.tree, record_type, self.guard or UNGUARDED, path)
        return self.finished(made)

    def finished(self, made: Any) -> Any:
        """The result in the form in which it is shown and compared."""
        if self.result == TEXT:
            pieces = ("(nullif(left(", "::text, 10000), '') COLLATE \"C\")")
            return Term(pieces, made, output_field=OUTPUT[TEXT])
        return made

    def typed(self, column: Any) -> Any:
        raise TypeError(f"{self.name} does not stand in a column")

    def select(self, path: str = "") -> tuple[Any, ...]:
        return (self.expression(path),)

    def value_of(self, columns: Sequence[Any]) -> Any:
        return columns[0]


class FormulaNumber(FormulaField, numbers.Number):
    """A formula that gives a number."""

    result = NUMBER

    def __init__(self, name: str = "", *, unit: str = "", **options: Any) -> None:
        super().__init__(name, **options)
        self.unit = unit

    def finished(self, made: Any) -> Any:
        return Term(("dangol_number(", f", {self.places})"), made, output_field=OUTPUT[NUMBER])

    def text(self, value: Any, locale: Locale) -> str:
        shown = super().text(value, locale)
        return shown if not shown or not self.unit else f"{shown} {self.unit}"


class FormulaMoney(FormulaField, numbers.Money):
    """A formula that gives an amount, in the currency of what it reads."""

    result = NUMBER
    finished = FormulaNumber.finished

    def select(self, path: str = "") -> tuple[Any, ...]:
        value = self.expression(path)
        found = self.amount_in
        if found is None or not found.column:
            return (value,)

        def inner(_owner: Any, at: str) -> Any:
            return F(f"{at}{found.column}")

        record_type = registry.get(self.of)
        return (value, behind(record_type, found.path, self.guard or UNGUARDED, path, inner, TextField()))

    def value_of(self, columns: Sequence[Any]) -> Any:
        if len(columns) > 1 and columns[0] is not None and columns[1]:
            return numbers.Amount(columns[0], columns[1])
        return columns[0]


class FormulaText(FormulaField, text.Text):
    """A formula that gives a text."""


class FormulaDate(FormulaField, dates.Date):
    """A formula that gives a day."""

    result = "date"


class FormulaDateTime(FormulaField, dates.DateTime):
    """A formula that gives a moment."""

    result = "datetime"


class FormulaBoolean(FormulaField, choices.Boolean):
    """A formula that says yes or no; never nothing."""

    result = "boolean"

    def __init__(self, name: str = "", **options: Any) -> None:
        super().__init__(name, **{**options, "nullable": False})

    def ordered(self) -> None:
        return None

    def is_empty(self, path: str = "") -> Q:
        return Q(pk__in=[])


KINDS: dict[str, type[FormulaField]] = {
    "number": FormulaNumber,
    "money": FormulaMoney,
    "text": FormulaText,
    "date": FormulaDate,
    "datetime": FormulaDateTime,
    "boolean": FormulaBoolean,
}
PLACES = {"number": 4, "money": 2}


def settings_of(formula: Formula, given: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of a formula: its text, the kind of its result, and how numbers are shown."""
    kept: dict[str, Any] = {"formula": formula.text, "result": formula.result}
    found = formula.kind.currency
    if found is not None:
        kept["amount_in"] = {"code": found.code, "path": list(found.path), "column": found.column}
    if formula.result in PLACES:
        places = given.get("places")
        kept["places"] = PLACES[formula.result] if places in (None, "") else places
    if formula.result == "number" and given.get("unit"):
        kept["unit"] = given["unit"]
    return kept


def field_of(
    record_type: str, name: str, settings: Mapping[str, Any], options: dict[str, Any]
) -> FormulaField:
    """The field that kept settings describe. Raises KeyError."""
    result = settings["result"]
    options = {**options, "of": record_type, "source": settings["formula"]}
    if result in PLACES:
        options.update(digits=28 + settings["places"], places=settings["places"])
    if result == "number":
        options["unit"] = settings.get("unit", "")
    amount_in = settings.get("amount_in")
    if amount_in:
        options["currency"] = amount_in["code"] or "KRW"
    field = KINDS[result](name, **options)
    if amount_in:
        field.amount_in = Currency(amount_in["code"], tuple(amount_in["path"]), amount_in["column"])
    return field
