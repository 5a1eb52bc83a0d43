"""A run that is going on: its progress, and how it is held, sent on, stopped and removed."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from dangol.records.importing import runs
from dangol.records.importing.errors import ImportProblem
from dangol.records.importing.views.access import address_of, facts, run_of


@require_GET
def progress(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """The progress bar alone, asked for every second; at the end it makes the page load its result."""
    actor, run = run_of(request, key)
    response = render(request, "records/importing/parts/progress.html", facts(actor, run))
    if not run.is_active:
        response["HX-Refresh"] = "true"
    return response


def _act(request: HttpRequest, key: uuid.UUID, act: Callable[..., Any]) -> HttpResponse:
    """Do something to the run and show it again; what hinders stands on top of the page."""
    actor, run = run_of(request, key)
    try:
        act(run=run, actor=actor)
    except ImportProblem as problem:
        messages.error(request, str(problem))
    return redirect(address_of(run))


@require_POST
def start(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Begin, or go on after an error."""
    return _act(request, key, runs.run_start)


@require_POST
def pause(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Hold after the chunk that is being written."""
    return _act(request, key, runs.run_pause)


@require_POST
def resume(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Go on where it was held."""
    return _act(request, key, runs.run_resume)


@require_POST
def cancel(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Stop after the chunk that is being written."""
    return _act(request, key, runs.run_cancel)


@require_POST
def remove(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Forget a run and its file; the records stay."""
    actor, run = run_of(request, key)
    try:
        runs.run_remove(run=run, actor=actor)
    except ImportProblem as problem:
        messages.error(request, str(problem))
        return redirect(address_of(run))
    messages.success(request, _("The import is removed from the list. Its records stay."))
    return redirect("imports:list")
