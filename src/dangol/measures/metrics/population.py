"""Which records stand behind a number, in the filter language: the number's own list."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings

from dangol.identity.actors import Actor
from dangol.measures.metrics.declaration import Column, Link, Metric
from dangol.measures.metrics.errors import NoList
from dangol.measures.metrics.periods import Span, year_before
from dangol.records import filters, registry
from dangol.records.filters import FilterError


def joined(*parts: str) -> str:
    """Filters that must all hold, as one."""
    kept = [part for part in parts if part]
    return kept[0] if len(kept) == 1 else " and ".join(f"({part})" for part in kept)


def value_condition(path: str, value: Any) -> str:
    """The filter of the records that have this value (or none) in a field."""
    if value is None:
        return f"{path} is empty"
    return f"{path} = {json.dumps(value, ensure_ascii=False)}"


@dataclass(frozen=True, slots=True)
class Behind:
    """What a metric writes the filter of its records from: its own condition, what was asked beside it, and the days.

    `where` is the metric's condition, `asked` the filter of the question with what narrows it to a part, both about the
    metric's list; `moment` is the field that has the time, `span` the days.
    """

    where: str
    asked: str
    moment: str
    span: Span | None
    actor: Actor
    timed: bool = True

    def inside(self, span: Span | None = None) -> str:
        """The records in the days of the question (or in others): condition, question and days."""
        return joined(self.where, self.asked, self.within(span or self.span))

    def before(self) -> str:
        """The records before the days of the question, whatever else was asked."""
        return joined(
            self.where, "" if self.span is None else f"{self.moment} < {self._border(self.span.since)}"
        )

    def up_to(self) -> str:
        """The records up to the end of the days, whatever else was asked."""
        return joined(
            self.where, "" if self.span is None else f"{self.moment} < {self._border(self.span.end)}"
        )

    def only_where(self, span: Span) -> str:
        """The records in these days, whatever else was asked."""
        return joined(self.where, self.within(span))

    def within(self, span: Span | None) -> str:
        """The days as a condition on the time."""
        if span is None or not self.moment:
            return ""
        return f"{self.moment} >= {self._border(span.since)} and {self.moment} < {self._border(span.end)}"

    def a_year_before(self) -> Span:
        """The days of the question, a year earlier."""
        if self.span is None:
            raise ValueError("no days")
        return Span(year_before(self.span.since), year_before(self.span.end) - timedelta(days=1))

    def _border(self, day: date) -> str:
        if not self.timed or self.actor.time_zone == settings.TIME_ZONE:
            return day.isoformat()
        return datetime.combine(day, time(), ZoneInfo(settings.TIME_ZONE)).isoformat()


def prefixed(tree: filters.Tree, path: tuple[str, ...]) -> filters.Tree:
    """The same condition, asked of the record that `path` leads to."""
    match tree:
        case filters.And(nodes) | filters.Or(nodes):
            return type(tree)(tuple(prefixed(node, path) for node in nodes))
        case filters.Not(node):
            return filters.Not(prefixed(node, path))
    return replace(tree, path=(*path, *tree.path))


def address(
    metric: Metric,
    actor: Actor,
    *,
    span: Span | None,
    asked: str = "",
    link: Link | None = None,
    column: Column | None = None,
    field: str = "",
    value: Any = None,
) -> str:
    """The list of exactly the records behind a number; empty where no list can say it.

    Args:
        metric: one with a formula.
        actor: who will open the list; days are the company's, also for who lives elsewhere.
        span: the days; None for a state.
        asked: the filter of the question, about the metric's list.
        link: by which the number is a part of the whole, with the `field` and its `value` (None: those without);
            or the `column` with the `value`.
    """
    if not metric.lists:
        return ""
    own = registry.get(metric.lists)
    moment = own.fields.get(metric.moment)
    outside = ""
    other = link is not None and bool(link.other)
    if link is not None and not other:
        path = f"{link.path}.{field}" if link.path else field
        if metric.counted and metric.counted == link.record_type:
            outside = value_condition(field, value)
        else:
            asked = joined(asked, value_condition(path, value))
    behind = Behind(
        metric.where, asked, metric.moment, span, actor, timed=moment is None or moment.kind == "datetime"
    )
    try:
        if column is not None:
            if column.behind is None:
                return ""
            outside = column.behind(value, behind)
        if other and link is not None:
            if metric.counted:
                return ""
            tree = filters.parse(behind.inside(), own, actor=actor)
            listed = registry.get(link.other)
            inside = filters.to_text(prefixed(tree, tuple(link.over.split("."))))
            text = joined(inside, link.also, value_condition(f"{link.at}.{field}", value))
        elif metric.behind is not None:
            listed = registry.get(metric.counted)
            text = joined(metric.behind(behind), outside)
        else:
            listed = own
            text = joined(behind.inside(), outside)
        text = filters.to_text(filters.parse(text, listed, actor=actor)) if text else ""
    except (FilterError, NoList):
        return ""  # the list has no field for it, or not for this actor: the number stands without a link
    return f"/{listed.path}/" + (f"?{urlencode({'filter': text})}" if text else "")
