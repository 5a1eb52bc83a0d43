"""One act: its progress, what came of it, what was refused, and taking it back."""

from __future__ import annotations

import csv
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from dangol.identity.actors import Actor
from dangol.records import registry
from dangol.records.bulk import acts, runs
from dangol.records.bulk.errors import BulkProblem
from dangol.records.fields import Field
from dangol.records.fields.masks import Masked
from dangol.records.formulas import guarded
from dangol.records.lists import records_at
from dangol.records.models import BulkRefusal, BulkRun, UndoState
from dangol.records.permissions import fields_for
from dangol.records.types import RecordType
from dangol.records.views.access import actor_of, locale_of

PAGE = 30
SHOWN = 100
BATCH = 1_000
MENU_KEY = "bulk"
TONES = {"waiting": "b", "running": "b", "finished": "p", "cancelled": "g", "failed": "r"}


def _run(request: HttpRequest, key: uuid.UUID) -> tuple[Actor, BulkRun]:
    """The actor and the run, if he may see it. One query."""
    actor = actor_of(request)
    run = runs.runs_visible_to(actor).select_related("owner").filter(key=key).first()
    if run is None:
        raise Http404
    return actor, run


def says(run: BulkRun, actor: Actor) -> list[tuple[str, str]]:
    """What was done, in the reader's words: only of fields that exist for the reader."""
    record_type = registry.find(run.record_type)
    act = acts.find(run.act, record_type) if record_type else None
    if record_type is None or act is None:
        return []
    known = fields_for(actor, record_type)
    change = run.settings.get("change")
    raw = dict(run.settings)
    if isinstance(change, dict):
        raw["change"] = {name: part for name, part in change.items() if name in known}
    try:
        return act.says(record_type, act.read(record_type, raw, actor), actor)
    except BulkProblem:
        # A field or value has gone since, or may not be changed by this reader.
        return [(str(known[name].label), "–") for name in raw.get("change", ()) if name in known]


def facts(actor: Actor, run: BulkRun) -> dict[str, Any]:
    """What the pages of a run have in common."""
    record_type = registry.find(run.record_type)
    act = acts.find(run.act, record_type) if record_type else None
    ids = run.selection.get("ids")
    filter_text = run.selection.get("filter", "")
    return {
        "run": run,
        "record_type": record_type,
        "act_label": act.label if act else run.act,
        "tone": TONES[run.state],
        "percent": int(run.share_done * 100),
        "left": run.seconds_left,
        "menu_key": MENU_KEY,
        "ticked": len(ids) if ids is not None else None,
        # Who does not own the act may not know what its filter asks for.
        "filter": filter_text if runs.may_handle(run, actor) else "",
        "may_handle": runs.may_handle(run, actor),
        "undo_percent": int(float(run.undone.get("share", 0)) * 100),
        "undoing": run.undo == UndoState.RUNNING,
    }


def shown_refusals(actor: Actor, refusals: Sequence[BulkRefusal]) -> list[dict[str, Any]]:
    """Refusals with the titles that this reader may see. One query for each record type."""
    titles: dict[str, dict[int, dict[str, Any]]] = {}
    for name in {one.record_type for one in refusals}:
        record_type = registry.find(name)
        if record_type is not None:
            titles[name] = records_at(
                actor=actor,
                record_type=record_type,
                ids=[one.record_id for one in refusals if one.record_type == name],
                columns=[record_type.title],
            )
    locale = locale_of(actor)
    lines = []
    for one in refusals:
        record_type = registry.find(one.record_type)
        row = titles.get(one.record_type, {}).get(one.record_id)
        known = fields_for(actor, record_type) if record_type else {}
        title = ""
        if record_type is not None and row is not None and record_type.title in known:
            title = known[record_type.title].text(row[record_type.title], locale)
        lines.append(
            {
                "id": one.record_id,
                "title": title or f"#{one.record_id}",
                "url": f"/{record_type.path}/{one.record_id}/" if record_type and row is not None else "",
                "name": one.field if one.field in known else "",
                "field": known[one.field].label if one.field in known else "",
                # What stood in the record is for those who see the record, and the field as it is.
                "value": one.value if row is not None and _is_plain(known, one.field) else "",
                "reason": _reason(one, record_type, known),
            }
        )
    return lines


def _is_plain(known: Mapping[str, Field], name: str) -> bool:
    return name in known and not isinstance(known[name], Masked)


