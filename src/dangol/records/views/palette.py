"""Search as you type: the palette over all types, and the look-up behind reference fields."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from dangol.identity.models import Team, Territory
from dangol.records import fieldrules, permissions, registry
from dangol.records.search import page as search_page
from dangol.records.views.access import actor_of, guard

LIMIT = 12
LONGEST = 200


def palette(request: HttpRequest) -> HttpResponse:
    """Records that answer to what was typed, as `role="option"` links, best first, whatever their type."""
    actor = actor_of(request)
    text = _asked(request)
    hits = search_page.find(actor=actor, q=text, limit=LIMIT) if text else []
    return render(request, "records/parts/palette.html", {"hits": hits, "q": text})


def _asked(request: HttpRequest) -> str:
    return request.GET.get("q", "").replace("\0", "")[:LONGEST].strip()


def lookup(request: HttpRequest, target: str) -> HttpResponse:
    """Options for a reference field: records of one type, or users, teams and territories."""
    actor = actor_of(request)
    text = _asked(request)
    record_type = registry.find(target)
    options: list[tuple[int, str, str]] = []
    if record_type is not None:
        guard(actor, record_type)
        if text and record_type.search:
            hits = search_page.find(actor=actor, q=text, types=[record_type.name], limit=LIMIT)
            options = [(hit.id, hit.title, hit.subtitle) for hit in hits]
        else:
            rows = permissions.visible_to(actor, record_type)
            masked = not fieldrules.is_clear(actor, record_type.name, record_type.title)
            if text:
                # A masked title is found by the whole of it only.
                rows = rows.filter(**{f"{record_type.title}__{'exact' if masked else 'icontains'}": text})
            found = rows.order_by("-updated_at", "-pk").values_list("pk", record_type.title)[:LIMIT]
            options = [
                (record_id, fieldrules.masked_title(actor, record_type, str(title)), "")
                for record_id, title in found
            ]
    else:
        options = _people(target, text)
    return render(request, "records/parts/lookup.html", {"options": options, "q": text})


def _people(target: str, text: str) -> list[tuple[int, str, str]]:
    """Users, teams and territories are known to every colleague by name."""
    models: dict[str, Any] = {"user": get_user_model(), "team": Team, "territory": Territory}
    model = models.get(target)
    if model is None:
        raise Http404
    rows = model._default_manager.order_by("name")
    if target == "user":
        rows = rows.filter(is_active=True)
    if text:
        rows = rows.filter(name__icontains=text)
    return [(record_id, name, "") for record_id, name in rows.values_list("pk", "name")[:LIMIT]]
