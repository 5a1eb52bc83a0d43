"""What a tile shows to whoever looks: asked with that person's permissions, never the author's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.insight.dashboards import ranges
from dangol.insight.dashboards.keeping import ABOUT
from dangol.insight.dashboards.tiles import Tile
from dangol.measures.metrics import (
    Metric,
    NotAllowed,
    NotHere,
    QuestionError,
    UnknownMetric,
    ask,
    base_of,
    find,
)
from dangol.measures.metrics.answer import Answer
from dangol.measures.metrics.dimensions import dimensions_for
from dangol.measures.metrics.periods import GRAINS, MOST, Span, between
from dangol.measures.metrics.population import joined, prefixed
from dangol.measures.metrics.questions import may_ask
from dangol.measures.selectors import run_last_done
from dangol.records import filters, registry
from dangol.records.filters import EVERYTHING, FilterError

ROOM: Final = {"line": 120, "bar": 60, "stacked": 60, "number": 60, "heat": 31, "table": 120}
"""How many periods a chart has room for."""


@dataclass(frozen=True, slots=True)
class Lens:
    """What lies over all tiles: days, length of the periods, and a filter of customers; empty is each tile's own."""

    period: str = ""
    grain: str = ""
    filter: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A tile's answer, or the sentence that says why there is none; `refused`: it is not for this person."""

    tile: Tile
    title: str
    metric: Metric | None = None
    answer: Answer | None = None
    span: Span | None = None
    problem: str = ""
    refused: bool = False
    missing: bool = False


def day_of_data() -> date:
    """The newest day of the facts, from which periods reach back; today where nothing was computed. One query."""
    run = run_last_done()
    if run is not None and run.as_of is not None:
        return run.as_of
    return datetime.now(ZoneInfo(settings.TIME_ZONE)).date()


def title_of(actor: Actor, tile: Tile) -> str:
    """What stands above a tile: what its author wrote, or the metric's name and by what it is split. No query."""
    if tile.title or tile.chart == "note":
        return tile.title
    metric = find(tile.metric)
    if metric is None or metric.hidden:
        return tile.metric
    split = dimensions_for(actor, metric).get(tile.by) if tile.by and may_ask(actor, metric) else None
    return f"{metric.label} · {split.label}" if split is not None else str(metric.label)


def show(actor: Actor, tile: Tile, lens: Lens, *, day: date, author: bool = False) -> Shown:
    """Ask what a tile asks, for this actor, through the lens of the whole dashboard.

    Args:
        actor: who looks; permissions and field rules are this person's.
        tile: the question.
        lens: days and filter over all tiles.
        day: the day of the data, see `day_of_data`.
        author: whether the actor made the tile, and so may be told what of it is wrong.

    Costs what `metrics.ask` costs: two queries for a standing question, one more for names of parts.
    """
    title = title_of(actor, tile)
    if tile.chart == "note":
        return Shown(tile, title)
    metric = find(tile.metric)
    try:
        if metric is None or metric.hidden:
            return Shown(tile, title, problem=_("This metric is not there any more."))
        condition = _condition(actor, metric, tile.filter, lens.filter)
        span, grain = _days(metric, tile, lens, day)
        answer = ask(
            actor, metric.name, by=tile.by or None, filter=condition, grain=grain,
            since=span.since if span else None, until=span.until if span else None,
        )  # fmt: skip
    except NotHere as error:
        return Shown(tile, title, metric, problem=error.message, missing=True)
    except (NotAllowed, UnknownMetric):
        return Shown(tile, title, problem=_("You may not see what this is computed from."), refused=True)
    except _Unfit as error:
        return Shown(tile, title, metric, problem=str(error))
    except (QuestionError, FilterError) as error:
        if author:
            return Shown(tile, title, metric, problem=str(error))
        message = _("This uses fields that are not there for you, or not any more.")
        return Shown(tile, title, metric, problem=message, refused=True)
    return Shown(tile, title, metric, answer, answer.question.span)


class _Unfit(ValueError):
    """The filter of the whole dashboard cannot be asked of this metric."""


def _condition(actor: Actor, metric: Metric, own: str, over: str) -> str:
    if not over:
        return own
    base = base_of(metric)
    tree = filters.parse(over, registry.get(ABOUT), actor=actor)
    if tree == EVERYTHING:
        return own
    path = _path_to(base)
    if path is None:
        raise _Unfit(_("The filter of the dashboard is about customers, and this metric is not."))
    return joined(own, filters.to_text(prefixed(tree, path)))


def _path_to(metric: Metric) -> tuple[str, ...] | None:
    """The way from the metric's list to customers; None where there is none."""
    if metric.lists == ABOUT:
        return ()
    for link in metric.links:
        if link.record_type == ABOUT and link.path and not link.other:
            return tuple(link.path.split("."))
    return None


def _days(metric: Metric, tile: Tile, lens: Lens, day: date) -> tuple[Span | None, str | None]:
    """The days and the length of periods: the dashboard's, else the tile's; coarser where a chart has no room."""
    if not base_of(metric).time:
        return None, None
    span = ranges.span_of(lens.period or tile.period, day)
    grain = lens.grain or tile.grain or None
    if span is None:
        return None, grain
    room = min(ROOM.get(tile.chart, MOST), MOST)
    if grain is None or len(between(span.since, span.until, grain)) > room:
        first = GRAINS.index(grain) if grain else (GRAINS.index("month") if _is_long(span) else 0)
        grain = next(
            (one for one in GRAINS[first:] if len(between(span.since, span.until, one)) <= room), "year"
        )
    return span, grain


def _is_long(span: Span) -> bool:
    return (span.until - span.since).days > 92
