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
from dangol.records.rest.endpoints import (
    body_of,
    endpoint,
    etag,
    id_of,
    json_response,
    not_found,
    parameters,
    versions_in,
)
from dangol.records.rest.problems import Problem

ORIGIN: Final = "api"
_STATUS: Final = {"forbidden": 403, "conflict": 409}
WRITES: Final = frozenset({"create", "edit"})


def _list(request: HttpRequest, actor: Actor) -> HttpResponse:
    """`GET /api/v1/dashboards`: those that the caller finds. One query."""
    _allowed(actor)
    parameters(request)
    rows = keeping.found_by(actor).order_by("pk")[:500]
    return json_response({"items": [_shown(actor, row) for row in rows]})


def _create(request: HttpRequest, actor: Actor) -> HttpResponse:
    """`POST /api/v1/dashboards`: a dashboard of one's own; a token that may only look makes none."""
    _allowed(actor, writes=True)
    parameters(request)
    try:
        row = keeping.dashboard_create(actor=actor, values=body_of(request), origin=ORIGIN)
    except TileError as error:
        raise _problem(error) from None
    headers = {"Location": f"/api/v1/dashboards/{row.pk}", "ETag": etag(row.version)}
    return json_response(_shown(actor, row), status=201, headers=headers)


def _read(request: HttpRequest, actor: Actor, dashboard_id: str) -> HttpResponse:
    """`GET /api/v1/dashboards/{id}`."""
    _allowed(actor)
    parameters(request)
    row = _found(actor, dashboard_id)
    return json_response(_shown(actor, row), headers={"ETag": etag(row.version)})


def _change(request: HttpRequest, actor: Actor, dashboard_id: str) -> HttpResponse:
    """`PATCH /api/v1/dashboards/{id}`: what the body names, based on `version` or `If-Match`."""
    _allowed(actor, writes=True)
    parameters(request)
    row = _found(actor, dashboard_id)
    values = body_of(request)
    version = values.pop("version", None)
    if version is not None and (not isinstance(version, int) or isinstance(version, bool)):
        raise _problem(TileError("version", _("Give the version as the number that you read.")))
    header = request.headers.get("If-Match")
    if header is not None and (asked := versions_in(header)) is not None:
        if row.version not in asked:
            raise Problem(412, "changed", _("The record has been changed since you read it."))
        version = row.version
    try:
        row = keeping.dashboard_change(
            actor=actor, dashboard_id=row.pk, values=values, version=version, origin=ORIGIN
        )
    except keeping.DashboardMissing:
        raise _not_yours() from None
    except TileError as error:
        raise _problem(error) from None
    return json_response(_shown(actor, row), headers={"ETag": etag(row.version)})


def _delete(request: HttpRequest, actor: Actor, dashboard_id: str) -> HttpResponse:
    """`DELETE /api/v1/dashboards/{id}`."""
    _allowed(actor, writes=True)
    parameters(request)
    row = _found(actor, dashboard_id)
    try:
        keeping.dashboard_delete(actor=actor, dashboard_id=row.pk, origin=ORIGIN)
    except keeping.DashboardMissing:
        raise _not_yours() from None
    return HttpResponse(status=204)


def _tile(request: HttpRequest, actor: Actor, dashboard_id: str, tile_id: str) -> HttpResponse:
    """`GET /api/v1/dashboards/{id}/tiles/{tile}?period=&grain=&filter=`: its marks, of what the caller may see."""
    _allowed(actor)
    given = parameters(request, "period", "grain", "filter")
    row = _found(actor, dashboard_id)
    try:
        tile = keeping.tile_of(row, tile_id)
        lens = pages.lens_of(given, row)
        if lens.filter != row.filter:
            keeping.check_filter(actor, lens.filter)
    except keeping.DashboardMissing:
        raise not_found() from None
    except TileError as error:
        raise Problem(400, error.code, error.message, errors=[_error(error)]) from None
    shown = show(actor, tile, lens, day=day_of_data(), author=keeping.can_change(actor, row))
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
    mine = keeping.can_change(actor, row)
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


def _allowed(actor: Actor, *, writes: bool = False) -> None:
    if not keeping.can_use(actor):
        raise Problem(
            403, "forbidden", _("Metrics need the permission to see the records that they are computed from.")
        )
    if writes and not (actor.is_administrator or any(action in WRITES for _type, action in actor.grants)):
        raise Problem(403, "forbidden", _("This token may only look."))


def _found(actor: Actor, dashboard_id: str) -> Dashboard:
    try:
        return keeping.dashboard_get(actor, id_of(dashboard_id))
    except keeping.DashboardMissing:
        raise not_found() from None


def _not_yours() -> Problem:
    return Problem(403, "forbidden", _("Only its owner may change this dashboard."))


def _error(error: TileError) -> dict[str, str]:
    return {"field": error.field, "code": error.code, "message": error.message}


def _problem(error: TileError) -> Problem:
    return Problem(_STATUS.get(error.code, 422), error.code, error.message, errors=[_error(error)])


dashboards = endpoint(GET=_list, POST=_create)
dashboard = endpoint(GET=_read, PATCH=_change, DELETE=_delete)
tile = endpoint(GET=_tile)
