"""The days that a tile or a whole dashboard is about: by name (`30d`, `this_month`), or from one day to another."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

from django.utils.translation import gettext as _

from dangol.measures.metrics.periods import Span, moved, start

_DAYS: Final = re.compile(r"(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})", re.ASCII)


def _last_days(count: int) -> Callable[[date], Span]:
    return lambda day: Span(day - timedelta(days=count - 1), day)


def _last_months(count: int) -> Callable[[date], Span]:
    return lambda day: Span(moved(start(day, "month"), "month", 1 - count), day)


def _this(grain: str) -> Callable[[date], Span]:
    return lambda day: Span(start(day, grain), day)


def _last(grain: str) -> Callable[[date], Span]:
    def before(day: date) -> Span:
        first = start(day, grain)
        return Span(moved(first, grain, -1), first - timedelta(days=1))

    return before


_NAMED: Final[dict[str, Callable[[date], Span]]] = {
    "7d": _last_days(7), "30d": _last_days(30), "90d": _last_days(90),
    "6m": _last_months(6), "12m": _last_months(12), "24m": _last_months(24),
    "this_month": _this("month"), "last_month": _last("month"),
    "this_quarter": _this("quarter"), "last_quarter": _last("quarter"),
    "this_year": _this("year"), "last_year": _last("year"),
}  # fmt: skip
NAMES: Final = tuple(_NAMED)


def labels() -> dict[str, str]:
    """What the named periods are called."""
    return {
        "7d": _("Last 7 days"),
        "30d": _("Last 30 days"),
        "90d": _("Last 90 days"),
        "6m": _("Last 6 months"),
        "12m": _("Last 12 months"),
        "24m": _("Last 24 months"),
        "this_month": _("This month"),
        "last_month": _("Last month"),
        "this_quarter": _("This quarter"),
        "last_quarter": _("Last quarter"),
        "this_year": _("This year"),
        "last_year": _("Last year"),
    }


def span_of(text: str, day: date) -> Span | None:
    """The days of a period, `day` being the newest of the data; None for the metric's own.

    Raises:
        ValueError: the message says what would be right.
    """
    if not text:
        return None
    if text in _NAMED:
        return _NAMED[text](day)
    found = _DAYS.fullmatch(text)
    if found is not None:
        try:
            since, until = (date.fromisoformat(part) for part in found.groups())
        except ValueError:
            since = until = date.min
        if date.min < since <= until and since.year >= 1900 and until.year <= 2200:
            return Span(since, until)
    raise ValueError(
        _(
            "A period is one of %(names)s, or two days such as 2026-01-01..2026-03-31, the first one not later."
        )
        % {"names": ", ".join(NAMES)}
    )


def name_of(text: str) -> str:
    """What a period is called: its name, or its days."""
    return labels().get(text) or text.replace("..", " – ")
