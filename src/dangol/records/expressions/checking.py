"""Syntax → a tree in which every part has a kind; and what the formula needs to know about itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from dangol.records.expressions import functions_of_days, functions_of_values, kinds, parser, tree, typing
from dangol.records.expressions.errors import FormulaError
from dangol.records.expressions.functions import FUNCTIONS, MANY, NAMES
from dangol.records.expressions.kinds import Currency, Kind
from dangol.records.expressions.nodes import MAX_WALKS, MAX_WEIGHT, Call, Literal, Name, Node, names
from dangol.records.expressions.operators import OPERATORS
from dangol.records.fields import Money
from dangol.records.fields.own import Own
from dangol.records.filters.messages import FilterError, did_you_mean, nearest, quoted
from dangol.records.filters.names import resolve, target_of

if TYPE_CHECKING:
    from dangol.records.fields import Field
    from dangol.records.types import RecordType

KINDS = {
    **dict.fromkeys(("integer", "number", "money"), kinds.NUMBER),
    **dict.fromkeys(
        ("text", "long_text", "phone", "email", "url", "business_number", "reference"), kinds.TEXT
    ),
    **{name: name for name in ("date", "datetime", "boolean", "choice", "multi_choice")},
}
MAKERS = (functions_of_values, functions_of_days)
"""Their functions are known once they are imported."""
RESULTS = (kinds.NUMBER, kinds.TEXT, kinds.DATE, kinds.DATETIME, kinds.BOOLEAN)


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula that makes sense for records of one type.

    `text` is what was written, with the names of fields in place of their labels, so that it stays true when a label
    changes. `reads` names all fields that are read, each with its type, and the references on the way. `weight` counts its
    parts, with those of the formulas that it reads.
    """

    text: str
    record_type: str
    tree: tree.Checked
    reads: frozenset[tuple[str, str]]
    weight: int = 1

    @property
    def kind(self) -> Kind:
        return self.tree.kind

    @property
    def result(self) -> str:
        """The kind of field that shows it: number, money, text, date, datetime or boolean."""
        return "money" if self.kind.currency else self.kind.name

    @property
    def fixed(self) -> bool:
        """Whether the result depends on nothing but the record's own row."""
        return tree.is_fixed(self.tree)


def read(text: str, record_type: RecordType) -> Formula:
    """The formula that a text is, for records of this type. No query.

    Raises:
        FormulaError: with the place, what is wrong there, and what would be right.
    """
    syntax = parser.parse(text)
    checker = _Checker(record_type)
    checked = checker.part(syntax)
    if checked.kind.name not in RESULTS:
        raise typing.failure(
            checked,
            _("The result is of the kind “%(kind)s”; a formula gives a number, text, date or yes/no.")
            % {"kind": checked.kind.label},
            *(["label(…)"] if checked.kind.name == kinds.CHOICE else []),
        )
    if checker.weight > MAX_WEIGHT:
        raise FormulaError(
            _("With the formulas that it reads it has too many parts: at most %(limit)s.")
            % {"limit": MAX_WEIGHT},
            code="too_large",
            length=len(text),
        )
    named = checker.named(text, syntax)
    return Formula(named, record_type.name, checked, frozenset(checker.reads), checker.weight)


