"""The pages of reports: the list, the builder with its preview, one report, its file."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dangol.identity.actors import Actor
from dangol.insight.dashboards.drawing import draw
from dangol.insight.models import Report
from dangol.insight.reports import building, exports, keeping
from dangol.insight.reports.axes import reading_of, type_of
from dangol.insight.reports.computing import compute
from dangol.insight.reports.plans import PIVOT, TABLE, Plan, ReportError, plan_from
from dangol.insight.reports.showing import grid_of, locale_for, picture_of
from dangol.insight.reports.tables import ROWS, table_of
from dangol.records import registry, sharing
from dangol.records.exporting.errors import ExportProblem
from dangol.records.exporting.views import as_download
from dangol.records.models import Audience
from dangol.records.views.access import actor_of

MENU: Final[dict[str, Any]] = {"menu_key": "reports"}
CHART: Final = (760, 260)
CHART_WIDE: Final = (1100, 280)
"""Pixels of the chart in the builder and on narrower windows, and of the one that fills a wide window."""
KEPT: Final = ("name", "description", "audience")


def _user(request: HttpRequest) -> Actor:
    actor = actor_of(request)
    if not keeping.can_use(actor):
        raise Http404
    return actor


def _found(actor: Actor, report_id: int) -> Report:
    try:
        return keeping.report_get(actor, report_id)
    except keeping.ReportMissing:
        raise Http404 from None


@require_safe
def reports(request: HttpRequest) -> HttpResponseBase:
    """The reports that the reader finds, one's own first. One query."""
    actor = _user(request)
    rows = []
    for row in keeping.found_by(actor).order_by("name", "pk")[:500]:
        known = registry.find(row.record_type)
        rows.append(
            {
                "report": row,
                "about": str(known.label_plural) if known else row.record_type,
                "kind": _("Table") if row.plan.get("kind") == TABLE else _("Pivot"),
                "mine": row.owner_id == actor.user_id,
            }
        )
    rows.sort(key=lambda row: not row["mine"])
    return render(request, "insight/reports/list.html", {"rows": rows, **MENU})


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponseBase:
    """Choose what a report shows, with a live preview, and keep it. The preview costs what the report costs."""
    actor = _user(request)
    asked = request.POST if request.method == "POST" else request.GET
    values = building.given(asked)
    values.setdefault("record_type", building.first_type(actor))
    return _build(request, actor, values, None)


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, report_id: int) -> HttpResponseBase:
    """One report for this reader; with `edit` the builder, for those who may change it."""
    actor = _user(request)
    row = _found(actor, report_id)
    mine = sharing.can_change(actor, row)
    if request.method == "POST" or "edit" in request.GET:
        if not mine:
            raise Http404
        asked = request.POST if request.method == "POST" else request.GET
        kept = {**row.plan, "record_type": row.record_type, "filter": row.filter}
        values = building.given(asked)
        return _build(request, actor, values if "record_type" in values else kept, row)
    context: dict[str, Any] = {"report": row, "can_change": mine, **MENU}
    try:
        plan = keeping.plan_of(row)
        keeping.check(actor, plan)
        context |= {"plan": plan, "copy": _copy(plan), **_result(actor, plan)}
    except ReportError as error:
        context["problem"] = _told(error, told=mine)
    return render(request, "insight/reports/report.html", context)


def _build(
    request: HttpRequest, actor: Actor, values: dict[str, Any], row: Report | None
) -> HttpResponseBase:
    """The builder: what is offered, what is chosen, the preview; on POST it is kept."""
    given = request.POST if request.method == "POST" else request.GET
    errors: dict[str, str] = {}
    status = 200
    version = given.get("version") or (str(row.version) if row else "")
    kept = {name: given.get(name, getattr(row, name) if row else "") for name in KEPT}
    kept["audience"] = kept["audience"] or Audience.PRIVATE
    if not values.get("rows") and values.get("kind", PIVOT) == PIVOT:
        values |= _first(actor, values)
    if request.method == "POST":
        try:
            saved = _save(actor, row, {**values, **kept}, version)
            messages.success(request, _("“%(name)s” is saved.") % {"name": saved.name})
            return redirect("insight:report", saved.pk)
        except ReportError as error:
            errors, status = {error.field: error.message}, 409 if error.code == "conflict" else 422
        except keeping.ReportMissing:
            raise Http404 from None
    context: dict[str, Any] = {"report": row, "version": version, "kept": kept, **MENU}
    context["audiences"] = sharing.audiences_for(actor, kept["audience"])
    try:
        plan = plan_from(values)
    except ReportError as error:
        errors.setdefault(error.field, error.message)
        plan = Plan(str(values.get("record_type", ""))[:64])
    context |= building.form_of(actor, plan)
    try:
        if not errors or set(errors) <= set(KEPT) | {"version"}:
            context |= _result(actor, plan)
    except ReportError as error:
        errors.setdefault(error.field, error.message)
    context["errors"] = errors
    return render(request, "insight/reports/build.html", context, status=status)


