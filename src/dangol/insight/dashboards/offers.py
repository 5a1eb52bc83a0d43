"""The first dashboard: offered ready made of standing metrics, those that the person may ask for."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.insight.dashboards import grid
from dangol.insight.dashboards.tiles import MOST
from dangol.measures.metrics import find
from dangol.measures.metrics.dimensions import dimensions_for
from dangol.measures.metrics.questions import may_ask

WISHED: Final[tuple[dict[str, Any], ...]] = (
    {"chart": "number", "metric": "revenue", "against": "year"},
    {"chart": "number", "metric": "orders", "against": "year"},
    {"chart": "number", "metric": "active_customers", "against": "year"},
    {"chart": "number", "metric": "repeat_rate", "against": "year"},
    {"chart": "line", "metric": "revenue", "against": "year", "w": 8, "h": 4},
    {"chart": "funnel", "metric": "customers", "by": "customer.rfm.segment", "w": 4, "h": 4},
    {"chart": "stacked", "metric": "orders", "by": "customer.grade", "w": 6, "h": 4},
    {"chart": "table", "metric": "revenue", "by": "customer.owner", "w": 6, "h": 4},
)


def first_tiles(actor: Actor) -> list[dict[str, Any]]:
    """Tiles of metrics that the actor may ask for; where none of the usual ones is, numbers of those there are. No query."""
    found: list[dict[str, Any]] = []
    for wish in WISHED:
        metric = find(wish["metric"])
        if metric is None or metric.hidden or not may_ask(actor, metric):
            continue
        if wish.get("by") and wish["by"] not in dimensions_for(actor, metric):
            continue
        found.append({"w": 3, "h": 2, **wish})
    boxes = grid.flowed([grid.Box(str(at), 0, 0, one["w"], one["h"]) for at, one in enumerate(found)])
    for box in boxes:
        found[int(box.key)] |= {"x": box.x, "y": box.y}
    return found[:MOST]


def first_values(actor: Actor) -> dict[str, Any]:
    """The offered dashboard: name, period and tiles."""
    return {"name": _("My first dashboard"), "period": "12m", "tiles": first_tiles(actor)}
