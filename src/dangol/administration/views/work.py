"""Background work: what waits, what failed, whether the worker lives."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dangol.administration.views.access import SignedInRequest, administrators_only
from dangol.events import selectors, services
from dangol.identity.services import audit
from dangol.web import formats

SHOWN = 100
REASON_LEAST = 5


@require_safe
@administrators_only
def work(request: SignedInRequest) -> HttpResponse:
    """Deliveries that failed or were given up, jobs that failed, when the worker was last seen."""
    state = selectors.outbox_state()
    numbers = [
        {"label": _("Worker last seen"), "value": _ago(state), "tone": "" if state.worker_alive else "dn"},
        {"label": _("Deliveries waiting"), "value": state.waiting},
        {"label": _("Deliveries tried again"), "value": state.failing},
        {"label": _("Deliveries given up"), "value": state.dead, "tone": "dn" if state.dead else ""},
        {"label": _("Jobs waiting"), "value": state.jobs_waiting},
        {"label": _("Jobs failed"), "value": state.jobs_failed, "tone": "dn" if state.jobs_failed else ""},
    ]
    context = {
        "state": state,
        "numbers": numbers,
        "dead": selectors.dead_letters()[:SHOWN],
        "failing": selectors.failing_deliveries()[:SHOWN],
        "jobs": selectors.failed_jobs()[:SHOWN],
        "current": selectors.current_jobs()[:SHOWN],
        "attempts": services.MAX_ATTEMPTS,
    }
    return render(request, "administration/work.html", context)


@require_POST
@administrators_only
def delivery_retry(request: SignedInRequest, pk: int) -> HttpResponse:
    """Try a delivery again, now."""
    delivery = get_object_or_404(selectors.unfinished_deliveries(), pk=pk)
    if services.retry_dead(delivery=delivery, actor=request.actor):
        messages.success(request, _("It will be tried again at once."))
    else:
        messages.success(request, _("It has been delivered meanwhile."))
    return redirect("administration:work")


@require_POST
@administrators_only
def delivery_discard(request: SignedInRequest, pk: int) -> HttpResponse:
    """Give a delivery up for good, with the reason, which stands in the access log."""
    delivery = selectors.dead_delivery(pk)
    if delivery is None:
        raise Http404
    reason = " ".join(request.POST.get("reason", "").replace("\0", "").split())[:300]
    if len(reason) < REASON_LEAST:
        messages.error(request, _("Say why, in at least %(least)s characters.") % {"least": REASON_LEAST})
        return redirect("administration:work")
    with transaction.atomic():
        discarded = services.discard_dead(delivery=delivery, reason=reason, actor=request.actor)
        if discarded:
            audit.record(
                actor=request.actor, act="discarded", target=delivery, changes={"reason": [None, reason]}
            )
    if discarded:
        messages.success(request, _("It is discarded."))
    else:
        messages.success(request, _("It has been delivered meanwhile."))
    return redirect("administration:work")


@require_POST
@administrators_only
def job_retry(request: SignedInRequest, pk: int) -> HttpResponse:
    """Put a failed job back on the queue."""
    if not selectors.failed_jobs().filter(pk=pk).exists():
        raise Http404
    if services.job_retry(job_id=pk, actor=request.actor):
        messages.success(request, _("It will be tried again at once."))
    else:
        messages.success(request, _("It is on its way already."))
    return redirect("administration:work")


def _ago(state: selectors.OutboxState) -> str:
    if state.worker_seen_at is None:
        return _("never")
    language = get_language() or settings.LANGUAGE_CODE
    return formats.ago(state.worker_seen_at, language, timezone.get_current_timezone(), now=timezone.now())
