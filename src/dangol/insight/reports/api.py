"""Reports for programs: read, made, changed, taken away, and answered by what the caller may see."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.insight.links import plain
from dangol.insight.models import Report
from dangol.insight.reports import keeping
from dangol.insight.reports.axes import Reading, reading_of
from dangol.insight.reports.computing import ALL, Pivot, compute
from dangol.insight.reports.plans import TABLE, Plan, ReportError
from dangol.insight.reports.showing import cell_url, grid_of
from dangol.insight.reports.tables import ROWS, table_of
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
_STATUS: Final = {"forbidden": 403, "conflict": 409, "too_slow": 503}
WRITES: Final = frozenset({"create", "edit"})


def _list(request: HttpRequest, actor: Actor) -> HttpResponse:
    """`GET /api/v1/reports`: those that the caller finds. One query."""
    _allowed(actor)
    parameters(request)
    rows = keeping.found_by(actor).order_by("pk")[:500]
    return json_response({"items": [_shown(actor, row) for row in rows]})


def _create(request: HttpRequest, actor: Actor) -> HttpResponse:
    """`POST /api/v1/reports`: a report of one's own; a token that may only look makes none."""
    _allowed(actor, writes=True)
    parameters(request)
    try:
        row = keeping.report_create(actor=actor, values=body_of(request), origin=ORIGIN)
    except ReportError as error:
        raise _problem(error) from None
    headers = {"Location": f"/api/v1/reports/{row.pk}", "ETag": etag(row.version)}
    return json_response(_shown(actor, row), status=201, headers=headers)


def _read(request: HttpRequest, actor: Actor, report_id: str) -> HttpResponse:
    """`GET /api/v1/reports/{id}`."""
    _allowed(actor)
    parameters(request)
    row = _found(actor, report_id)
    return json_response(_shown(actor, row), headers={"ETag": etag(row.version)})


def _change(request: HttpRequest, actor: Actor, report_id: str) -> HttpResponse:
    """`PATCH /api/v1/reports/{id}`: what the body names, based on `version` or `If-Match`."""
    _allowed(actor, writes=True)
    parameters(request)
    row = _found(actor, report_id)
    values = body_of(request)
    version = values.pop("version", None)
    if version is not None and (not isinstance(version, int) or isinstance(version, bool)):
        raise _problem(ReportError("version", _("Give the version as the number that you read.")))
    header = request.headers.get("If-Match")
    if header is not None and (asked := versions_in(header)) is not None:
        if row.version not in asked:
            raise Problem(412, "changed", _("The record has been changed since you read it."))
        version = row.version
    try:
        row = keeping.report_change(
            actor=actor, report_id=row.pk, values=values, version=version, origin=ORIGIN
        )
    except keeping.ReportMissing:
        raise _not_yours() from None
    except ReportError as error:
        raise _problem(error) from None
    return json_response(_shown(actor, row), headers={"ETag": etag(row.version)})


def _delete(request: HttpRequest, actor: Actor, report_id: str) -> HttpResponse:
    """`DELETE /api/v1/reports/{id}`."""
    _allowed(actor, writes=True)
    parameters(request)
    row = _found(actor, report_id)
    try:
        keeping.report_delete(actor=actor, report_id=row.pk, origin=ORIGIN)
    except keeping.ReportMissing:
        raise _not_yours() from None
    return HttpResponse(status=204)


def _result(request: HttpRequest, actor: Actor, report_id: str) -> HttpResponse:
    """`GET /api/v1/reports/{id}/result`: its numbers, of what the caller may see."""
    _allowed(actor)
    parameters(request)
    row = _found(actor, report_id)
    try:
        plan = keeping.plan_of(row)
        keeping.check(actor, plan)
        return json_response(_table(actor, plan) if plan.kind == TABLE else _pivot(reading_of(actor, plan)))
    except ReportError as error:
        if keeping.can_change(actor, row) or error.code == "too_slow":
            raise _problem(error) from None
        message = _("This report asks for something that you may not see.")
        raise Problem(403, "forbidden", message) from None


def _table(actor: Actor, plan: Plan) -> dict[str, Any]:
    table = table_of(actor, plan)
    rows = [
        {field.name: field.to_json(row[field.name]) for field in table.fields if field.name != "id"}
        | {"id": row["id"]}
        for row in table.rows
    ]
    return {
        "kind": plan.kind,
        "columns": [field.name for field in table.fields],
        "rows": rows,
        "count": {"value": table.count.value, "exact": table.count.exact},
        "limited": len(rows) == ROWS,
        "url": table.list_url,
    }


def _pivot(reading: Reading) -> dict[str, Any]:
    pivot = compute(reading)
    grid = grid_of(reading, pivot)
    return {
        "kind": reading.plan.kind,
        "rows": [{"key": line.key, "label": line.name} for line in grid.lines],
        "across": [{"key": key, "label": name} for key, name in grid.heads if key is not ALL],
        "measures": [one.name for one in reading.measures],
        "cells": [
            _cell(reading, pivot, line.key, column)
            for line in (*grid.lines, grid.total)
            for column, _name in grid.heads
            if pivot.at(line.key, column).count
        ],
        "limited": pivot.rows_cut or pivot.across_cut,
        "notes": list(grid.notes),
    }


def _cell(reading: Reading, pivot: Pivot, row: str | None, column: str | None) -> dict[str, Any]:
    cell = pivot.at(row, column)
    values = [
        [{"currency": currency or None, "value": plain(value)} for currency, value in one.items()]
        for one in cell.values
    ]
    return {
        "row": row,
        "across": column,
        "count": cell.count,
        "values": values,
        "url": cell_url(reading, row, column),
    }


def _shown(actor: Actor, row: Report) -> dict[str, Any]:
    """The report; what it asks is not told (null) where the caller could not have asked it."""
    mine = keeping.can_change(actor, row)
    told = mine or keeping.reads(actor, row)
    names = ("kind", "columns", "rows", "across", "measures", "sort")
    return {
        "id": row.pk,
        "version": row.version,
        "name": row.name,
        "description": row.description,
        "audience": row.audience,
        "owner": {"id": row.owner_id, "name": row.owner.name} if row.owner else None,
        "mine": mine,
        "record_type": row.record_type,
        "filter": row.filter if told else None,
        **{name: row.plan.get(name) if told else None for name in names},
        "url": f"/reports/{row.pk}/",
    }


def _allowed(actor: Actor, *, writes: bool = False) -> None:
    if not keeping.can_use(actor):
        raise Problem(403, "forbidden", _("Reports need the permission to see records."))
    if writes and not (actor.is_administrator or any(action in WRITES for _type, action in actor.grants)):
        raise Problem(403, "forbidden", _("This token may only look."))


def _found(actor: Actor, report_id: str) -> Report:
    try:
        return keeping.report_get(actor, id_of(report_id))
    except keeping.ReportMissing:
        raise not_found() from None


def _not_yours() -> Problem:
    return Problem(403, "forbidden", _("Only its owner may change this report."))


def _problem(error: ReportError) -> Problem:
    said = {"field": error.field, "code": error.code, "message": error.message}
    return Problem(_STATUS.get(error.code, 422), error.code, error.message, errors=[said])


reports = endpoint(GET=_list, POST=_create)
report = endpoint(GET=_read, PATCH=_change, DELETE=_delete)
result = endpoint(GET=_result)
