"""What the pages of dashboards need of a request: the dashboard, the lens over its tiles, and a tile's form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.insight.dashboards import keeping, ranges
from dangol.insight.dashboards.answering import Lens, Shown, day_of_data, show, title_of
from dangol.insight.dashboards.drawing import draw
from dangol.insight.dashboards.pictures import picture
from dangol.insight.dashboards.tiles import (
    SPLIT_CHARTS,
    Tile,
    TileError,
    chart_labels,
    check_period,
    read,
    tile_from,
)
from dangol.insight.dictionary.pages import grains
from dangol.insight.models import Dashboard
from dangol.measures.metrics import base_of, find
from dangol.measures.metrics.dimensions import dimensions_for
from dangol.measures.metrics.periods import GRAINS
from dangol.measures.metrics.questions import every_for, may_ask
from dangol.records import permissions, registry

CELL: Final = (92, 76)
"""How large a cell is where the page does not say: pixels across and down."""
HEAD: Final = 46
CHARTS_DRAWN: Final = ("line", "bar", "stacked", "funnel")


def lens_of(parameters: Mapping[str, str], dashboard: Dashboard) -> Lens:
    """Days and filter over all tiles: those asked for, else the dashboard's. Raises TileError."""
    period = parameters.get("period", dashboard.period)
    since, until = parameters.get("since", ""), parameters.get("until", "")
    if since and until:
        period = f"{since}..{until}"
    lens = Lens(
        period[:24], parameters.get("grain", "")[:8], parameters.get("filter", dashboard.filter)[:2_000]
    )
    if "\0" in f"{lens}" or lens.grain not in ("", *GRAINS):
        raise TileError("grain", _("Choose one of: %(choices)s.") % {"choices": ", ".join(GRAINS)})
    check_period(lens.period)
    return lens


def lens_query(lens: Lens, dashboard: Dashboard) -> str:
    """The lens as the address of a tile carries it; the dashboard's own filter is not told there."""
    told = {} if lens.filter == dashboard.filter else {"filter": lens.filter}
    return urlencode({"period": lens.period, "grain": lens.grain, **told})


def found(actor: Actor, dashboard_id: int) -> Dashboard:
    """The dashboard, or 404."""
    if not keeping.can_use(actor):
        raise Http404
    try:
        return keeping.dashboard_get(actor, dashboard_id)
    except keeping.DashboardMissing:
        raise Http404 from None


def tiles_of(actor: Actor, dashboard: Dashboard, lens: Lens) -> list[dict[str, Any]]:
    """The tiles' frames: place, title and the address that answers. No query."""
    query = lens_query(lens, dashboard)
    frames = []
    for tile in read(dashboard.tiles):
        metric = find(tile.metric)
        allowed = tile.chart == "note" or (metric is not None and may_ask(actor, metric))
        frames.append(
            {
                "tile": tile,
                "title": title_of(actor, tile) if tile.title or allowed else _("Tile"),
                "query": query,
                "place": _("column %(x)s, row %(y)s, %(w)s wide, %(h)s high")
                % {"x": tile.x + 1, "y": tile.y + 1, "w": tile.w, "h": tile.h},
            }
        )
    return frames


def size_of(request: HttpRequest, tile: Tile) -> tuple[int, int]:
    """How many pixels the chart of a tile has."""
    return (
        _pixels(request.GET.get("px", ""), tile.w * CELL[0] - 28, 1_800),
        _pixels(request.GET.get("py", ""), tile.h * CELL[1] - HEAD - 24, 900),
    )


def _pixels(text: str, fallback: int, most: int) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 5 and int(text) >= 40:
        return min(int(text), most)
    return fallback


def content(shown: Shown, width: int, height: int) -> dict[str, Any]:
    """What stands in a tile: its picture, or the sentence that says why there is none. No query."""
    context: dict[str, Any] = {"shown": shown, "tile": shown.tile, "title": shown.title}
    if shown.answer is None and shown.tile.chart != "note":
        return context
    made = picture(shown)
    context["picture"] = made
    if made.empty:
        return context
    notes = 20 if made.more or made.limited else 0
    if made.kind in CHARTS_DRAWN:
        context["svg"] = draw(made, width, max(height - notes, 60), shown.title)
    elif made.kind == "number" and made.series and height - notes - 58 >= 14:
        context["svg"] = draw(made, width, min(height - notes - 58, 90), shown.title)
    return context


def form_of(actor: Actor, given: Mapping[str, str], tile: Tile | None) -> dict[str, Any]:
    """The form of a tile: metric, split, chart, and a preview of what was chosen so far. The preview costs what asking costs."""
    values = (
        {name: getattr(tile, name) for name in FORM}
        if tile is not None
        else {"chart": "", "against": "before"}
    )
    values |= {name: given[name] for name in FORM if name in given}
    metrics = every_for(actor)
    groups: dict[str, list[Any]] = {}
    for metric in sorted(metrics, key=lambda one: str(one.label)):
        groups.setdefault(str(metric.owner), []).append(metric)
    chosen = next((metric for metric in metrics if metric.name == values.get("metric")), None)
    dimensions = list(dimensions_for(actor, chosen).values()) if chosen is not None else []
    if values.get("by") not in {one.name for one in dimensions}:
        values["by"] = ""
    timed = chosen is not None and bool(base_of(chosen).time)
    charts = [(name, label) for name, label in chart_labels().items() if _fits(name, values["by"], timed)]
    if values.get("chart") != "note" and values.get("chart") not in {name for name, _label in charts}:
        values["chart"] = "bar" if values["by"] else ("number" if chosen is not None else "")
    context: dict[str, Any] = {
        "values": values,
        "groups": sorted(groups.items()),
        "dimensions": dimensions,
        "charts": charts,
        "periods": list(ranges.labels().items()),
        "grains": list(grains().items()),
        "timed": timed,
        "chosen": chosen,
        "note": values.get("chart") == "note",
        "listed": registry.find(base_of(chosen).lists)
        if chosen is not None and base_of(chosen).lists
        else None,
    }
    if chosen is not None and not context["note"]:
        try:
            made = tile_from({**{name: values.get(name, "") for name in FORM}, "w": 6, "h": 4})
            shown = show(actor, made, Lens(), day=day_of_data(), author=True)
            context |= {"preview": content(shown, 480, 230)}
        except TileError as error:
            context["preview_problem"] = error.message
    return context


FORM: Final = ("title", "metric", "by", "chart", "filter", "period", "grain", "against", "text")


def _fits(chart: str, by: str, timed: bool) -> bool:
    if chart == "note":
        return False
    if chart == "number":
        return not by
    if chart in SPLIT_CHARTS and not by:
        return False
    return timed or chart in ("bar", "table", "funnel")


def can_filter(actor: Actor) -> bool:
    """Whether the actor may filter by customers at all."""
    return permissions.allowed(actor, registry.get(keeping.ABOUT), "view")
