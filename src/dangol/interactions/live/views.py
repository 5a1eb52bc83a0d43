"""What an open page fetches when its stream told it that something has changed."""

from __future__ import annotations

import uuid
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from dangol.identity.actors import Actor
from dangol.interactions.live import presence
from dangol.interactions.live.checking import NotUnderstood, Shown, read_shown
from dangol.interactions.models.presence import Presence
from dangol.records import permissions, registry
from dangol.records.fields import Locale
from dangol.records.types import RecordType
from dangol.records.writing.conflicts import change_message, changers


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def _shown(request: HttpRequest) -> Shown:
    try:
        return read_shown(request.GET.getlist("on"), request.GET.get("here", ""))
    except NotUnderstood:
        raise Http404 from None


def _record(actor: Actor, record: tuple[str, int] | None) -> tuple[RecordType, int]:
    """The record, or 404 when the actor may not see it. One query at most."""
    record_type = registry.find(record[0]) if record else None
    if record is None or record_type is None or not permissions.may(actor, record_type, "view", record[1]):
        raise Http404
    return record_type, record[1]


@login_not_required  # tells nothing; a page whose session has ended would take the sign-in page for a broken stream
@require_GET
@never_cache
def stream(request: HttpRequest) -> HttpResponse:
    """Where the web server has no streams (Django's own test server): 204 tells a browser not to come back."""
    return HttpResponse(status=204)


@require_GET
@never_cache
def changed(request: HttpRequest) -> HttpResponse:
    """Who changed what of the records a page shows, as a note with a link to load it anew; empty where that was only what is
    hidden from the actor. A few queries.
    """
    actor = _actor(request)
    shown = _shown(request)
    locale = Locale(actor.language, ZoneInfo(actor.time_zone))
    sentence, names = "", set()
    if shown.here:
        record_type, record_id = _record(actor, shown.here)
        version = shown.versions.get(record_type.name, {}).get(record_id, 0)
        sentence = change_message(record_type, record_id, version, locale, actor)
    else:
        for name, versions in shown.versions.items():
            found = registry.find(name)
            if found is None or not permissions.allowed(actor, found, "view"):
                continue
            names |= changers(found, versions, actor=actor)
    context = {"sentence": sentence, "names": ", ".join(sorted(names)[:3]), "here": shown.here}
    return render(request, "interactions/live/changed.html", context)


@require_GET
@never_cache
def present(request: HttpRequest) -> HttpResponse:
    """Who else is at the record, as a fragment; 404 through another's eyes, which would count that person in. Two queries."""
    actor = _actor(request)
    if actor.seen_by is not None:
        raise Http404
    record_type, record_id = _record(actor, _shown(request).here)
    people = presence.others(actor=actor, record_type=record_type, record_id=record_id)
    return render(request, "interactions/live/present.html", {"people": people})


@require_POST
def editing(request: HttpRequest) -> HttpResponse:
    """`key` is an open page of the actor's, `field` what is being edited in it (empty: nothing any more)."""
    actor = _actor(request)
    try:
        key = uuid.UUID(request.POST.get("key", ""))
    except ValueError:
        return HttpResponseBadRequest()
    page = (
        Presence.objects.filter(pk=key, user_id=actor.user_id or 0)
        .values_list("record_type", flat=True)
        .first()
    )
    record_type = registry.find(page) if page else None
    field = request.POST.get("field", "")
    if record_type is None or (field and field not in permissions.fields_for(actor, record_type)):
        raise Http404
    presence.edit(key=key, actor=actor, field=field)
    return HttpResponse(status=204)
