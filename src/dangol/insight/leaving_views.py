"""Tasks about the customers who may leave."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dangol.identity.actors import Actor
from dangol.identity.middleware import sign_in_redirect
from dangol.insight import defection_selectors
from dangol.insight.defection_pages import SHOWN, condition_of, may_task
from dangol.insight.defection_selectors import can_see_leaving
from dangol.insight.policies import sight_of
from dangol.insight.segmentation import acts
from dangol.records import registry
from dangol.records.bulk import runs
from dangol.records.bulk.errors import BulkProblem
from dangol.records.bulk.previewing import preview
from dangol.records.bulk.selection import Selection, sign


@require_POST
def tasks(request: HttpRequest) -> HttpResponseBase:
    """Preview tasks for the owners of the customers listed, each with that customer's reasons; the page's button begins the
    bulk act."""
    actor: Actor | None = request.actor  # type: ignore[attr-defined]
    if actor is None:
        return sign_in_redirect(request)
    if not can_see_leaving(actor) or not may_task(actor):
        raise Http404
    customer = registry.get("customer")
    rows = defection_selectors.most_at_risk(sight_of(actor), limit=SHOWN)
    if not rows:
        messages.error(request, _("Nobody is at risk any more."))
        return redirect("insight:retention")
    raw = {
        "subject": _("Get in touch before the customer leaves"),
        "reason": "",
        "days": "",
        "leaving": True,
    }
    selection = Selection(filter=condition_of(rows))
    try:
        asked = acts.read(customer, raw, actor)
        seen = preview(record_type=customer, act=acts.ACT, settings=asked, selection=selection, actor=actor)
    except BulkProblem as problem:
        messages.error(request, str(problem))
        return redirect("insight:retention")
    context = {
        "says": acts.says(customer, asked, actor),
        "seen": seen,
        "plan": sign(runs.plan_of(customer, acts.ACT, raw, selection, seen).to_json(), customer, actor),
        "record_type": customer,
        "menu_key": "insight",
    }
    return render(request, "insight/leaving_tasks.html", context)
