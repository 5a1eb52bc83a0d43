"""Whether parts fit together, and what is said where they do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.conf import settings
from django.utils.translation import gettext as _

from dangol.records.expressions.errors import FormulaError
from dangol.records.expressions.kinds import (
    BOOLEAN,
    CHOICE,
    DATE,
    DATETIME,
    DAY,
    LABELS,
    NOTHING,
    NUMBER,
    PLAIN_NUMBER,
    PLAIN_TEXT,
    TEXT,
    Currency,
    Kind,
)
from dangol.records.expressions.nodes import Place
from dangol.records.expressions.tree import Apply, Checked, Constant
from dangol.records.fields import Choice, FieldError, Locale
from dangol.records.filters.messages import did_you_mean, nearest, quoted


def failure(part: Checked | Place, message: str, *expected: str, code: str = "kind") -> FormulaError:
    """An error at a part."""
    place = part if isinstance(part, Place) else part.place
    return FormulaError(message, code=code, position=place.position, length=place.length, expected=expected)


def zone() -> str:
    """The company's time zone as SQL has it: days are the company's."""
    return "'" + settings.TIME_ZONE.replace("'", "''").replace("%", "%%") + "'"


def _wanted(part: Checked, name: str, *expected: str) -> FormulaError:
    return failure(
        part,
        _("Here a value of the kind “%(wanted)s” is needed; this is “%(found)s”.")
        % {"wanted": LABELS[name], "found": part.kind.label},
        *expected,
    )


def number(part: Checked) -> Checked:
    """The part as a number. Raises FormulaError."""
    if part.kind.name == NOTHING:
        return Constant(None, PLAIN_NUMBER, part.place)
    if part.kind.name != NUMBER:
        raise _wanted(part, NUMBER, *(["number(…)"] if part.kind.name == TEXT else []))
    return part


def text(part: Checked) -> Checked:
    """The part as text: numbers and days as they are written in files. Raises FormulaError."""
    match part.kind.name:
        case "text":
            return part
        case "empty":
            return Constant(None, PLAIN_TEXT, part.place)
        case "number":
            return Apply(("trim_scale(", ")::text"), (part,), PLAIN_TEXT, part.place)
        case "date":
            return Apply(("dangol_iso(", ")"), (part,), PLAIN_TEXT, part.place)
        case "choice":
            raise _wanted(part, TEXT, "label(…)", "code(…)")
    raise _wanted(part, TEXT)


def day(part: Checked) -> Checked:
    """The part as a day; of a moment the company's. Raises FormulaError."""
    if part.kind.name == NOTHING:
        return Constant(None, DAY, part.place)
    if part.kind.name == DATETIME:
        return Apply(("(", f" AT TIME ZONE {zone()})::date"), (part,), DAY, part.place)
    if part.kind.name != DATE:
        raise _wanted(part, DATE, "today()", "2026-11-21")
    return part


def truth(part: Checked) -> Checked:
    """The part as yes or no. Raises FormulaError."""
    if part.kind.name != BOOLEAN:
        raise _wanted(part, BOOLEAN, "… = …", "… is not empty")
    return part


def plain(part: Checked) -> Checked:
    """An amount as a mere number."""
    return replace(part, kind=PLAIN_NUMBER)


def shared_currency(parts: Sequence[Checked]) -> Currency | None:
    """The currency of numbers that are added, compared or chosen from. Raises FormulaError for different ones."""
    found: Currency | None = None
    for part in parts:
        if part.kind.currency is None:
            continue
        if found is not None and part.kind.currency != found:
            raise failure(
                part,
                _("These amounts are in different currencies. number(…) makes a mere number of an amount."),
                "number(…)",
                code="currency",
            )
        found = part.kind.currency
    return found


def alike(parts: Sequence[Checked]) -> tuple[list[Checked], Kind]:
    """Parts of which one is taken – by `if`, `coalesce` – in one kind. Raises FormulaError."""
    known = [part for part in parts if part.kind.name != NOTHING]
    if not known:
        raise failure(parts[0], _("At least one of the values must have a kind; all are empty."))
    first = known[0].kind
    names = {part.kind.name for part in known}
    if names == {DATE, DATETIME}:
        return [day(part) for part in parts], DAY
    other = next((part for part in known if part.kind.name != first.name), None)
    if other is not None:
        raise failure(
            other,
            _("All these values must be of one kind: the first is “%(first)s”, this is “%(found)s”.")
            % {"first": first.label, "found": other.kind.label},
            *(["label(…)"] if CHOICE in names else []),
        )
    if first.name == CHOICE and len({part.kind.field for part in known}) > 1:
        raise _wanted(known[0], TEXT, "label(…)", "code(…)")
    kind = replace(first, currency=shared_currency(known)) if first.name == NUMBER else first
    return [Constant(None, kind, part.place) if part.kind.name == NOTHING else part for part in parts], kind


def comparable(left: Checked, right: Checked) -> tuple[Checked, Checked]:
    """Two parts that can be compared. A text beside a choice is the name or code of one. Raises FormulaError."""
    if NOTHING in (left.kind.name, right.kind.name):
        empty = left if left.kind.name == NOTHING else right
        raise failure(empty, _("Write “is empty” to find missing values."), "is empty")
    if left.kind.name == CHOICE and right.kind.name == TEXT:
        return left, coded(right, left.kind)
    if right.kind.name == CHOICE and left.kind.name == TEXT:
        return coded(left, right.kind), right
    if {left.kind.name, right.kind.name} == {DATE, DATETIME}:
        return day(left), day(right)
    if left.kind.name != right.kind.name:
        raise failure(
            right,
            _("“%(left)s” cannot be compared with “%(right)s”.")
            % {"left": left.kind.label, "right": right.kind.label},
        )
    if left.kind.name == NUMBER:
        shared_currency([left, right])
    return left, right


def coded(part: Checked, kind: Kind) -> Checked:
    """The code that a text beside a choice stands for. Raises FormulaError."""
    field = kind.field
    if not isinstance(part, Constant) or not isinstance(field, Choice):
        raise _wanted(part, CHOICE, "label(…)")
    try:
        return Constant(field.convert(part.value, Locale()), PLAIN_TEXT, part.place)
    except FieldError:
        close = nearest(str(part.value), [*field.codes(), *field.labels()])
        raise failure(
            part,
            _("“%(field)s” has no value “%(value)s”.")
            % {"field": field.label, "value": quoted(str(part.value))}
            + did_you_mean(close),
            *(close or field.codes()),
            code="unknown_value",
        ) from None
