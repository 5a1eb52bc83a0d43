"""What came of a run: numbers that add up, rejected rows, and taking it all back."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from dangol.records import registry
from dangol.records.importing import engine, rejects, runs, telling
from dangol.records.importing.errors import ImportProblem
from dangol.records.importing.mapping import read_mapping
from dangol.records.importing.preview import clean, outcome_counts
from dangol.records.importing.readers import open_table
from dangol.records.importing.views.access import address_of, facts, run_of
from dangol.records.models import ImportRun, ImportState, UndoState

SHOWN_REJECTS = 100
ENDED = (ImportState.FINISHED, ImportState.CANCELLED, ImportState.FAILED, ImportState.PAUSED)


def result(run: ImportRun) -> dict[str, Any]:
    """The numbers and rejected rows of a run. Two queries."""
    figures = [
        {"label": _("Rows"), "value": run.rows},
        {"label": _("Imported"), "value": run.imported, "tone": "up" if run.imported else ""},
        {"label": _("Unchanged"), "value": run.unchanged},
        {"label": _("Rejected"), "value": run.rejected, "tone": "dn" if run.rejected else ""},
    ]
    turned_away = []
    for reject in run.rejects.order_by("number")[:SHOWN_REJECTS] if run.rejected else ():
        cells, _ordinals = rejects.reject_cells(reject)
        shown = " · ".join(clean(cell) for cell in cells[:8] if cell)
        turned_away.append({"reject": reject, "label": field_label(run, reject.field), "row": shown[:160]})
    return {
        "figures": figures,
        "counts": outcome_counts(run),
        "rejects": turned_away,
        "repeats": telling.told_of(run),
        "shown_rejects": SHOWN_REJECTS,
        "undone": undone(run),
        "may_undo": may_undo(run),
    }


def field_label(run: ImportRun, name: str) -> str:
    """What a field of one of the run's record types is called."""
    for type_name in reversed(run.record_types):
        record_type = registry.find(type_name)
        if record_type and name in record_type.fields:
            return str(record_type.fields[name].label)
    return name


def may_undo(run: ImportRun) -> bool:
    """Whether there is something to take back, and nobody has yet."""
    return (
        run.state in ENDED
        and bool(sum(run.created.values()) + sum(run.updated.values()))
        and run.undo in (UndoState.NONE, UndoState.FAILED)
    )


def undone(run: ImportRun) -> dict[str, Any] | None:
    """What undoing did so far; None where nobody asked for it."""
    if not run.undo:
        return None
    told = run.undone
    lines = [
        {
            "type": record_type,
            "removed": told.get("removed", {}).get(name, 0),
            "put_back": told.get("put_back", {}).get(name, 0),
            "kept": told.get("kept", {}).get(name, 0),
        }
        for name in run.record_types
        if (record_type := registry.find(name))
    ]
    kept = [
        {**example, "type": record_type}
        for example in told.get("kept_examples", [])
        if (record_type := registry.find(example["type"]))
    ]
    running = run.undo == UndoState.RUNNING
    return {
        "running": running,
        "percent": int(float(told.get("share", 0)) * 100),
        "lines": lines,
        "kept": kept,
        "message": told.get("message", ""),
    }


@require_http_methods(["GET", "POST"])
def undo(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Say what taking the import back will do; POST does it."""
    actor, run = run_of(request, key)
    if request.method == "POST":
        try:
            runs.run_undo(run=run, actor=actor)
        except ImportProblem as problem:
            messages.error(request, str(problem))
        return redirect(address_of(run))
    if not may_undo(run):
        return redirect(address_of(run))
    return render(
        request, "records/importing/undo.html", {**facts(actor, run), "counts": outcome_counts(run)}
    )


@require_GET
def undo_progress(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """The bar of an undo that is going on; at its end the page is loaded again."""
    actor, run = run_of(request, key)
    context = {**facts(actor, run), "undone": undone(run)}
    response = render(request, "records/importing/parts/undo_progress.html", context)
    if run.undo != UndoState.RUNNING:
        response["HX-Refresh"] = "true"
    return response


@require_GET
def rejects_file(request: HttpRequest, key: uuid.UUID) -> HttpResponse | StreamingHttpResponse:
    """The rejected rows as CSV, whatever the file was, to be corrected and imported again."""
    run = run_of(request, key)[1]
    if not run.rejected:
        raise Http404
    try:
        mapping = read_mapping(run.mapping, name=run.mapping_name)
        with open_table(Path(run.path), engine.options_of(mapping)) as table:
            header, slots = table.header, len(mapping.ordinals)
    except ImportProblem as problem:
        messages.error(request, str(problem))
        return redirect(address_of(run))
    response = StreamingHttpResponse(
        rejects.rejects_csv(run, header, slots), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="rejects-{run.pk}.csv"'
    return response
