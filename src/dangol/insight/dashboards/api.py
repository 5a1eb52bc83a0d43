"""Dashboards for programs: read, made, changed, taken away, and what a tile shows to the caller."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.insight.dashboards import keeping, pages
from dangol.insight.dashboards.answering import day_of_data, show
from dangol.insight.dashboards.pictures import Mark, Picture, picture
from dangol.insight.dashboards.tiles import Tile, TileError, read
from dangol.insight.links import plain
from dangol.insight.models import Dashboard
from dangol.measures.metrics import base_of, find
from dangol.measures.metrics.questions import may_ask
from dangol.records import sharing
from dangol.records.rest.endpoints import endpoint, json_response, not_found
from dangol.records.rest.kept import Kept, problem_of


def _tile(request: HttpRequest, actor: Actor, dashboard_id: str, tile_id: str) -> HttpResponse:
    """`GET /api/v1/dashboards/{id}/tiles/{tile}?period=&grain=&filter=`: its marks, of what the caller may see."""
    row, given = KEPT.found(request, actor, dashboard_id, "period", "grain", "filter")
    try:
        tile = keeping.tile_of(row, tile_id)
        lens = pages.lens_of(given, row)
        if lens.filter != row.filter:
            keeping.check_filter(actor, lens.filter)
    except keeping.DashboardMissing:
        raise not_found() from None
    except TileError as error:
        raise problem_of(error, 400) from None
    shown = show(actor, tile, lens, day=day_of_data(), author=sharing.can_change(actor, row))
    said: dict[str, Any] = {
        "id": tile.id,
        "chart": tile.chart,
        "title": shown.title,
        "problem": shown.problem,
    }
    if shown.problem or (tile.chart != "note" and shown.answer is None):
        return json_response({**said, "refused": shown.refused})
    answer = shown.answer
    span = answer.question.span if answer is not None else None
    return json_response(
        {
            **said,
            "refused": False,
            "metric": tile.metric or None,
            "from": span.since.isoformat() if span else None,
            "to": span.until.isoformat() if span else None,
            "grain": answer.grain or None if answer is not None else None,
            "as_of": answer.as_of.isoformat() if answer is not None and answer.as_of else None,
            "limited": bool(answer is not None and answer.limited),
            **_drawn(picture(shown)),
        }
    )


def _drawn(made: Picture) -> dict[str, Any]:
    return {
        "text": made.text,
        "number": _mark(made.number) if made.number else None,
        "series": [{"name": one.name, "marks": [_mark(mark) for mark in one.marks]} for one in made.series],
        "heads": list(made.heads),
        "rows": [
            {"name": name, "cells": [_mark(mark) for mark, _shade in cells]} for name, cells in made.rows
        ],
        "more": made.more,
    }


def _mark(mark: Mark) -> dict[str, Any]:
    value = None if mark.value is None else plain(mark.value)
    return {"label": mark.label, "value": value, "text": mark.text, "url": mark.url}


def _shown(actor: Actor, row: Dashboard) -> dict[str, Any]:
    mine = sharing.can_change(actor, row)
    return {
        "id": row.pk,
        "version": row.version,
        "name": row.name,
        "description": row.description,
        "audience": row.audience,
        "owner": {"id": row.owner_id, "name": row.owner.name} if row.owner else None,
        "mine": mine,
        "period": row.period,
        "filter": row.filter if mine or keeping.reads(actor, row.filter, keeping.ABOUT) else None,
        "tiles": [_described(actor, tile, mine=mine) for tile in read(row.tiles)],
        "url": f"/dashboards/{row.pk}/",
    }


def _described(actor: Actor, tile: Tile, *, mine: bool) -> dict[str, Any]:
    """The tile; of others' tiles without a filter over what is not there for the caller (null)."""
    values: dict[str, Any] = asdict(tile)
    metric = find(tile.metric)
    if mine or not tile.filter:
        return values
    known = metric is not None and may_ask(actor, metric)
    if metric is None or not known or not keeping.reads(actor, tile.filter, base_of(metric).lists):
        values["filter"] = None
    return values


KEPT: Final = Kept(
    path="dashboards",
    parameter="dashboard_id",
    can_use=keeping.can_use,
    refusal=lambda: _("Metrics need the permission to see the records that they are computed from."),
    found_by=keeping.found_by,
    get=keeping.dashboard_get,
    create=keeping.dashboard_create,
    change=lambda *, row_id, **given: keeping.dashboard_change(dashboard_id=row_id, **given),
    delete=lambda *, row_id, **given: keeping.dashboard_delete(dashboard_id=row_id, **given),
    shown=_shown,
)

dashboards = KEPT.every()
dashboard = KEPT.one()
tile = endpoint(GET=_tile)