class _Checker:
    def __init__(self, record_type: RecordType) -> None:
        self.type = record_type
        self.reads: set[tuple[str, str]] = set()
        self.weight = 0

    def part(self, node: Node) -> tree.Checked:
        match node:
            case Literal(value, place):
                return tree.Constant(value, _kind_of(value), place)
            case Name():
                return self.field(node)
        return self.call(node)

    def call(self, node: Call) -> tree.Checked:
        self.weight += 1
        if node.name in OPERATORS:
            parts = [self.part(argument) for argument in node.arguments]
            return OPERATORS[node.name](parts, node.place)
        function = NAMES.get(node.name.casefold())
        if function is None:
            close = nearest(node.name, NAMES)
            raise typing.failure(
                replace(node.place, length=len(node.name)),
                _("There is no function “%(name)s”.") % {"name": quoted(node.name)} + did_you_mean(close),
                *(close or FUNCTIONS),
                code="unknown_function",
            )
        if not function.low <= len(node.arguments) <= function.high:
            raise typing.failure(
                node.place,
                _("%(name)s takes at least %(low)s values, as in %(example)s.")
                % {"name": function.name, "low": function.low, "example": function.shown}
                if function.high == MANY
                else _("%(name)s takes %(low)s to %(high)s values, as in %(example)s.")
                % {
                    "name": function.name,
                    "low": function.low,
                    "high": function.high,
                    "example": function.shown,
                },
                function.shown,
                code="arguments",
            )
        return function.rule([self.part(argument) for argument in node.arguments], node.place)

    def field(self, node: Name) -> tree.Input:
        record_type, steps, field = self.led(node)
        name = KINDS.get(field.kind)
        if name is None:
            raise typing.failure(
                node.place, _("“%(field)s” cannot be calculated with.") % {"field": field.label}
            )
        self.weight += getattr(field, "weight", 1)
        kind = Kind(name, field=field)
        if isinstance(field, Money):
            kind = replace(kind, currency=_currency(field, record_type, steps))
        self.reads.add((record_type.name, field.name))
        target = target_of(field)
        if target is not None:
            self.reads.add((target.name, target.title))
        fixed = not steps and stands_in_row(record_type, field)
        return tree.Input(steps, record_type.name, field.name, kind, node.place, fixed)

    def led(self, node: Name) -> tuple[RecordType, tuple[str, ...], Field]:
        """The type whose field it is, the references that lead there, and the field."""
        try:
            found = resolve(node.parts, self.type)
        except FormulaError:
            raise
        except FilterError as problem:
            if problem.code == "relation":
                problem.message = _(
                    "These are many records. A roll-up field adds them up; a formula can use that field."
                )
            raise FormulaError(
                problem.message,
                code=problem.code,
                position=problem.position,
                length=problem.length,
                expected=[] if problem.code == "relation" else problem.expected,
            ) from None
        if found.field is None:
            raise typing.failure(
                node.place,
                _("These are many records. A roll-up field adds them up; a formula can use that field."),
                code="relation",
            )
        if len(found.path) - 1 > MAX_WALKS:
            raise typing.failure(
                node.place,
                _("A formula can reach over at most %(limit)s references.") % {"limit": MAX_WALKS},
                code="too_deep",
            )
        step = self.type
        for name in found.path[:-1]:
            self.reads.add((step.name, name))
            step = target_of(step.fields[name]) or step
        return step, found.path[:-1], found.field

    def named(self, text: str, syntax: Node) -> str:
        """The text with names of fields instead of labels."""
        pieces, end = [], 0
        for name in names(syntax):
            _type, steps, field = self.led(name)
            pieces += [text[end : name.place.position], ".".join((*steps, field.name))]
            end = name.place.position + name.place.length
        return "".join([*pieces, text[end:]]).strip()


def _kind_of(value: object) -> Kind:
    match value:
        case None:
            return kinds.EMPTY
        case bool():
            return kinds.TRUTH
        case Decimal():
            return kinds.PLAIN_NUMBER
        case str():
            return kinds.PLAIN_TEXT
    return kinds.DAY


def _currency(field: Money, record_type: RecordType, steps: tuple[str, ...]) -> Currency | None:
    computed = getattr(field, "amount_in", None)
    if isinstance(computed, Currency):
        return replace(computed, path=(*steps, *computed.path)) if computed.column else computed
    if field.currency_column:
        return Currency("", steps, field.currency_column)
    return Currency(field.currency)


def stands_in_row(record_type: RecordType, field: Field) -> bool:
    """Whether the field's value depends on nothing but the record's own row."""
    if isinstance(field, Own):
        return field.fixed if field.computed else not field.detached
    return field.kind != "reference" and not field.needs and field.column in record_type.table.columns


def usable(record_type: RecordType, steps: tuple[str, ...] = ()) -> Iterator[tuple[str, Field]]:
    """The fields that a formula for these records can name, those behind references after those of the record."""
    for name, field in record_type.fields.items():
        if field.kind in KINDS:
            yield ".".join((*steps, name)), field
    if len(steps) < MAX_WALKS - 1:
        for name, field in record_type.fields.items():
            target = target_of(field)
            if target is not None and not target.scope.administered:
                yield from usable(target, (*steps, name))
