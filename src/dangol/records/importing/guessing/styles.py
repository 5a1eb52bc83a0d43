"""How the values of a column are written: one decision for the whole column, or a question."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils.functional import lazy
from django.utils.translation import get_language

from dangol.records.fields import Field, FieldError, Locale, Reference
from dangol.records.fields.days import ORDERS, read_moment
from dangol.records.importing.errors import CellProblem, Text
from dangol.records.importing.guessing.choices import GROUPS
from dangol.records.importing.mapping.transforms import SettingProblem, make_transform
from dangol.web import formats

WON = ("₩", "￦", "원", "KRW")
"""In whose company a comma separates thousands."""
_LOCALE = Locale()


@dataclass(frozen=True, slots=True)
class Question:
    """What the values of a column leave open. `choices`: answer → what the first such value would be under it."""

    column: str
    kind: str
    choices: list[tuple[str, Text]]


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a column's values go into a field: the steps they need, what is open, the share that is readable."""

    transforms: list[Any] = field(default_factory=list)
    question: Question | None = None
    share: float = 1.0


def fit(target: Field, column: str, values: Sequence[str], answer: str = "") -> Fit:
    """Find out how a field reads these values.

    Args:
        values: distinct, not empty.
        answer: to the question that the column raises, if it was asked before.
    """
    if not values or isinstance(target, Reference):
        return Fit()
    if target.kind in ("date", "datetime"):
        return _dates(target, column, values, answer)
    if target.numeric:
        return _numbers(target, column, values, answer)
    return Fit(share=share_read(target, [], values))


def share_read(target: Field, transforms: Sequence[Any], values: Sequence[str]) -> float:
    """The share of the values that the field takes after these steps; 0 when a step itself is wrong."""
    read = reader(target, transforms)
    if read is None:
        return 0.0
    return sum(read(value) is not None for value in values) / len(values) if values else 1.0


def reader(target: Field, transforms: Sequence[Any]) -> Callable[[str], Any] | None:
    """What makes a value of a text, or None of what it cannot read; None when a step is wrong."""
    try:
        steps = [make_transform(step, None) for step in transforms]
    except SettingProblem:
        return None

    def read(text: str) -> Any:
        value: Any = text
        try:
            for step in steps:
                value = step(value if isinstance(value, str) else str(value))
            return target.parse(value, _LOCALE)
        except (CellProblem, FieldError):
            return None

    return read


def _dates(target: Field, column: str, values: Sequence[str], answer: str) -> Fit:
    by_itself = share_read(target, [], values)
    if by_itself == 1.0:
        return Fit()
    step = "datetime" if target.kind == "datetime" else "date"
    by_order = {order: [{step: {"order": order}}] for order in ORDERS}
    if answer in by_order:
        return Fit(by_order[answer], share=share_read(target, by_order[answer], values))
    unclear = [value for value in values if _is_unclear(value)]
    readable = {order: [value for value in unclear if _moment(value, order) is not None] for order in ORDERS}
    most = max(len(found) for found in readable.values())
    if not most:
        # Days with a time behind them, or nothing to be read.
        share = share_read(target, by_order["ymd"], values)
        return Fit(by_order["ymd"], share=share) if share > by_itself else Fit(share=by_itself)
    settling = [order for order, found in readable.items() if len(found) == most]
    either = {value for found in readable.values() for value in found}
    if len(settling) == 1 and len(either) == most:
        steps = by_order[settling[0]]
        return Fit(steps, share=share_read(target, steps, values))
    open_orders = [order for order, found in readable.items() if found]
    example = _telling([value for value in unclear if value in either], open_orders)
    question = Question(
        column, "date_order", [(order, _shown(_moment(example, order), example)) for order in open_orders]
    )
    share = max(share_read(target, by_order[order], values) for order in open_orders)
    return Fit([], question, share)


def _telling(values: Sequence[str], orders: Sequence[str]) -> str:
    """The first value that all orders read, each differently; else the first one."""
    for value in values:
        moments = [_moment(value, order) for order in orders]
        if None not in moments and len(set(map(str, moments))) == len(moments):
            return value
    return values[0]


def _moment(text: str, order: str) -> date | None:
    try:
        return read_moment(text, order)
    except ValueError:
        return None


def _is_unclear(text: str) -> bool:
    """Whether it cannot be read without an order; a day that does not exist says nothing about one."""
    try:
        return read_moment(text) is None
    except ValueError:
        return False


def _numbers(target: Field, column: str, values: Sequence[str], answer: str) -> Fit:
    steps = {mark: [{"decimal": {"mark": mark, "group": group}}] for mark, group in GROUPS.items()}
    steps["."] = steps["."] if answer else []  # a point is how fields read by themselves
    if answer in steps:
        return Fit(steps[answer], share=share_read(target, steps[answer], values))
    read = {mark: reader(target, chain) for mark, chain in steps.items()}
    numbers = {mark: [one(value) for value in values] if one else [] for mark, one in read.items()}
    pairs = list(zip(values, numbers["."], numbers[","], strict=True))
    doubtful = [value for value, point, comma in pairs if None not in (point, comma) and point != comma]
    point_only = any(point is not None and comma is None for _value, point, comma in pairs)
    comma_only = any(comma is not None and point is None for _value, point, comma in pairs)
    if comma_only and not point_only:
        return Fit(steps[","], share=share_read(target, steps[","], values))
    settled = not doubtful or (point_only and not comma_only)
    if settled or (not comma_only and any(sign in value for value in values for sign in WON)):
        return Fit(share=share_read(target, [], values))
    example = doubtful[0]
    choices: list[tuple[str, Text]] = []
    for mark, one in read.items():
        choices.append((mark, _shown(one(example) if one else None, example)))
    return Fit(
        [],
        Question(column, "decimal_mark", choices),
        max(share_read(target, s, values) for s in steps.values()),
    )


def _text(value: Any, example: str) -> str:
    language = (get_language() or "ko").split("-")[0]
    if isinstance(value, datetime):
        return formats.moment(value, language)
    if isinstance(value, date):
        return formats.day(value, language)
    return example if value is None else formats.number(value, language)


_shown = lazy(_text, str)
"""A value as the reader's language writes it, whenever it is shown."""
