"""Computed figures with what is missing understood: nothing, unknown, or undefined."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from dangol.measures.metrics import periods
from dangol.measures.metrics.answer import Compared, Part, Row
from dangol.measures.metrics.declaration import Metric, get
from dangol.measures.metrics.evaluation import ALL, BEFORE, NOW, PART, YEAR, Figures, Member, windows_of
from dangol.measures.metrics.questions import Question


class Reading:
    """Computed figures with what is missing understood: nothing, unknown, or undefined."""

    def __init__(
        self, metric: Metric, found: Mapping[str, Figures], asked: Question, first: date | None, as_of: date
    ) -> None:
        self.metric = metric
        self.found = found
        self.asked = asked
        self.first = first
        self.as_of = as_of
        self.windows = windows_of(asked.span, asked.grain)

    def members(self) -> list[Member]:
        """Every part that has a number anywhere."""
        found: set[Member] = set()
        for one in self.found.values():
            found |= {member for (_window, kind, member) in one.windows if kind == PART}
            found |= {member for (_window, _period, kind, member) in one.cells if kind == PART}
        return sorted(found, key=lambda member: (member is None, member or ""))

    def is_known(self, since: date | None, until: date | None) -> bool:
        """Whether facts reach into these days."""
        if since is None or until is None or self.first is None:
            return True
        return since <= self.as_of and until >= self.first

    def value(self, table: str, key: tuple[Any, ...]) -> Decimal | None:
        """One number, of the metric or as the ratio of its two."""
        numbers = []
        for name, figures_ in self.found.items():
            nothing = get(name).nothing
            empty = None if nothing is None else Decimal(nothing)
            held = getattr(figures_, table).get(key)
            numbers.append(empty if held is None else held)
        if self.metric.ratio is None:
            return numbers[0]
        above, below = numbers
        return above / below if above is not None and below else None

    def window(self, name: str, member: Member = None, *, part: bool = False) -> Decimal | None:
        """The number over the days asked for, or over those it is compared with."""
        if name not in self.windows:
            return None
        span = self.windows[name]
        if span is not None and not self.is_known(span.since, span.until):
            return None
        return self.value("windows", (name, PART if part else ALL, member))

    def rows(self, parts: tuple[Part, ...]) -> Iterator[Row]:
        """By period, and by part where it is split; each period has every part."""
        span = self.asked.span
        members: list[tuple[Any, str]] = [(part.member, part.label) for part in parts]
        if span is None:
            if self.asked.by is None:
                yield Row(None, None, self.window(NOW))
            for part in parts:
                yield Row(None, None, part.value, True, part.member, part.label)
            return
        for period in periods.between(span.since, span.until, self.asked.grain):
            last = periods.after(period, self.asked.grain) - timedelta(days=1)
            since, until = max(period, span.since), min(last, span.until)
            known = self.is_known(since, until)
            whole = (since, until) == (period, last) and until <= self.as_of
            if self.asked.by is None:
                value = self._cell(NOW, period, ALL, None) if known else None
                yield Row(since, until, value, whole, year=self._year(period))
            for member, label in members:
                text = None if member is None else str(member)
                value = self._cell(NOW, period, PART, text) if known else None
                yield Row(since, until, value, whole, member, label)

    def _cell(self, name: str, period: date, kind: str, member: Member) -> Decimal | None:
        return self.value("cells", (name, period, kind, member))

    def _year(self, period: date) -> Decimal | None:
        then = periods.same_a_year_before(period, self.asked.grain)
        last = periods.after(then, self.asked.grain) - timedelta(days=1)
        return self._cell(YEAR, then, ALL, None) if self.is_known(then, last) else None

    def compared(self) -> Iterator[Compared]:
        """The whole against the days before and a year before."""
        now = self.window(NOW)
        for name in (BEFORE, YEAR):
            span = self.windows.get(name)
            if span is None:
                continue
            then = self.window(name)
            change = None if now is None or then is None else now - then
            yield Compared(
                kind=name,
                since=span.since,
                until=span.until,
                value=then,
                change=change,
                ratio=change / abs(then) if change is not None and then else None,
                known=self.first is None or self.first <= span.since,
            )
