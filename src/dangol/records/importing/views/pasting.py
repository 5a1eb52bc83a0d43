"""Paste from a spreadsheet: the cells as a grid, each column with the field it goes to, errors beside the cell."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from dangol.identity.actors import Actor
from dangol.records.importing import pasting, runs
from dangol.records.importing.choices import Part, choices_from_json, key_choices
from dangol.records.importing.columns import FOUND_BY, MARKS, ORDERS, target_groups
from dangol.records.importing.errors import ImportProblem
from dangol.records.importing.guessing import ColumnChoice
from dangol.records.importing.preview import Preview, preview
from dangol.records.importing.readers import SourceDescription, describe
from dangol.records.importing.views.access import actor_of, address_of
from dangol.records.importing.views.posted import EXISTING, MISSING
from dangol.records.models import ImportRun, ImportState
from dangol.records.types import RecordType

SHOWN = 50
SHOWN_COLUMNS = 40


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the grid: its name, where it goes, and what must be said about its values."""

    at: int
    name: str
    value: str
    question: list[tuple[str, str]]
    answer: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One pasted cell, with what is wrong with it."""

    text: str
    error: str = ""


def _guarded(request: HttpRequest, record_type: RecordType) -> Actor:
    actor = actor_of(request)
    if not actor.may(record_type.name, "import"):
        raise Http404
    return actor


@require_http_methods(["GET", "POST"])
def paste(request: HttpRequest, record_type: RecordType) -> HttpResponse:
    """Take what was copied, and lead on to the grid."""
    actor = _guarded(request, record_type)
    error = ""
    if request.method == "POST":
        said = {"yes": True, "no": False}.get(request.POST.get("header", ""))
        try:
            run = pasting.paste_create(
                text=request.POST.get("cells", ""), record_type=record_type, actor=actor, header=said
            )
        except ImportProblem as problem:
            error = str(problem)
        else:
            return redirect("records:pasted", record_type, run.key)
    context = {
        "record_type": record_type,
        "menu_key": record_type.name,
        "error": error,
        "cells": request.POST.get("cells", ""),
        "header": request.POST.get("header", ""),
    }
    return render(request, "records/importing/pasting/new.html", context, status=422 if error else 200)


@require_http_methods(["GET", "POST"])
def pasted(request: HttpRequest, record_type: RecordType, key: uuid.UUID) -> HttpResponse:
    """The grid, tried and taken back; POST settles the columns, and brings the rows in when asked to."""
    actor = _guarded(request, record_type)
    run = runs.runs_visible_to(actor).filter(key=key, choices__pasted=True).first()
    if run is None or run.record_types != [record_type.name]:
        raise Http404
    if run.state != ImportState.DRAFT:
        return redirect(address_of(run))
    choices = choices_from_json(run.choices)
    error = ""
    try:
        description = describe(Path(run.path), choices.source if choices else pasting.options(header=None))
        part = choices.parts[0] if choices else Part(type=record_type.name)
        header = None if choices is None or choices.source.header is None else bool(choices.source.header)
        if request.method == "POST":
            part = _posted(request.POST, part, record_type, description)
            pasting.choose(run, part, description, actor, header=header)
            if request.POST.get("step") == "run":
                return _begun(request, run, actor, record_type, part, description)
            return redirect("records:pasted", record_type, run.key)
    except ImportProblem as problem:
        if request.method == "POST":
            messages.error(request, str(problem))
            return redirect("records:pasted", record_type, run.key)
        messages.error(request, str(problem))
        return redirect("records:paste", record_type)
    seen: Preview | None = None
    if part.columns:
        try:
            seen = preview(run, actor)
        except ImportProblem as problem:
            error = str(problem)
    return render(
        request,
        "records/importing/pasting/grid.html",
        _context(run, record_type, part, description, seen, error, actor),
    )


def _begun(
    request: HttpRequest,
    run: ImportRun,
    actor: Actor,
    record_type: RecordType,
    part: Part,
    description: SourceDescription,
) -> HttpResponse:
    if not part.columns:
        messages.error(request, _("Choose for at least one column where it goes."))
        return redirect("records:pasted", record_type, run.key)
    if pasting.questions(record_type, description, part, actor):
        messages.error(request, _("Say first how the marked columns are meant."))
        return redirect("records:pasted", record_type, run.key)
    with Path(run.path).open("rb") as file:
        rows = sum(1 for _line in file)
    pasting.paste_start(run=run, actor=actor, rows=rows)
    return redirect(address_of(run))


def _posted(post: QueryDict, part: Part, record_type: RecordType, description: SourceDescription) -> Part:
    """The part as the grid's form says. Unknown values are passed over, as if nothing had been chosen."""
    uses = []
    for at, column in enumerate(description.header):
        name, _found, lookup = post.get(f"f{at}", "").partition(FOUND_BY)
        if name not in record_type.editable_fields:
            continue
        answer = post.get(f"q{at}", "")
        uses.append(
            ColumnChoice(
                column=column,
                field=name,
                lookup=lookup,
                order=answer if answer in dict(ORDERS) else "",
                mark=answer if answer in dict(MARKS) else "",
            )
        )
    existing, missing = post.get("existing", ""), post.get("missing", "")
    chosen = Part(type=record_type.name, columns=tuple(uses))
    keys = {value for value, _label in key_choices(chosen)}
    key = post.get("key", "")
    return pasting.with_key(
        chosen,
        key if key in keys else "",
        existing=existing if existing in EXISTING else part.existing,
        missing=missing if missing in MISSING else part.missing,
    )


