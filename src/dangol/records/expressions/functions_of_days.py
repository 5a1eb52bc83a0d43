"""Functions of days and moments. Days are the company's."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.records.expressions import typing
from dangol.records.expressions.functions import Rule, function
from dangol.records.expressions.kinds import DATETIME, DAY, MOMENT, PLAIN_NUMBER
from dangol.records.expressions.nodes import Place
from dangol.records.expressions.operators import OPERATORS
from dangol.records.expressions.tree import Apply, Checked


@function("today", "오늘", 0, 0, "today()", gettext_lazy("The company's day"))
def _today(parts: Sequence[Checked], place: Place) -> Checked:
    return Apply(
        (f"(statement_timestamp() AT TIME ZONE {typing.zone()})::date",), (), DAY, place, fixed=False
    )


@function("now", "지금", 0, 0, "now()", gettext_lazy("This moment"))
def _now(parts: Sequence[Checked], place: Place) -> Checked:
    return Apply(("statement_timestamp()",), (), MOMENT, place, fixed=False)


@function(
    "date",
    "날짜",
    1,
    3,
    "date(2026, 11, 21)",
    gettext_lazy("A day from year, month and day; the day of a moment"),
)
def _date(parts: Sequence[Checked], place: Place) -> Checked:
    if len(parts) == 1:
        return typing.day(parts[0])
    if len(parts) == 2:
        raise typing.failure(place, _("Year, month and day are needed."), "date(2026, 11, 21)")
    numbers = tuple(typing.number(part) for part in parts)
    return Apply(("dangol_make_date(", ", ", ", ", ")"), numbers, DAY, place)


def _part_of_day(sql: str) -> Rule:
    def rule(parts: Sequence[Checked], place: Place) -> Checked:
        return Apply((f"extract({sql} FROM ", ")"), (typing.day(parts[0]),), PLAIN_NUMBER, place)

    return rule


function("year", "연도", 1, 1, "year(a)", gettext_lazy("The year of a day"))(_part_of_day("year"))
function("quarter", "분기", 1, 1, "quarter(a)", gettext_lazy("The quarter, 1 to 4"))(_part_of_day("quarter"))
function("month", "월", 1, 1, "month(a)", gettext_lazy("The month, 1 to 12"))(_part_of_day("month"))
function("day", "일", 1, 1, "day(a)", gettext_lazy("The day of the month"))(_part_of_day("day"))
function("weekday", "요일", 1, 1, "weekday(a)", gettext_lazy("1 for Monday to 7 for Sunday"))(
    _part_of_day("isodow")
)


@function(
    "days_between",
    "일수",
    2,
    2,
    "days_between(a, today())",
    gettext_lazy("Days from the first day to the second"),
)
def _days_between(parts: Sequence[Checked], place: Place) -> Checked:
    return OPERATORS["-"]([typing.day(parts[1]), typing.day(parts[0])], place)


def _full(pieces: tuple[str, ...]) -> Rule:
    def rule(parts: Sequence[Checked], place: Place) -> Checked:
        return Apply(pieces, (typing.day(parts[0]), typing.day(parts[1])), PLAIN_NUMBER, place)

    return rule


function(
    "months_between",
    "개월수",
    2,
    2,
    "months_between(a, b)",
    gettext_lazy("Full months from the first day to the second"),
)(_full(("dangol_months(", ", ", ")")))
function(
    "years_between",
    "년수",
    2,
    2,
    "years_between(a, today())",
    gettext_lazy("Full years from the first day to the second, as an age"),
)(_full(("trunc(dangol_months(", ", ", ") / 12)")))


@function(
    "hours_between",
    "시간수",
    2,
    2,
    "hours_between(a, now())",
    gettext_lazy("Hours from the first moment to the second"),
)
def _hours_between(parts: Sequence[Checked], place: Place) -> Checked:
    for part in parts:
        if part.kind.name != DATETIME:
            raise typing.failure(part, _("Hours lie between two moments; these are days."), "days_between(…)")
    pieces = ("round(extract(epoch FROM -(", " - ", ")) / 3600, 4)")
    return Apply(pieces, tuple(parts), PLAIN_NUMBER, place)


def _moved(pieces: tuple[str, ...]) -> Rule:
    def rule(parts: Sequence[Checked], place: Place) -> Checked:
        return Apply(pieces, (typing.day(parts[0]), typing.number(parts[1])), DAY, place)

    return rule


function(
    "add_days", "일더하기", 2, 2, "add_days(a, 30)", gettext_lazy("So many days later; earlier with a minus")
)(_moved(("dangol_add_days(", ", ", ")")))
function(
    "add_months",
    "월더하기",
    2,
    2,
    "add_months(a, 6)",
    gettext_lazy("So many months later, at most the last of the month"),
)(_moved(("dangol_add_months(", ", ", ")")))
function("add_years", "년더하기", 2, 2, "add_years(a, 1)", gettext_lazy("So many years later"))(
    _moved(("dangol_add_months(", ", 12 * ", ")"))
)


@function("month_start", "월초", 1, 1, "month_start(a)", gettext_lazy("The first of the month"))
def _month_start(parts: Sequence[Checked], place: Place) -> Checked:
    return Apply(("dangol_month_start(", ")"), (typing.day(parts[0]),), DAY, place)


@function("month_end", "월말", 1, 1, "month_end(a)", gettext_lazy("The last day of the month"))
def _month_end(parts: Sequence[Checked], place: Place) -> Checked:
    pieces = ("dangol_add_days(dangol_add_months(dangol_month_start(", "), 1), -1)")
    return Apply(pieces, (typing.day(parts[0]),), DAY, place)
