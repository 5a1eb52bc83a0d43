"""Keeping, changing and taking away saved views, from the list's page."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dangol.records import favourites, saved_views
from dangol.records.saved_views import ViewError, ViewMissing
from dangol.records.types import RecordType
from dangol.records.views.access import actor_of, guard
from dangol.records.views.favouring import turn
from dangol.records.views.state import state_in


@require_POST
def keep(request: HttpRequest, record_type: RecordType) -> HttpResponse:
    """Keep what the list shows as a new view, and open it."""
    return _written(request, record_type, None, {**_words(request), "state": state_in(request.POST)})


@require_POST
def change(request: HttpRequest, record_type: RecordType, view_id: int) -> HttpResponse:
    """Change a view: `act` says what – keep its state, rename it, copy it, take it away, open the list with it."""
    actor = actor_of(request)
    guard(actor, record_type)
    act = request.POST.get("act", "")
    try:
        if act == "save":
            return _written(request, record_type, view_id, {"state": state_in(request.POST)})
        if act == "rename":
            return _written(request, record_type, view_id, _words(request))
        if act == "copy":
            view = saved_views.view_get(actor, record_type, view_id)
            values = {"name": _("%(name)s (copy)") % {"name": view.name[:70]}, "state": dict(view.state)}
            return _written(request, record_type, None, values)
        if act == "delete":
            saved_views.view_delete(actor=actor, record_type=record_type, view_id=view_id)
            turn(request)
            messages.success(request, _("The view has been deleted."))
            return redirect(f"{_address(record_type)}?view=0")
        if act == "favourite":
            return _favourite(request, record_type, view_id)
        if act == "default":
            return _default(request, record_type, view_id)
    except ViewMissing:
        raise Http404 from None
    except ViewError as problem:
        messages.error(request, problem.message)
        return redirect(f"{_address(record_type)}?view={view_id}")
    raise Http404


def _default(request: HttpRequest, record_type: RecordType, view_id: int) -> HttpResponse:
    whose, _colon, role = request.POST.get("whose", "me").partition(":")
    off = request.POST.get("off") == "1"
    saved_views.default_set(
        actor=actor_of(request),
        record_type=record_type,
        view_id=None if off else view_id,
        whose=whose,
        role_id=int(role) if role.isascii() and role.isdigit() and len(role) < 19 else None,
    )
    if off:
        messages.success(request, _("The list opens plain again."))
    else:
        messages.success(request, _("The list opens with this view from now on."))
    return redirect(f"{_address(record_type)}?view={view_id}")


def _favourite(request: HttpRequest, record_type: RecordType, view_id: int) -> HttpResponse:
    on = request.POST.get("off") != "1"
    favourites.favour(actor=actor_of(request), record_type=record_type, view_id=view_id, on=on)
    turn(request)
    messages.success(
        request, _("The view stands in the menu on the left.") if on else _("The view is out of the menu.")
    )
    return redirect(f"{_address(record_type)}?view={view_id}")


def _words(request: HttpRequest) -> dict[str, Any]:
    values: dict[str, Any] = {name: request.POST.get(name, "") for name in ("name", "name_en")}
    if "audience" in request.POST:
        values["audience"] = request.POST["audience"]
    values["pinned"] = "pinned" in request.POST
    return values


def _written(
    request: HttpRequest, record_type: RecordType, view_id: int | None, values: dict[str, Any]
) -> HttpResponse:
    actor = actor_of(request)
    guard(actor, record_type)
    stated = request.POST.get("version", "")
    version = int(stated) if stated.isascii() and stated.isdigit() and len(stated) < 10 else None
    try:
        view = saved_views.view_save(
            actor=actor,
            record_type=record_type,
            values=values,
            view_id=view_id,
            version=version if view_id else None,
        )
    except ViewMissing:
        raise Http404 from None
    except ViewError as problem:
        messages.error(request, problem.message)
        state = "&".join(part for part in (request.POST.get("back", ""),) if part.startswith("view="))
        return redirect(f"{_address(record_type)}?{state}" if state else _address(record_type))
    turn(request)
    messages.success(request, format_html(_("The view {} has been saved."), view.label(actor.language)))
    return redirect(f"{_address(record_type)}?view={view.id}")


def _address(record_type: RecordType) -> str:
    return reverse("records:list", args=[record_type])
