"""A report on paper. Each copy takes records out as an export does: who may not export gets none, and it is noted down."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from django.utils import translation
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.insight.dashboards.drawing import draw
from dangol.insight.mailing.columns import Column, laid
from dangol.insight.mailing.paper import box, sheet_pdf
from dangol.insight.models import Report
from dangol.insight.reports import exports, keeping
from dangol.insight.reports.axes import Reading, reading_of
from dangol.insight.reports.computing import compute
from dangol.insight.reports.plans import TABLE, ReportError
from dangol.insight.reports.showing import Grid, grid_of, locale_for, picture_of
from dangol.insight.reports.tables import Table, table_asked, table_asks_reason, table_of
from dangol.records.exporting.asking import Asked
from dangol.records.exporting.formats import Format
from dangol.records.looks.taking import is_personal, write

PDF: Final = Format("pdf", "PDF", "pdf", "application/pdf", streams=False)
LONGEST: Final = 200
"""Characters of one value of a list."""
CHART: Final = (940, 240)


def report_pdf(report: Report, actor: Actor, at: datetime, reason: str) -> bytes:
    """The report as this person may see it and take it out, in this person's language, as PDF; noted down as an export.

    Args:
        report: one that the actor finds.
        actor: whose permissions hold.
        at: the moment that stands on the paper.
        reason: what it is needed for, where it is about people.

    Raises:
        ExportProblem: the actor may not export, or the reason is missing.
        ReportError: the actor cannot ask this.
        FontMissing: the font was not copied.

    Costs what the report costs, and six queries.
    """
    with translation.override(actor.language):
        asked = asked_for(actor, report, reason)
        plan = keeping.plan_of(report)
        ids: list[int] = []
        with exports.noted(asked, origin="mail") as leaving:
            if plan.kind == TABLE:
                table = table_of(actor, plan, action="export")
                ids = [row["id"] for row in table.rows]
                boxes, count = _table(table, actor), len(ids)
            else:
                boxes, count = _pivot(reading_of(actor, plan))
            heads = [str(asked.record_type.label_plural)]
            if plan.filter:
                heads.append(_("Filter: %(filter)s") % {"filter": plan.filter})
            made = sheet_pdf(
                title=report.name,
                description=report.description,
                heads=heads,
                boxes=boxes,
                actor=actor,
                at=at,
            )
            leaving.rows, leaving.size = count, len(made)
        if is_personal(asked.record_type):
            write([("export", asked.record_type.name, asked.reason, ids, count)], actor=actor)
        return made


def asked_for(actor: Actor, report: Report, reason: str) -> Asked:
    """The report as an export of this person's, checked. Raises ExportProblem, ReportError."""
    plan = keeping.plan_of(report)
    if plan.kind == TABLE:
        return replace(table_asked(actor, plan, reason=reason), format=PDF)
    reading = reading_of(actor, plan)
    return replace(exports.asked_for(reading, format_name=exports.FORMATS[0], reason=reason), format=PDF)


def asks_reason(actor: Actor, report: Report) -> bool:
    """Whether it has to be said what the report is needed for; False where the actor cannot ask it at all. No query."""
    try:
        plan = keeping.plan_of(report)
        if plan.kind == TABLE:
            return table_asks_reason(actor, plan)
        return exports.asks_reason(reading_of(actor, plan))
    except ReportError:
        return False


def _pivot(reading: Reading) -> tuple[list[dict[str, Any]], int]:
    pivot = compute(reading, action="export")
    grid = grid_of(reading, pivot)
    title = reading.rows.label + (f" × {reading.across.label}" if reading.across else "")
    if grid.empty:
        return [box("table", "table", title) | {"said": _("Nothing that you may see passes the filter.")}], 0
    boxes = []
    picture = picture_of(reading, pivot, grid)
    if picture is not None and not picture.empty:
        drawn = str(draw(picture, *CHART, paper=True))
        boxes.append(box("chart", "bar", str(grid.measures[0].label)) | {"drawn": drawn})
    tables = laid(
        _first(reading, grid),
        _columns(grid),
        title=title,
        together=len(grid.measures),
        total=True,
        rest=grid.notes,
    )
    return [*boxes, *tables], len(grid.lines)


def _first(reading: Reading, grid: Grid) -> Column:
    return Column(reading.rows.label, [line.name for line in (*grid.lines, grid.total)], words=True)


def _columns(grid: Grid) -> list[Column]:
    several = len(grid.measures) > 1
    return [
        Column(
            f"{name}\n{measure.label}".strip() if several or not name else name,
            ["\n".join(line.cells[at][place].lines) for line in (*grid.lines, grid.total)],
        )
        for at, (_key, name) in enumerate(grid.heads)
        for place, measure in enumerate(grid.measures)
    ]


def _table(table: Table, actor: Actor) -> list[dict[str, Any]]:
    """The first rows of a list."""
    title = str(table.record_type.label_plural)
    if not table.rows:
        return [box("table", "table", title) | {"said": _("Nothing that you may see passes the filter.")}]
    locale = locale_for(actor)
    columns = [
        Column(
            str(field.label),
            [
                field.text(row["id"] if field.name == "id" else row[field.name], locale)[:LONGEST]
                for row in table.rows
            ],
            words=not field.numeric,
        )
        for field in table.fields
    ]
    rest = []
    if table.count.value > len(table.rows) or not table.count.exact:
        count = f"{table.count.value:,}{'' if table.count.exact else '+'}"
        rest.append(_("The first %(rows)s of %(count)s records.") % {"rows": len(table.rows), "count": count})
    return laid(columns[0], columns[1:], title=title, rest=rest)
