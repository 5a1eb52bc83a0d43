"""A question about a metric, checked: what is wrong is told with the parameter that is, and what would be right."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.measures.metrics import periods
from dangol.measures.metrics.declaration import Metric, base_of, every, find, get
from dangol.measures.metrics.dimensions import Dimension, dimension
from dangol.measures.metrics.errors import NotAllowed, QuestionError, UnknownMetric
from dangol.measures.metrics.periods import Span
from dangol.records import fieldrules, filters, permissions, registry
from dangol.records.filters import EVERYTHING, FilterError, Tree


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: a metric over days, by periods, split and filtered. `tree` is about the metric's list.

    A state of the day is known on the day of the data; asked of other days, it is not `known`.
    """

    metric: Metric
    span: Span | None
    grain: str
    by: Dimension | None
    text: str
    tree: Tree
    known: bool = True


def may_ask(actor: Actor, metric: Metric) -> bool:
    """Whether the actor may see all that the metric reads. No query."""
    if metric.ratio is not None:
        return all(may_ask(actor, get(name)) for name in metric.ratio)
    if metric.may is not None and not metric.may(actor):
        return False
    for type_name, field in metric.needs:
        record_type = registry.find(type_name)
        if record_type is None or not permissions.allowed(actor, record_type, "view"):
            return False
        if field and not (
            fieldrules.is_clear(actor, type_name, field)
            and field in permissions.fields_for(actor, record_type)
        ):
            return False
    return True


def every_for(actor: Actor) -> list[Metric]:
    """The metrics that the actor may ask for, by name. No query."""
    return [metric for metric in every() if may_ask(actor, metric)]


def metric_for(actor: Actor, name: str) -> Metric:
    """The metric of that name, for somebody who may ask for it. Raises UnknownMetric, NotAllowed."""
    metric = find(name)
    if metric is None or metric.hidden:
        names = ", ".join(one.name for one in every_for(actor))
        raise UnknownMetric(
            "name",
            "unknown_metric",
            _("There is no metric “%(name)s”. There are: %(names)s.") % {"name": name[:60], "names": names},
        )
    if not may_ask(actor, metric):
        raise NotAllowed(
            "name",
            "not_allowed",
            _("“%(metric)s” is computed from records or fields that you may not see.")
            % {"metric": metric.label},
        )
    return metric


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody asks, not yet checked; what is None or empty is filled in."""

    by: str | None = None
    filter: str = ""
    since: date | None = None
    until: date | None = None
    grain: str | None = None


def question(actor: Actor, metric: Metric, wanted: Wanted, *, as_of: date) -> Question:
    """Check what was asked and fill in what was not: twelve months up to the day of the data.

    Raises:
        QuestionError: with the parameter that is wrong.
    """
    base = base_of(metric)
    of = dimension(actor, metric, wanted.by) if wanted.by else None
    tree = _tree(actor, base, wanted.filter)
    if not base.time:
        if wanted.grain:
            raise QuestionError(
                "grain",
                "no_periods",
                _("“%(metric)s” is a state of the day and has no periods; leave “grain” out.")
                % {"metric": metric.label},
            )
        known = (wanted.since or as_of) <= as_of <= (wanted.until or as_of)
        return Question(metric, None, "", of, filters.to_text(tree), tree, known)
    grain = wanted.grain or "month"
    if grain not in periods.GRAINS:
        raise QuestionError(
            "grain",
            "unknown_grain",
            _("“grain” must be one of %(names)s, not “%(name)s”.")
            % {"names": ", ".join(periods.GRAINS), "name": grain[:20]},
        )
    for parameter, day in (("from", wanted.since), ("to", wanted.until)):
        if day is not None and not 1900 <= day.year <= 2200:
            raise QuestionError(parameter, "invalid_range", _("Days must lie between 1900 and 2200."))
    until = wanted.until or max(as_of, wanted.since or as_of)
    first = wanted.since or periods.moved(
        periods.start(until, grain), grain, 1 - periods.DEFAULT_COUNT[grain]
    )
    if first > until:
        raise QuestionError(
            "from",
            "invalid_range",
            _("“from” (%(first)s) must not lie after “to” (%(last)s).")
            % {"first": first.isoformat(), "last": until.isoformat()},
        )
    if len(periods.between(first, until, grain)) > periods.MOST:
        raise QuestionError(
            "grain",
            "grain_too_fine",
            _("By %(grain)s these days make more than %(most)s periods; use %(better)s, or a shorter range.")
            % {"grain": grain, "most": periods.MOST, "better": _coarser(first, until, grain)},
        )
    return Question(metric, Span(first, until), grain, of, filters.to_text(tree), tree)


def _coarser(since: date, until: date, grain: str) -> str:
    for other in periods.GRAINS[periods.GRAINS.index(grain) + 1 :]:
        if len(periods.between(since, until, other)) <= periods.MOST:
            return other
    return "year"


def _tree(actor: Actor, base: Metric, text: str) -> Tree:
    if not text.strip():
        return EVERYTHING
    if not base.lists:
        raise QuestionError(
            "filter", "no_filter", _("“%(metric)s” cannot be filtered.") % {"metric": base.label}
        )
    try:
        return filters.parse(text, registry.get(base.lists), actor=actor)
    except FilterError as error:
        raise QuestionError("filter", "invalid_filter", str(error)) from error
