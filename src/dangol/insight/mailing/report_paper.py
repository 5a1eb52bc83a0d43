"""A report on paper. Each copy takes records out as an export does: who may not export gets none, and it is noted down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from django.utils import translation
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.insight.dashboards.drawing import draw
from dangol.insight.mailing.paper import box, sheet_pdf
from dangol.insight.models import Report
from dangol.insight.reports import exports, keeping
from dangol.insight.reports.axes import Reading, reading_of
from dangol.insight.reports.computing import compute
from dangol.insight.reports.plans import TABLE, ReportError
from dangol.insight.reports.showing import Grid, Line, grid_of, locale_for, picture_of
from dangol.insight.reports.tables import Table, table_asked, table_asks_reason, table_of
from dangol.records.exporting.asking import Asked
from dangol.records.exporting.formats import Format
from dangol.records.looks.taking import is_personal, write

PDF: Final = Format("pdf", "PDF", "pdf", "application/pdf", streams=False)
ROOM: Final = 741.0
"""Points from edge to edge of a box on paper, in which a table has to find room."""
LARGEST, SMALLEST = 9.0, 6.5
"""Heights of letters in points: the usual one, and the one below which nobody can read them."""
LETTER, SYLLABLE, GAP = 0.56, 1.0, 8.0
"""How wide a Latin letter or a digit and a Korean syllable are, by the height of letters; and what a column has at its sides."""
WIDEST: Final = 150.0
"""Words break into lines beyond this."""
LONGEST: Final = 200
CHART: Final = (740, 220)


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
                boxes, count = [_table(table, actor)], len(ids)
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
    table = box("table", "table", title, y=1)
    if grid.empty:
        return [table | {"said": _("Nothing that you may see passes the filter.")}], 0
    boxes = []
    picture = picture_of(reading, pivot, grid)
    if picture is not None and not picture.empty:
        drawn = str(draw(picture, *CHART, paper=True))
        boxes.append(box("chart", "bar", str(grid.measures[0].label)) | {"drawn": drawn})
    boxes.append(table | _grid(reading, grid))
    return boxes, len(grid.lines)


def _grid(reading: Reading, grid: Grid) -> dict[str, Any]:
    """The pivot's table with as many columns as have room; the one of the totals always."""
    lines = [*grid.lines, grid.total]
    several = len(grid.measures) > 1
    kept = list(range(len(grid.heads)))
    while True:
        heads = [reading.rows.label]
        for at in kept:
            name = grid.heads[at][1]
            heads += [f"{name} {one.label}".strip() if several or not name else name for one in grid.measures]
        rows = [[line.name, *_numbers(line, kept)] for line in lines]
        size = letters(rows, left=[True, *(False for _head in heads[1:])])
        if size >= SMALLEST or len(kept) == 1:
            break
        kept.pop(-2)
    more = len(grid.heads) - len(kept)
    rest = list(grid.notes)
    if more:
        rest.append(_("%(more)s more columns have no room on paper; the page has all.") % {"more": more})
    return {
        "heads": heads,
        "cells": [[row[0], *([text, -1] for text in row[1:])] for row in rows],
        "left": [True, *(False for _head in heads[1:])],
        "total": True,
        "size": max(size, SMALLEST),
        "rest": " · ".join(rest),
    }


def _numbers(line: Line, kept: Sequence[int]) -> list[str]:
    return ["\n".join(one.lines) for at in kept for one in line.cells[at]]


def _table(table: Table, actor: Actor) -> dict[str, Any]:
    """The first rows of a list with as many columns as have room."""
    made = box("table", "table", str(table.record_type.label_plural))
    if not table.rows:
        return made | {"said": _("Nothing that you may see passes the filter.")}
    locale = locale_for(actor)
    fields = list(table.fields)
    texts = [
        [
            field.text(row["id"] if field.name == "id" else row[field.name], locale)[:LONGEST]
            for field in fields
        ]
        for row in table.rows
    ]
    while True:
        left = [not field.numeric for field in fields]
        size = letters([row[: len(fields)] for row in texts], left=left)
        if size >= SMALLEST or len(fields) == 1:
            break
        fields.pop()
    rest = []
    if len(fields) < len(table.fields):
        more = len(table.fields) - len(fields)
        rest.append(_("%(more)s more columns have no room on paper; the page has all.") % {"more": more})
    if table.count.value > len(table.rows) or not table.count.exact:
        count = f"{table.count.value:,}{'' if table.count.exact else '+'}"
        rest.append(_("The first %(rows)s of %(count)s records.") % {"rows": len(table.rows), "count": count})
    return made | {
        "heads": [str(field.label) for field in fields],
        "cells": [[row[0], *([text, -1] for text in row[1 : len(fields)])] for row in texts],
        "left": left,
        "size": max(size, SMALLEST),
        "rest": " · ".join(rest),
    }


def letters(rows: Sequence[Sequence[str]], *, left: Sequence[bool]) -> float:
    """How high letters may be, in points, for these rows to fit beside each other.

    Args:
        rows: texts, a line break within a cell counts.
        left: of each column, whether its texts are words, which may break into lines; numbers may not.
    """
    ems = gaps = 0.0
    fixed = 0.0
    for at, words in enumerate(left):
        wide = max((_wide(line) for row in rows for line in row[at].split("\n")), default=0.0)
        gaps += GAP
        if words and wide * LARGEST > WIDEST:
            fixed += WIDEST
        else:
            ems += wide
    room = ROOM - gaps - fixed
    if ems <= 0:
        return LARGEST if room >= 0 else 0.0
    return min(LARGEST, room / ems)


def _wide(text: str) -> float:
    """How wide a text is, by the height of its letters."""
    return sum(LETTER if ord(char) < 0x1100 else SYLLABLE for char in text)
