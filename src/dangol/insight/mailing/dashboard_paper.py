"""A dashboard on paper."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.utils import translation
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.insight.dashboards import ranges
from dangol.insight.dashboards.answering import Lens, Shown, day_of_data, show
from dangol.insight.dashboards.drawing import draw
from dangol.insight.dashboards.pictures import Picture, picture
from dangol.insight.dashboards.tiles import Tile, read
from dangol.insight.mailing.paper import box, sheet_pdf
from dangol.insight.models import Dashboard
from dangol.records.sharing import can_change

ROWS: Final = 40
"""The most rows of a table on paper; the page has all."""


def dashboard_pdf(dashboard: Dashboard, actor: Actor, *, at: datetime) -> bytes:
    """The dashboard as this person may see it, in this person's language, as PDF.

    Args:
        dashboard: one that the actor finds.
        actor: whose permissions hold.
        at: the moment that stands on the paper.

    Raises:
        FontMissing: the font was not copied.

    Costs what the tiles cost, and a query for the day of the data.
    """
    with translation.override(actor.language):
        day = day_of_data()
        lens = Lens(dashboard.period, "", dashboard.filter)
        author = can_change(actor, dashboard)
        boxes = [
            _tile(tile, show(actor, tile, lens, day=day, author=author)) for tile in read(dashboard.tiles)
        ]
        heads = [ranges.name_of(dashboard.period)] if dashboard.period else []
        heads.append(_("Data up to %(day)s") % {"day": day.isoformat()})
        return sheet_pdf(
            title=dashboard.name,
            description=dashboard.description,
            heads=heads,
            boxes=boxes,
            actor=actor,
            at=at,
        )


def _tile(tile: Tile, shown: Shown) -> dict[str, Any]:
    found = box(tile.id, tile.chart, shown.title, w=tile.w, y=tile.y)
    if shown.problem:
        return found | {"said": shown.problem}
    if tile.chart != "note" and (shown.answer is None or shown.answer.as_of is None):
        return found | {"said": _("Nothing was computed yet. It comes with the next refresh.")}
    made = picture(shown)
    if made.empty:
        return found | {"said": _("There is nothing in this period.")}
    found |= _words(made)
    width = round(tile.w / 12 * 760) - 20
    if made.kind == "number":
        if made.series:
            found["drawn"] = str(draw(made, width, 30, paper=True))
    elif made.kind not in ("note", "table", "heat"):
        found["drawn"] = str(draw(made, width, min(tile.h, 6) * 48, paper=True))
    return found


def _words(made: Picture) -> dict[str, Any]:
    rest = []
    if made.more or len(made.rows) > ROWS:
        rest.append(_("and %(more)s more") % {"more": made.more + max(0, len(made.rows) - ROWS)})
    if made.limited:
        rest.append(_("Of what you may see"))
    return {
        "text": made.text,
        "number": made.number.text if made.number else "",
        "trend": made.trend.text if made.trend else "",
        "good": {True: "good", False: "bad", None: ""}[made.trend.good] if made.trend else "",
        "detail": made.trend.detail if made.trend else made.detail,
        "heads": list(made.heads),
        "cells": [[name, *([mark.text, shade] for mark, shade in cells)] for name, cells in made.rows[:ROWS]],
        "left": [True, *(False for _head in made.heads[1:])],
        "wide": [-1, *(0 for _head in made.heads[1:])],
        "rest": " · ".join(rest),
    }
