"""A masked value, shown once on a reason."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from dangol.records.fields.masks import Masked
from dangol.records.looks.revealing import RevealRefused, may_reveal
from dangol.records.looks.revealing import reveal as reveal_value
from dangol.records.types import RecordType
from dangol.records.views.access import actor_of, load, locale_of, title_of

STATUS = {"reason": 422, "limit": 422}


@require_http_methods(["GET", "POST"])
def reveal(request: HttpRequest, record_type: RecordType, record_id: int, field: str) -> HttpResponse:
    """GET asks what for, POST shows the value; nothing of it is kept in the page's address or in a cache."""
    actor = actor_of(request)
    definition = record_type.fields.get(field)
    if not isinstance(definition, Masked) or not may_reveal(actor):
        raise Http404
    record = load(actor, record_type, record_id, columns=[record_type.title, field])
    locale = locale_of(actor)
    reason = request.POST.get("reason", "")
    context = {
        "record_type": record_type,
        "record": record,
        "title": title_of(record_type, record, locale),
        "field": definition,
        "reason": reason,
    }
    status = 200
    if request.method == "POST":
        try:
            behind, value = reveal_value(
                actor=actor,
                record_type=record_type,
                record_id=record_id,
                name=field,
                reason=reason,
            )
        except RevealRefused as refusal:
            if refusal.code not in STATUS:
                raise Http404 from None
            context["problem"], status = refusal.message, STATUS[refusal.code]
        else:
            context["shown"] = behind.html(value, locale)
    template = "records/parts/reveal.html" if request.htmx else "records/reveal.html"  # type: ignore[attr-defined]
    response = render(request, template, context, status=status)
    response["Cache-Control"] = "private, no-store"
    return response
