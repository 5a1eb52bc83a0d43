"""Joining tags."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dangol.identity.actors import may_administer
from dangol.records.fields import id_in
from dangol.records.tags.services import tag_merge
from dangol.records.views.access import actor_of
from dangol.records.writing import Missing, WriteError


@require_POST
def merge(request: HttpRequest, tag_id: int) -> HttpResponse:
    """Join this tag to the one that was chosen, and show that one. For administrators."""
    actor = actor_of(request)
    if not may_administer(actor):
        raise Http404
    target = id_in(request.POST.get("target", ""))
    if target is None:
        messages.error(request, _("Choose another tag."))
        return redirect("records:detail", "tags", tag_id)
    try:
        borne = tag_merge(source_id=tag_id, target_id=target, actor=actor)
    except Missing:
        raise Http404 from None
    except WriteError as problem:
        messages.error(request, str(problem.errors[0].message))
        return redirect("records:detail", "tags", tag_id)
    messages.success(request, _("Joined. %(count)s records bore the other tag.") % {"count": borne})
    return redirect("records:detail", "tags", target)
