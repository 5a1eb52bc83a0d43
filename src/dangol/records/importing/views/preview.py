"""The page of one run, whatever its state; of one that has not started, what it would do."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dangol.identity.actors import Actor
from dangol.records import registry
from dangol.records.importing import runs, saved, telling
from dangol.records.importing.choices import is_unfinished
from dangol.records.importing.errors import ImportProblem
from dangol.records.importing.preview import Preview, preview
from dangol.records.importing.views.access import address_of, facts, run_of
from dangol.records.importing.views.results import field_label, result
from dangol.records.models import ImportRun, ImportState


@require_http_methods(["GET", "POST"])
def detail(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Preview, progress or result. POST leads back here, for forms that were sent twice."""
    actor, run = run_of(request, key)
    if request.method == "POST":
        return redirect(address_of(run))
    if run.state == ImportState.DRAFT:
        if is_unfinished(run):
            return redirect(reverse("imports:mapping", args=[run.key]))
        return _draft(request, actor, run)
    context = facts(actor, run)
    if run.is_active or run.state == ImportState.PAUSED:
        return render(request, "records/importing/running.html", context)
    return render(request, "records/importing/result.html", {**context, **result(run)})


def _draft(request: HttpRequest, actor: Actor, run: ImportRun) -> HttpResponse:
    seen: Preview | None = None
    error = ""
    try:
        seen = preview(run, actor)
    except ImportProblem as problem:
        error = str(problem)
    repeated = telling.told(seen.repeats) if seen else []
    created = [(registry.get(name), count) for name, count in seen.created.items()] if seen else []
    context = {
        **facts(actor, run),
        "preview": seen,
        "created": created,
        "repeats": repeated,
        "error": error,
        "rehearsal": rehearsal(run),
        "by_hand": not run.choices,
    }
    return render(request, "records/importing/draft.html", context)


def rehearsal(run: ImportRun) -> dict[str, Any] | None:
    """What the dry run of the whole file told so far; None when there was none."""
    told = run.rehearsed
    if not told:
        return None
    counts = [
        {
            "type": record_type,
            "created": told.get("created", {}).get(name, 0),
            "updated": told.get("updated", {}).get(name, 0),
        }
        for name in run.record_types
        if (record_type := registry.find(name))
    ]
    reasons = [
        {**reason, "label": field_label(run, reason.get("field", ""))} for reason in told.get("reasons", [])
    ]
    return {
        **told,
        "percent": int(float(told.get("share", 0)) * 100),
        "counts": counts,
        "reasons": reasons,
        "repeats": telling.told(told.get("repeats", {})),
        "figures": [
            {"label": _("Rows"), "value": told.get("rows", 0)},
            {"label": _("Would be imported"), "value": told.get("imported", 0), "tone": "up"},
            {"label": _("Unchanged"), "value": told.get("unchanged", 0)},
            {
                "label": _("Would be rejected"),
                "value": told.get("rejected", 0),
                "tone": "dn" if told.get("rejected") else "",
            },
        ],
    }


@require_POST
def rehearse(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Try the whole file in the background and take it back."""
    actor, run = run_of(request, key)
    try:
        runs.run_rehearse(run=run, actor=actor)
    except ImportProblem as problem:
        messages.error(request, str(problem))
    return redirect(f"{address_of(run)}#rehearsal")


@require_GET
def rehearsal_progress(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """The dry run's part of the page; it asks again until the totals are there."""
    actor, run = run_of(request, key)
    context = {**facts(actor, run), "rehearsal": rehearsal(run)}
    return render(request, "records/importing/parts/rehearsal.html", context)


@require_POST
def save(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Keep the mapping under a name, for the next file of this kind."""
    actor, run = run_of(request, key)
    try:
        kept = saved.mapping_save(run=run, title=request.POST.get("title", ""), actor=actor)
    except ImportProblem as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, _("The mapping is kept as “%(name)s”.") % {"name": kept.title})
    return redirect(address_of(run))
