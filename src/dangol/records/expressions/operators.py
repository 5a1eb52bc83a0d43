"""What the operators mean.

Comparisons answer yes or no, never "unknown", as in filters: with a missing value `=` and `<` are no, `!=` is yes. Sums and
products with a missing value are empty; `&` reads a missing text as none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from django.utils.translation import gettext as _

from dangol.records.expressions import typing
from dangol.records.expressions.kinds import (
    CHOICE,
    CHOICES,
    DATE,
    DATETIME,
    DAY,
    NOTHING,
    NUMBER,
    PLAIN_NUMBER,
    PLAIN_TEXT,
    TEXT,
    TRUTH,
)
from dangol.records.expressions.nodes import Place
from dangol.records.expressions.tree import Apply, Checked

LONGEST = 10_000
"""No text of a formula grows longer, whatever is put together."""

Rule = Callable[[Sequence[Checked], Place], Checked]


def _sum(sign: str) -> Rule:
    def rule(parts: Sequence[Checked], place: Place) -> Checked:
        left, right = parts
        dates = (DATE, DATETIME)
        if left.kind.name in dates and right.kind.name in dates and sign == "-":
            return Apply(
                ("(", " - ", ")::numeric"), (typing.day(left), typing.day(right)), PLAIN_NUMBER, place
            )
        if left.kind.name in dates and right.kind.name == NUMBER:
            count = ("dangol_add_days(", ", ", ")") if sign == "+" else ("dangol_add_days(", ", -", ")")
            return Apply(count, (typing.day(left), right), DAY, place)
        if TEXT in (left.kind.name, right.kind.name) and sign == "+":
            raise typing.failure(place, _("Texts are joined by &."), "&")
        found = (typing.number(left), typing.number(right))
        currency = typing.shared_currency(found)
        return Apply(("(", f" {sign} ", ")"), found, replace(PLAIN_NUMBER, currency=currency), place)

    return rule


def _product(parts: Sequence[Checked], place: Place) -> Checked:
    left, right = (typing.number(part) for part in parts)
    if left.kind.currency and right.kind.currency:
        raise typing.failure(
            place,
            _("An amount cannot be multiplied by an amount. number(…) makes a mere number of one."),
            "number(…)",
            code="currency",
        )
    currency = left.kind.currency or right.kind.currency
    return Apply(("(", " * ", ")"), (left, right), replace(PLAIN_NUMBER, currency=currency), place)


def _quotient(parts: Sequence[Checked], place: Place) -> Checked:
    left, right = (typing.number(part) for part in parts)
    if right.kind.currency:
        typing.shared_currency((left, right))
    currency = None if right.kind.currency else left.kind.currency
    # The zeros have PostgreSQL keep ten places however large the numbers are.
    pieces = ("trim_scale(round((", " + 0.0000000000) / nullif(", ", 0), 10))")
    return Apply(pieces, (left, right), replace(PLAIN_NUMBER, currency=currency), place)


def _negative(parts: Sequence[Checked], place: Place) -> Checked:
    found = typing.number(parts[0])
    return Apply(("(- ", ")"), (found,), found.kind, place)


def joined(parts: Sequence[Checked], place: Place) -> Checked:
    """Texts behind each other; a missing one is none."""
    texts = tuple(typing.text(part) for part in parts)
    pieces = ["left(COALESCE(", *["::text, '') || COALESCE("] * (len(texts) - 1), f"::text, ''), {LONGEST})"]
    return Apply(tuple(pieces), texts, PLAIN_TEXT, place)


def _compared(sign: str) -> Rule:
    def rule(parts: Sequence[Checked], place: Place) -> Checked:
        for part in parts:
            if part.kind.name == CHOICES:
                raise typing.failure(part, _("Several choices are asked by contains(…)."), "contains(…)")
            if part.kind.name == CHOICE and sign not in ("=", "!="):
                raise typing.failure(part, _("Choices have no order; only = and != compare them."), "=", "!=")
        left, right = typing.comparable(*parts)
        if sign == "!=":
            return Apply(("(NOT COALESCE(", " = ", ", false))"), (left, right), TRUTH, place)
        return Apply(("COALESCE(", f" {sign} ", ", false)"), (left, right), TRUTH, place)

    return rule


def _within(parts: Sequence[Checked], place: Place) -> Checked:
    if len(parts) < 2:
        raise typing.failure(place, _("Write the values in parentheses, with commas between them."))
    found = [_compared("=")([parts[0], part], part.place) for part in parts[1:]]
    return Apply(("(", *[" OR "] * (len(found) - 1), ")"), tuple(found), TRUTH, place)


def _truths(word: str) -> Rule:
    def rule(parts: Sequence[Checked], place: Place) -> Checked:
        left, right = (typing.truth(part) for part in parts)
        return Apply(("(", f" {word} ", ")"), (left, right), TRUTH, place)

    return rule


def _not(parts: Sequence[Checked], place: Place) -> Checked:
    return Apply(("(NOT ", ")"), (typing.truth(parts[0]),), TRUTH, place)


def _is_empty(parts: Sequence[Checked], place: Place) -> Checked:
    (part,) = parts
    if part.kind.name == NOTHING:
        raise typing.failure(part, _("Name the field that may be empty."))
    pieces = ("(nullif(", ", '') IS NULL)") if part.kind.name == TEXT else ("((", ") IS NULL)")
    return Apply(pieces, (part,), TRUTH, place)


OPERATORS: dict[str, Rule] = {
    "+": _sum("+"),
    "-": _sum("-"),
    "*": _product,
    "/": _quotient,
    "unary -": _negative,
    "&": joined,
    "and": _truths("AND"),
    "or": _truths("OR"),
    "not": _not,
    "in": _within,
    "is empty": _is_empty,
    **{sign: _compared(sign) for sign in ("=", "!=", "<", "<=", ">", ">=")},
}
