"""The timeline's fragments, the composer, and ticking off tasks."""

from __future__ import annotations

import json
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from dangol.identity.actors import Actor
from dangol.interactions import services
from dangol.interactions.composing import ComposeError, compose, composer
from dangol.interactions.panels import TIMELINE, timeline_context
from dangol.interactions.people import key_people
from dangol.interactions.phrases import find_due
from dangol.interactions.timeline import TimelineError
from dangol.interactions.timeline.changes import changes_page
from dangol.interactions.timeline.tabs import CHANGES, tab_keys
from dangol.records import permissions, registry
from dangol.records.looks import taking as looks
from dangol.records.types import RecordType
from dangol.records.writing import Missing, WriteError
from dangol.web import formats


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def _record_type(actor: Actor, name: str, record_id: int) -> RecordType:
    """The type, when it has a timeline and the actor may see the record; else 404."""
    record_type = registry.find(name)
    if record_type is None or not record_type.timeline or record_id >= 2**63:
        raise Http404
    if not permissions.may(actor, record_type, "view", record_id):
        raise Http404
    looks.note("view", record_type, [record_id])
    return record_type


def _context(request: HttpRequest, actor: Actor, record_type: RecordType, record_id: int) -> dict[str, Any]:
    tab = request.GET.get("tab", "all")
    after = request.GET.get("after") or None
    if tab not in tab_keys():
        tab = "all"
    if tab == CHANGES:
        page = changes_page(actor=actor, record_type=record_type, record_id=record_id, after=after)
    else:
        page = TIMELINE.page(actor=actor, record_type=record_type, record_id=record_id, tab=tab, after=after)
    return timeline_context(actor, record_type, record_id, page, tab=tab, is_first=after is None)


def _told(**events: Any) -> str:
    """Events for the page, as a header: letters beyond ASCII would reach htmx encoded as in mails."""
    return json.dumps(events, ensure_ascii=True)


@require_GET
def timeline(request: HttpRequest, record_type: str, record_id: int) -> HttpResponse:
    """The timeline of a record: as a page of its own, or as the fragment that htmx asked for."""
    actor = _actor(request)
    found = _record_type(actor, record_type, record_id)
    try:
        context = _context(request, actor, found, record_id)
    except TimelineError as problem:
        return HttpResponseBadRequest(str(problem))
    if getattr(request, "htmx", False):
        template = "interactions/timeline.html" if context["is_first"] else "interactions/entries.html"
        return render(request, template, context)
    return render(request, "interactions/timeline_page.html", context)


@require_POST
def compose_on(request: HttpRequest, record_type: str, record_id: int) -> HttpResponse:
    """Write down what was entered in the composer, and show the timeline anew."""
    actor = _actor(request)
    found = _record_type(actor, record_type, record_id)
    if not actor.may("interaction", "create"):
        raise Http404
    values = {key: str(value) for key, value in request.POST.items()}
    is_htmx = getattr(request, "htmx", False)
    try:
        compose(actor=actor, record_type=found, record_id=record_id, values=values)
    except ComposeError as problem:
        if not is_htmx:
            messages.error(request, problem.message)
            return HttpResponseRedirect(f"/{found.path}/{record_id}/")
        people = key_people(actor=actor, customer_id=record_id) if found.name == "customer" else []
        shown = composer(found, record_id, people, values=values, error=problem)
        response = render(request, "interactions/composer.html", {"composer": shown}, status=422)
        response["HX-Retarget"] = "#composer"
        response["HX-Reswap"] = "outerHTML"
        return response
    if not is_htmx:
        messages.success(request, _("Written down."))
        return HttpResponseRedirect(f"/{found.path}/{record_id}/")
    response = render(request, "interactions/timeline.html", _context(request, actor, found, record_id))
    response["HX-Trigger"] = _told(toast={"text": _("Written down."), "tone": "p"})
    return response


@require_POST
def task_done(request: HttpRequest, interaction_id: int) -> HttpResponse:
    """Tick a task off, or open it again (`done=0`); answers with the checkbox as it now stands."""
    actor = _actor(request)
    is_done = request.POST.get("done", "1") == "1"
    act = services.task_complete if is_done else services.task_reopen
    try:
        act(interaction_id=interaction_id, actor=actor)
    except Missing:
        raise Http404 from None
    except WriteError as problem:
        # A role may keep the fields that this changes from being changed.
        raise PermissionDenied(str(problem.errors[0].message)) from None
    text = _("Task done.") if is_done else _("Task is open again.")
    if not getattr(request, "htmx", False):
        messages.success(request, text)
        return redirect("interactions:home")
    response = render(
        request, "interactions/tick.html", {"task_id": interaction_id, "done": is_done, "may_complete": True}
    )
    # The timeline beside the card shows the same task.
    beside: dict[str, Any] = {"timeline-changed": {}} if request.POST.get("from") == "steps" else {}
    response["HX-Trigger"] = _told(toast={"text": text, "tone": "p"}, **beside)
    return response


@require_GET
def due(request: HttpRequest) -> HttpResponse:
    """How the words for a moment are understood, while they are typed."""
    actor = _actor(request)
    zone = ZoneInfo(actor.time_zone)
    words = request.GET.get("when", "")[:100]
    found = find_due(words, timezone.now().astimezone(zone)) if words.strip() else None
    if not words.strip():
        text = ""
    else:
        text = formats.moment(found.at, actor.language, zone) if found else _("not understood yet")
    return render(request, "interactions/due.html", {"text": text})