def _reason(one: BulkRefusal, record_type: RecordType | None, known: Mapping[str, Field]) -> str:
    """The reason as it was said to whoever acted; not where it is about a field that is kept from this reader."""
    is_field = record_type is not None and one.field in record_type.fields
    return _("It cannot be changed so.") if is_field and not _is_plain(known, one.field) else one.reason


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The acts this actor may see, newest first. Two queries."""
    actor = actor_of(request)
    found = runs.runs_visible_to(actor).select_related("owner").order_by("-id")
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        found = found.filter(pk__lt=int(before))
    page = list(found[: PAGE + 1])
    context = {
        "runs": [facts(actor, run) for run in page[:PAGE]],
        "next_url": f"?before={page[PAGE - 1].pk}" if len(page) > PAGE else "",
        "menu_key": MENU_KEY,
    }
    return render(request, "records/bulk/list.html", context)


@require_GET
def detail(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Progress or result. About six queries."""
    actor, run = _run(request, key)
    context = {**facts(actor, run), "says": says(run, actor)}
    if run.is_active:
        return render(request, "records/bulk/detail.html", context)
    refused = list(run.refusals.filter(undoing=False).order_by("record_id")[:SHOWN]) if run.refused else []
    kept = list(run.refusals.filter(undoing=True).order_by("record_id")[:SHOWN]) if run.undo else []
    context |= {
        "refusals": shown_refusals(actor, refused),
        "kept": shown_refusals(actor, kept),
        "shown": SHOWN,
        "left_filter": max((run.selected or 0) - run.rows, 0) if run.state == "finished" else 0,
        "others": [
            (known.label_plural, count)
            for name, count in run.others.items()
            if (known := registry.find(name))
        ],
        "may_undo": runs.may_handle(run, actor)
        and run.changed > 0
        and run.undo in (UndoState.NONE, UndoState.FAILED),
        "put_back": sum(run.undone.get("put_back", {}).values()),
        "stayed": sum(run.undone.get("kept", {}).values()),
    }
    return render(request, "records/bulk/detail.html", context)


@require_GET
def progress(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """The progress bar alone, asked for every second; at the end it makes the page load its result."""
    actor, run = _run(request, key)
    response = render(request, "records/bulk/parts/progress.html", facts(actor, run))
    if not run.is_active:
        response["HX-Refresh"] = "true"
    return response


@require_GET
def undo_progress(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """The bar of an undoing that is going on; at its end the page is loaded again."""
    actor, run = _run(request, key)
    response = render(request, "records/bulk/parts/undo_progress.html", facts(actor, run))
    if run.undo != UndoState.RUNNING:
        response["HX-Refresh"] = "true"
    return response


def _act(request: HttpRequest, key: uuid.UUID, act: Callable[..., Any]) -> HttpResponse:
    actor, run = _run(request, key)
    try:
        act(run=run, actor=actor)
    except BulkProblem as problem:
        messages.error(request, str(problem))
    return redirect("bulk:detail", run.key)


@require_POST
def cancel(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Stop after the records that are being written."""
    return _act(request, key, runs.run_cancel)


@require_POST
def resume(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Go on after an error."""
    return _act(request, key, runs.run_resume)


@require_POST
def undo(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Take the act back."""
    return _act(request, key, runs.run_undo)


@require_GET
def refusals_file(request: HttpRequest, key: uuid.UUID) -> HttpResponse | StreamingHttpResponse:
    """The records that stayed as they were, with the reasons, as CSV."""
    actor, run = _run(request, key)
    undoing = request.GET.get("undo") == "1"
    if not run.refusals.filter(undoing=undoing).exists():
        raise Http404
    response = StreamingHttpResponse(
        _csv(run, actor, undoing=undoing), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="refused-{run.pk}.csv"'
    response["Cache-Control"] = "private, no-store"
    return response


class _Echo:
    def write(self, text: str) -> str:
        return text


def _csv(run: BulkRun, actor: Actor, *, undoing: bool) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff"
    yield writer.writerow([_("Id"), _("Record"), _("Field"), _("Value"), _("Reason")])
    last = 0
    while True:
        found = list(run.refusals.filter(undoing=undoing, pk__gt=last).order_by("pk")[:BATCH])
        if not found:
            return
        last = found[-1].pk
        for item in shown_refusals(actor, found):
            cells = (item["title"], item["field"], item["value"], item["reason"])
            yield writer.writerow([item["id"], *(guarded(str(cell)) for cell in cells)])
