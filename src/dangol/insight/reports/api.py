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
from dangol.records import sharing
from dangol.records.rest.endpoints import endpoint, json_response
from dangol.records.rest.kept import Kept, problem_of
from dangol.records.rest.problems import Problem


def _result(request: HttpRequest, actor: Actor, report_id: str) -> HttpResponse:
    """`GET /api/v1/reports/{id}/result`: its numbers, of what the caller may see."""
    row, _given = KEPT.found(request, actor, report_id)
    try:
        plan = keeping.plan_of(row)
        keeping.check(actor, plan)
        return json_response(_table(actor, plan) if plan.kind == TABLE else _pivot(reading_of(actor, plan)))
    except ReportError as error:
        if sharing.can_change(actor, row) or error.code == "too_slow":
            raise problem_of(error) from None
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
    mine = sharing.can_change(actor, row)
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


KEPT: Final = Kept(
    path="reports",
    parameter="report_id",
    can_use=keeping.can_use,
    refusal=lambda: _("Reports need the permission to see records."),
    found_by=keeping.found_by,
    get=keeping.report_get,
    create=keeping.report_create,
    change=lambda *, row_id, **given: keeping.report_change(report_id=row_id, **given),
    delete=lambda *, row_id, **given: keeping.report_delete(report_id=row_id, **given),
    shown=_shown,
)

reports = KEPT.every()
report = KEPT.one()
result = endpoint(GET=_result)