def _context(
    run: ImportRun,
    record_type: RecordType,
    part: Part,
    description: SourceDescription,
    seen: Preview | None,
    error: str,
    actor: Actor,
) -> dict[str, Any]:
    used = {use.column: use for use in part.columns}
    asked = {
        question.column: question for question in pasting.questions(record_type, description, part, actor)
    }
    columns = []
    for at, name in enumerate(description.header[:SHOWN_COLUMNS]):
        use = used.get(name)
        value = f"{use.field}{FOUND_BY}{use.lookup}" if use and use.lookup else use.field if use else ""
        question = asked.get(name)
        answer = (use.order or use.mark) if use else ""
        options = [(code, str(text)) for code, text in question.choices] if question else []
        if answer and not options:
            options = [(answer, str(dict((*ORDERS, *MARKS))[answer]))]
        columns.append(Column(at, name, value, options, answer))
    tried = {row.number: row for row in seen.rows} if seen else {}
    rows: list[tuple[int, str, list[Cell], str]] = []
    for row in description.sample[:SHOWN]:
        result = tried.get(row.number)
        problem = next((one for one in seen.problems if one.number == row.number), None) if seen else None
        reason, column = "", ""
        if problem is not None:
            reason, column = problem.reason, problem.column
        elif result is not None and result.outcome == "rejected":
            reason, column = result.reason, result.column
        cells = _cells(row.cells, description.header, column, reason)
        outcome = "rejected" if reason else result.outcome if result else ""
        rows.append((row.number, outcome, cells, "" if column in description.header else reason))
    return {
        "run": run,
        "record_type": record_type,
        "menu_key": record_type.name,
        "columns": columns,
        "groups": target_groups(record_type),
        "rows": rows,
        "seen": seen,
        "open": len(asked),
        "more": max(len(description.sample) - SHOWN, 0),
        "keys": key_choices(part),
        "part": part,
        "error": error,
        "created": sum(seen.created.values()) if seen else 0,
        "updated": sum(seen.updated.values()) if seen else 0,
    }


def _cells(cells: Sequence[str], header: Sequence[str], column: str, reason: str) -> list[Cell]:
    shown = []
    for at, name in enumerate(header[:SHOWN_COLUMNS]):
        text = cells[at] if at < len(cells) else ""
        shown.append(Cell(text[:200], reason if reason and name == column else ""))
    return shown
