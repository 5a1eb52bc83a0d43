"""Pages: the export of a list, the list of exports, one export with its progress and its file."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dangol.identity.actors import Actor
from dangol.records import permissions, registry
from dangol.records.exporting import making, runs
from dangol.records.exporting.asking import (
    Asked,
    all_columns,
    ask,
    exportable_types,
    may_export,
    needs_reason,
)
from dangol.records.exporting.errors import ExportProblem
from dangol.records.exporting.formats import FORMATS
from dangol.records.exporting.forms import ALL, KINDS, ExportForm
from dangol.records.looks import taking as looks
from dangol.records.models import ExportRun
from dangol.records.types import RecordType
from dangol.records.views.asking import columns_asked, read_filter, sort_asked

PAGE = 30
MENU_KEY = "exports"
TONES = {"waiting": "b", "running": "b", "finished": "p", "cancelled": "g", "failed": "r"}


def _actor(request: HttpRequest) -> Actor:
    """The actor, if there is anything at all that he may export; else the pages do not exist for him."""
    actor: Actor | None = request.actor  # type: ignore[attr-defined]
    if actor is None or not exportable_types(actor):
        raise Http404
    return actor


def _run(request: HttpRequest, key: uuid.UUID) -> tuple[Actor, ExportRun]:
    actor = _actor(request)
    run = runs.runs_visible_to(actor).select_related("owner").filter(key=key).first()
    if run is None:
        raise Http404
    return actor, run


@require_http_methods(["GET", "POST"])
def export(request: HttpRequest, record_type: RecordType) -> HttpResponseBase:
    """The list that the address describes, as a file: at once when it is short, else in the background.

    GET asks as what and why. Two queries and the rows.
    """
    actor = _actor(request)
    if not may_export(actor, record_type):
        raise Http404
    state = read_filter(request, record_type)
    known = permissions.fields_for(actor, record_type)
    shown = columns_asked(request, record_type, known)
    personal = needs_reason(record_type, shown)
    if request.method == "GET":
        form = ExportForm(needs_reason=personal, initial={"kind": request.GET.get("kind", "xlsx")})
        return _page(request, record_type, form, 422 if state.error else 200, state.error)
    form = ExportForm(request.POST, needs_reason=personal)
    if state.tree is None or not form.is_valid():
        return _page(request, record_type, form, 422, state.error)
    format_name, encoding = KINDS[form.cleaned_data["kind"]]
    try:
        asked = ask(
            actor=actor,
            record_type=record_type,
            tree=state.tree,
            sort=sort_asked(request, record_type, known),
            columns=all_columns(actor, record_type) if form.cleaned_data["columns"] == ALL else shown,
            format_name=format_name,
            encoding=encoding,
            reason=form.cleaned_data["reason"],
        )
    except ExportProblem as problem:
        form.add_error(problem.parameter if problem.parameter == "reason" else None, str(problem))
        return _page(request, record_type, form, 422, "")
    found = asked.selection().count(runs.DIRECT_ROWS + 1)
    if found > runs.DIRECT_ROWS:
        return redirect("exports:detail", runs.run_enqueue(asked).key)
    return _sent(asked)


def _sent(asked: Asked) -> HttpResponseBase:
    """A short list as a download. One that lost characters is shown on its page first, where it can be fetched."""
    run = runs.run_create(asked, origin="page")
    if asked.streams:
        return as_download(
            StreamingHttpResponse(making.stream(run, asked), content_type=asked.content_type), run.file_name
        )
    path = making.make(run, asked, keep=False)
    if run.path:
        return redirect("exports:detail", run.key)
    opened = path.open("rb")
    path.unlink()  # what is open can still be read; nothing stays behind, whatever becomes of the download
    return as_download(FileResponse(opened, content_type=asked.content_type), run.file_name)


def as_download(response: HttpResponseBase, file_name: str) -> HttpResponseBase:
    """The response with the name under which it is to be saved, and kept by no cache."""
    response["Content-Disposition"] = content_disposition_header(True, file_name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _page(
    request: HttpRequest, record_type: RecordType, form: ExportForm, status: int, filter_error: str
) -> HttpResponse:
    query = request.GET.copy()
    for passing in ("after", "before", "kind"):
        query.pop(passing, None)
    context = {
        "form": form,
        "record_type": record_type,
        "query": query.urlencode(),
        "filter_error": filter_error,
        "limit": runs.DIRECT_ROWS,
        "menu_key": record_type.name,
    }
    return render(request, "records/exporting/new.html", context, status=status)


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The exports this actor may see, newest first. Two queries."""
    actor = _actor(request)
    found = runs.runs_visible_to(actor).select_related("owner").order_by("-id")
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        found = found.filter(pk__lt=int(before))
    page = list(found[: PAGE + 1])
    context = {
        "runs": [_facts(actor, run) for run in page[:PAGE]],
        "next_url": f"?before={page[PAGE - 1].pk}" if len(page) > PAGE else "",
        "menu_key": MENU_KEY,
        "sees_all": actor.is_administrator,
    }
    return render(request, "records/exporting/list.html", context)


@require_GET
def detail(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """One export: its progress, or what came of it and the file. Two queries."""
    actor, run = _run(request, key)
    return render(request, "records/exporting/detail.html", {**_facts(actor, run), "menu_key": MENU_KEY})


@require_GET
def progress(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """The progress bar alone, asked for every second; at the end it makes the page load its result."""
    actor, run = _run(request, key)
    response = render(request, "records/exporting/parts/progress.html", _facts(actor, run))
    if not run.is_active:
        response["HX-Refresh"] = "true"
    return response


@require_POST
def cancel(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Stop; nothing of the file is kept."""
    actor, run = _run(request, key)
    runs.run_cancel(run=run, actor=actor)
    return redirect("exports:detail", run.key)


@require_GET
def file(request: HttpRequest, key: uuid.UUID) -> HttpResponseBase:
    """The kept file. 404 for those who may not fetch it, and where none is kept any more."""
    actor, run = _run(request, key)
    if not runs.run_fetchable(run, actor):
        raise Http404
    try:
        opened = Path(run.path).open("rb")  # noqa: SIM115 - the response closes it
    except OSError:
        raise Http404 from None
    runs.run_fetched(run, actor=actor)
    record_type = registry.find(run.record_type)
    if record_type is not None:
        looks.note("download", record_type, (), about=run.reason, count=run.rows)
    kind = FORMATS[run.format]
    content_type = (
        f"{kind.content_type}; charset={run.encoding}" if run.format == "csv" else kind.content_type
    )
    return as_download(FileResponse(opened, content_type=content_type), run.file_name)


def _facts(actor: Actor, run: ExportRun) -> dict[str, Any]:
    record_type = registry.find(run.record_type)
    known = record_type.fields if record_type else {}
    columns = [str(known[name].label) if name in known else name for name in run.columns]
    return {
        "run": run,
        "tone": TONES[run.state],
        "record_type": record_type,
        "list_url": f"{reverse('records:list', args=[record_type])}" if record_type else "",
        "columns": ", ".join(columns),
        "format": FORMATS[run.format].label if run.format in FORMATS else run.format,
        "fetchable": runs.run_fetchable(run, actor),
        "stale": bool(run.path) and not runs.run_fetchable(run, actor),
        "percent": int(run.share_done * 100),
        "left": run.seconds_left,
        "origin": {"page": _("Page"), "api": _("API"), "command": _("Command line")}.get(run.origin, ""),
    }