def _first(actor: Actor, values: dict[str, Any]) -> dict[str, str]:
    try:
        record_type = type_of(actor, str(values.get("record_type", "")))
    except ReportError:
        return {}
    return {"rows": building.first_group(actor, record_type)}


def _save(actor: Actor, row: Report | None, values: dict[str, Any], version: str) -> Report:
    if row is None:
        return keeping.report_create(actor=actor, values=values)
    number = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0
    return keeping.report_change(actor=actor, report_id=row.pk, values=values, version=number)


def _result(actor: Actor, plan: Plan) -> dict[str, Any]:
    """What stands below: the pivot with its chart, or the table. Raises ReportError."""
    if plan.kind == TABLE:
        table = table_of(actor, plan)
        locale = locale_for(actor)
        rows = [
            {
                "url": f"/{table.record_type.path}/{row['id']}/",
                "cells": [
                    (field.html(row["id"] if field.name == "id" else row[field.name], locale), field.numeric)
                    for field in table.fields
                ],
            }
            for row in table.rows
        ]
        return {"table": table, "rows": rows, "most": ROWS, "cut": len(rows) == ROWS}
    reading = reading_of(actor, plan)
    pivot = compute(reading)
    grid = grid_of(reading, pivot)
    picture = picture_of(reading, pivot, grid) if not grid.empty else None
    drawn = picture is not None and not picture.empty
    sizes = {"svg": CHART, "svg_wide": CHART_WIDE}
    charts = {
        name: draw(picture, *size, reading.rows.label) if picture is not None and drawn else ""
        for name, size in sizes.items()
    }
    return {
        "reading": reading,
        "grid": grid,
        **charts,
        "picture": picture,
        "can_export": exports.can_export(actor, reading),
    }


def _told(error: ReportError, *, told: bool) -> str:
    """Why there is no answer; to others than who made it, no name of a field that is hidden from them."""
    if told or error.code == "too_slow":
        return error.message
    return _("This report asks for something that you may not see.")


def _copy(plan: Plan) -> str:
    query = QueryDict(mutable=True)
    query["record_type"], query["filter"] = plan.record_type, plan.filter
    for name, value in plan.kept().items():
        if isinstance(value, list):
            query.setlist(name, value)
        else:
            query[name] = value
    return query.urlencode()


@require_http_methods(["GET", "HEAD", "POST"])
def export(request: HttpRequest, report_id: int) -> HttpResponseBase:
    """The pivot as a file: GET asks as what and why. A table goes out by the export of its list."""
    actor = _user(request)
    row = _found(actor, report_id)
    try:
        plan = keeping.plan_of(row)
        if plan.kind == TABLE:
            table = table_of(actor, plan)
            if not table.export_url:
                raise Http404
            return redirect(table.export_url)
        reading = reading_of(actor, plan)
    except ReportError:
        raise Http404 from None
    if not exports.can_export(actor, reading):
        raise Http404
    chosen = request.POST.get("format", "xlsx")
    context: dict[str, Any] = {
        "report": row,
        "formats": [(name, exports.told(name)) for name in exports.FORMATS],
        "format": chosen,
        "reason": request.POST.get("reason", ""),
        "needs_reason": exports.asks_reason(reading),
        **MENU,
    }
    if request.method != "POST":
        return render(request, "insight/reports/export.html", context)
    try:
        asked = exports.asked_for(reading, format_name=chosen, reason=context["reason"])
        path, name = exports.export_make(reading, asked, title=row.name)
    except (ExportProblem, ReportError) as problem:
        context["problem"] = str(problem)
        return render(request, "insight/reports/export.html", context, status=422)
    opened = path.open("rb")
    path.unlink()  # what is open can still be read; nothing stays behind, whatever becomes of the download
    return as_download(FileResponse(opened, content_type=asked.content_type), name)


@require_POST
def delete(request: HttpRequest, report_id: int) -> HttpResponse:
    """Take a report away."""
    actor = _user(request)
    row = _found(actor, report_id)
    try:
        keeping.report_delete(actor=actor, report_id=row.pk)
    except keeping.ReportMissing:
        raise Http404 from None
    messages.success(request, _("“%(name)s” is deleted.") % {"name": row.name})
    return redirect("insight:reports")
