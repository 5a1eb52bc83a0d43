"""A dashboard on paper: a PDF whose text can be read and searched, with the same charts as on the page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.contrib.staticfiles import finders
from django.utils import translation
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.insight.dashboards import ranges
from dangol.insight.dashboards.answering import Lens, Shown, day_of_data, show
from dangol.insight.dashboards.drawing import draw
from dangol.insight.dashboards.pictures import Picture, picture
from dangol.insight.dashboards.tiles import Tile, read
from dangol.insight.models import Dashboard
from dangol.records.sharing import can_change
from dangol.web import formats

LAYOUT: Final = Path(__file__).with_name("dashboard.typ")
FONTS: Final = ("Pretendard-Regular.otf", "Pretendard-SemiBold.otf")
ROWS: Final = 40
"""The most rows of a table on paper; the page has all."""


class FontMissing(RuntimeError):
    """The font of the paper is not installed; the message says what brings it."""


@cache
def fonts() -> tuple[str, ...]:
    """The folders of the font. Raises FontMissing."""
    folders = set()
    for name in FONTS:
        found = finders.find(f"vendor/pretendard/{name}")
        if not isinstance(found, str):
            raise FontMissing(f"{name} is missing; run `python -m dangol.web.assets node_modules`")
        folders.add(str(Path(found).parent))
    return tuple(sorted(folders))


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
    import typst

    with translation.override(actor.language):
        content = _content(dashboard, actor, at)
    charts = {
        f"{tile['id']}.svg": tile.pop("drawn").encode() for tile in content["tiles"] if tile.get("drawn")
    }
    source: Any = {  # several files; the library's types know one
        "main": LAYOUT.read_bytes(), "data.json": json.dumps(content, ensure_ascii=False).encode(), **charts,
    }  # fmt: skip
    made = typst.compile(source, format="pdf", font_paths=list(fonts()), ignore_system_fonts=True)
    if not isinstance(made, bytes):
        raise TypeError("one PDF was expected")
    return made


def _content(dashboard: Dashboard, actor: Actor, at: datetime) -> dict[str, Any]:
    day = day_of_data()
    lens = Lens(dashboard.period, "", dashboard.filter)
    author = can_change(actor, dashboard)
    tiles = [_tile(tile, show(actor, tile, lens, day=day, author=author)) for tile in read(dashboard.tiles)]
    zone = ZoneInfo(actor.time_zone)
    made = formats.moment(at, actor.language, zone)
    heads = [ranges.name_of(dashboard.period)] if dashboard.period else []
    heads.append(_("Data up to %(day)s") % {"day": day.isoformat()})
    return {
        "language": "ko" if actor.language.startswith("ko") else "en",
        "title": dashboard.name,
        "description": dashboard.description,
        "heads": heads,
        "foot": _("For %(name)s, %(moment)s. Of what this person may see.")
        % {"name": actor.name, "moment": made},
        "rows": _rows(tiles),
        "tiles": tiles,
    }


def _rows(tiles: Sequence[dict[str, Any]]) -> list[list[int]]:
    """The tiles by line of paper, as many beside each other as have room in twelve columns."""
    rows: list[list[int]] = []
    room = 0
    for at, tile in enumerate(tiles):
        if tile["w"] > room or tile["y"] != tiles[rows[-1][0]]["y"]:
            rows.append([])
            room = 12
        rows[-1].append(at)
        room -= tile["w"]
    return rows


def _tile(tile: Tile, shown: Shown) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": tile.id, "kind": tile.chart, "title": shown.title, "x": tile.x, "y": tile.y, "w": tile.w, "said": "",
    }  # fmt: skip
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
        found["list"] = (
            [[mark.label, mark.text] for mark in made.series[0].marks] if made.kind == "funnel" else []
        )
    found["has_drawn"] = "drawn" in found
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
        "rest": " · ".join(rest),
    }
