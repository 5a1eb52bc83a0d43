"""The pages of data quality."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dangol.identity.actors import Actor, may_administer
from dangol.identity.middleware import sign_in_redirect
from dangol.measures.quality import pages, selectors, services


def _actor(request: HttpRequest) -> Actor | None:
    actor: Actor | None = request.actor  # type: ignore[attr-defined]
    return actor


@require_safe
def overview(request: HttpRequest) -> HttpResponseBase:
    """Data quality of all types that the actor may see."""
    actor = _actor(request)
    if actor is None:
        return sign_in_redirect(request)
    if not selectors.types_for(actor):
        raise Http404
    context: dict[str, Any] = {
        **pages.overview(actor),
        "may_set": may_administer(actor),
        "menu_key": "quality",
    }
    return render(request, "measures/quality/overview.html", context)


@require_safe
def of_type(request: HttpRequest, record_type: str) -> HttpResponseBase:
    """Data quality of one type."""
    actor = _actor(request)
    if actor is None:
        return sign_in_redirect(request)
    found = next((one for one in selectors.types_for(actor) if one.name == record_type), None)
    if found is None:
        raise Http404
    context = {**pages.of_type(actor, found), "may_set": may_administer(actor), "menu_key": "quality"}
    return render(request, "measures/quality/type.html", context)


@require_safe
def mine(request: HttpRequest) -> HttpResponseBase:
    """The actor's own records with the poorest data: what the weekly notification leads to."""
    actor = _actor(request)
    if actor is None:
        return sign_in_redirect(request)
    if not selectors.types_for(actor):
        raise Http404
    context = {"rows": pages.worst_of(actor), "menu_key": "quality"}
    return render(request, "measures/quality/mine.html", context)


@require_POST
def recompute(request: HttpRequest) -> HttpResponse:
    """Have everything looked at anew."""
    actor = _actor(request)
    if actor is None:
        return sign_in_redirect(request)  # type: ignore[return-value]
    if not may_administer(actor):
        raise Http404
    services.recompute_request(actor=actor)
    messages.success(request, _("All records are looked at anew within some minutes."))
    return redirect("quality:overview")
