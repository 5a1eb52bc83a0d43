"""Pages: the list of imports, a new one, its preview, its progress and its result – one address for each run."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dangol.identity.actors import Actor
from dangol.records import registry
from dangol.records.importing import engine, rejects, runs, storage
from dangol.records.importing import registry as mappings
from dangol.records.importing.errors import ImportProblem
from dangol.records.importing.forms import MappingForm, UploadForm
from dangol.records.importing.mapping import read_mapping
from dangol.records.importing.preview import Preview, clean, outcome_counts, preview
from dangol.records.importing.readers import open_table
from dangol.records.models import ImportRun, ImportState

PAGE = 30
SHOWN_REJECTS = 100
MENU_KEY = "imports"
TONES = {"draft": "", "waiting": "b", "running": "b", "finished": "p", "cancelled": "g", "failed": "r"}


def _actor(request: HttpRequest) -> Actor:
    """The actor, if there is anything at all that he may import; else the pages do not exist for him."""
    actor: Actor | None = request.actor  # type: ignore[attr-defined]
    if actor is None or not runs.importable_types(actor):
        raise Http404
    return actor


def _run(request: HttpRequest, key: uuid.UUID) -> tuple[Actor, ImportRun]:
    actor = _actor(request)
    run = runs.runs_visible_to(actor).select_related("owner").filter(key=key).first()
    if run is None:
        raise Http404
    return actor, run


def _address(run: ImportRun) -> str:
    return reverse("imports:detail", args=[run.key])


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The runs this actor may see, newest first."""
    actor = _actor(request)
    found = runs.runs_visible_to(actor).select_related("owner").order_by("-id")
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        found = found.filter(pk__lt=int(before))
    page = list(found[: PAGE + 1])
    following = f"?before={page[PAGE - 1].pk}" if len(page) > PAGE else ""
    shown = [{"run": run, "tone": TONES[run.state], "types": _type_labels(run)} for run in page[:PAGE]]
    return render(
        request,
        "records/importing/list.html",
        {"runs": shown, "next_url": following, "menu_key": MENU_KEY, "sees_all": actor.is_administrator},
    )


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Take a file, and lead on to its preview."""
    actor = _actor(request)
    if request.method == "GET":
        asked = request.GET.get("type", "")
        form = UploadForm(
            actor=actor, initial={"record_type": asked, "mapping": request.GET.get("mapping", "auto")}
        )
        return _new_page(request, form)
    form = UploadForm(request.POST, request.FILES, actor=actor)
    if not form.is_valid():
        return _new_page(request, form, status=422)
    upload = form.cleaned_data["file"]
    path: Path | None = None
    try:
        path, size, sha256 = storage.keep_upload(upload.chunks())
        mapping = form.given or runs.mapping_from_header(path, registry.get(form.cleaned_data["record_type"]))
        with open_table(path, engine.options_of(mapping)):
            pass
        run = runs.run_create(
            actor=actor,
            path=path,
            mapping=mapping,
            size=size,
            sha256=sha256,
            file_name=upload.name or "",
            stored=True,
            state=ImportState.DRAFT,
        )
    except ImportProblem as problem:
        if path is not None:
            path.unlink(missing_ok=True)
        form.add_error("file", str(problem))
        return _new_page(request, form, status=422)
    return redirect(_address(run))


def _new_page(request: HttpRequest, form: UploadForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "menu_key": MENU_KEY, "limit": storage.largest_upload() >> 20}
    return render(request, "records/importing/new.html", context, status=status)


@require_http_methods(["GET", "POST"])
def detail(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """The page of one run, whatever its state; POST gives a run that is being prepared another mapping."""
    actor, run = _run(request, key)
    if run.state == ImportState.DRAFT:
        return _draft(request, actor, run)
    if request.method == "POST":
        return redirect(_address(run))
    context = {**_facts(actor, run), "menu_key": MENU_KEY}
    if run.is_active:
        return render(request, "records/importing/running.html", context)
    return render(request, "records/importing/result.html", {**context, **_result(run)})


def _draft(request: HttpRequest, actor: Actor, run: ImportRun) -> HttpResponse:
    form = MappingForm(actor=actor, initial=_initial(run))
    status = 200
    if request.method == "POST":
        form = MappingForm(request.POST, actor=actor)
        status = 422
        if form.is_valid():
            try:
                chosen = registry.get(form.cleaned_data["record_type"])
                runs.run_set_mapping(
                    run=run,
                    mapping=form.given or runs.mapping_from_header(Path(run.path), chosen),
                    actor=actor,
                )
                return redirect(_address(run))
            except ImportProblem as problem:
                form.add_error("mapping", str(problem))
    seen: Preview | None = None
    error = ""
    try:
        seen = preview(run, actor)
    except ImportProblem as problem:
        error = str(problem)
    created = [(registry.get(name), count) for name, count in seen.created.items()] if seen else []
    context = {
        **_facts(actor, run),
        "form": form,
        "preview": seen,
        "created": created,
        "error": error,
        "menu_key": MENU_KEY,
    }
    return render(request, "records/importing/draft.html", context, status=status)


def _initial(run: ImportRun) -> dict[str, Any]:
    built_in = run.mapping_name in mappings.names() and mappings.get(run.mapping_name).data == run.mapping
    if built_in:
        chosen, text = f"built-in:{run.mapping_name}", ""
    elif run.mapping_name.startswith("auto:"):
        chosen, text = "auto", ""
    else:
        chosen, text = "json", mappings.pretty(run.mapping)
    return {"record_type": run.record_types[-1], "mapping": chosen, "json": text}


def _type_labels(run: ImportRun) -> str:
    known = (registry.find(name) for name in run.record_types)
    return ", ".join(str(item.label_plural) for item in known if item)


def _facts(actor: Actor, run: ImportRun) -> dict[str, Any]:
    return {
        "run": run,
        "tone": TONES[run.state],
        "types": _type_labels(run),
        "mapping_title": _mapping_title(run),
        "is_own": run.owner_id == actor.user_id,
        "percent": int(run.share_done * 100),
        "left": run.seconds_left,
    }


def _mapping_title(run: ImportRun) -> str:
    if run.mapping_name.startswith("auto:"):
        return _("Automatic, by the header row")
    try:
        return mappings.title(read_mapping(run.mapping, name=run.mapping_name))
    except ImportProblem:
        # The mapping was right when the run was made; a type or field has gone since.
        return run.mapping_name


def _result(run: ImportRun) -> dict[str, Any]:
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
        turned_away.append({"reject": reject, "label": _field_label(run, reject.field), "row": shown[:160]})
    return {
        "figures": figures,
        "counts": outcome_counts(run),
        "rejects": turned_away,
        "shown_rejects": SHOWN_REJECTS,
    }


def _field_label(run: ImportRun, name: str) -> str:
    for type_name in reversed(run.record_types):
        record_type = registry.find(type_name)
        if record_type and name in record_type.fields:
            return str(record_type.fields[name].label)
    return name


@require_GET
def progress(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """The progress bar alone, asked for every second; at the end it makes the page load its result."""
    actor, run = _run(request, key)
    response = render(request, "records/importing/parts/progress.html", _facts(actor, run))
    if not run.is_active:
        response["HX-Refresh"] = "true"
    return response


@require_POST
def start(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Begin, or go on after an error."""
    actor, run = _run(request, key)
    try:
        runs.run_start(run=run, actor=actor)
    except ImportProblem as problem:
        messages.error(request, str(problem))
    return redirect(_address(run))


@require_POST
def cancel(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Stop after the chunk that is being written."""
    actor, run = _run(request, key)
    runs.run_cancel(run=run, actor=actor)
    return redirect(_address(run))


@require_POST
def remove(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Forget a run and its file; the records stay."""
    actor, run = _run(request, key)
    try:
        runs.run_remove(run=run, actor=actor)
    except ImportProblem as problem:
        messages.error(request, str(problem))
        return redirect(_address(run))
    messages.success(request, _("The import is removed from the list. Its records stay."))
    return redirect("imports:list")


@require_GET
def rejects_file(request: HttpRequest, key: uuid.UUID) -> HttpResponse | StreamingHttpResponse:
    """The rejected rows as CSV, to be corrected and imported again."""
    run = _run(request, key)[1]
    if not run.rejected:
        raise Http404
    try:
        mapping = read_mapping(run.mapping, name=run.mapping_name)
        with open_table(Path(run.path), engine.options_of(mapping)) as table:
            header, slots = table.header, len(mapping.ordinals)
    except ImportProblem as problem:
        messages.error(request, str(problem))
        return redirect(_address(run))
    response = StreamingHttpResponse(
        rejects.rejects_csv(run, header, slots), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="rejects-{run.pk}.csv"'
    return response
