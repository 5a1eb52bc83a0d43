"""What one is asked to approve, and who stands in for one."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dangol.automation import approving
from dangol.automation.models import ApprovalVote, Delegation
from dangol.identity.actors import Actor
from dangol.identity.models import User
from dangol.records import permissions, registry
from dangol.records.fields import id_in
from dangol.records.titles import titles
from dangol.records.views.access import actor_of
from dangol.records.writing import Missing

DECIDED_SHOWN = 20


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """What waits for this person's decision, what was decided lately, and standing in."""
    actor = actor_of(request)
    waiting = list(approving.votes_open_to(actor)[:100])
    decided = list(
        ApprovalVote.objects.filter(decided_by=actor.user_id)
        .select_related("request", "request__run__rule", "approver")
        .order_by("-decided_at")[:DECIDED_SHOWN]
    )
    called = _titles(actor, [*waiting, *decided])
    return render(
        request,
        "automation/approvals.html",
        {
            "waiting": [_shown(vote, called, actor) for vote in waiting],
            "decided": [_shown(vote, called, actor) for vote in decided],
            "delegations": Delegation.objects.filter(user=actor.user_id, last_day__gte=approving.today())
            .select_related("delegate")
            .order_by("first_day"),
            "colleagues": User.objects.filter(is_active=True)
            .exclude(pk=actor.user_id or 0)
            .order_by("name")[:500],
            "today": approving.today(),
            "menu_key": "approvals",
        },
    )


def _titles(actor: Actor, votes: list[ApprovalVote]) -> dict[tuple[str, int], str]:
    """What the records are called, of those that the actor may see. A query for each type."""
    found: dict[tuple[str, int], str] = {}
    for name in {vote.request.record_type for vote in votes}:
        record_type = registry.find(name)
        if record_type is None or not permissions.allowed(actor, record_type, "view"):
            continue
        ids = [vote.request.record_id for vote in votes if vote.request.record_type == name]
        found.update({(name, number): one.title for number, one in titles(actor, record_type, ids).items()})
    return found


def _shown(vote: ApprovalVote, called: dict[tuple[str, int], str], actor: Actor) -> dict[str, object]:
    asked = vote.request
    record_type = registry.find(asked.record_type)
    title = called.get((asked.record_type, asked.record_id), "")
    return {
        "vote": vote,
        "request": asked,
        "title": title or f"#{asked.record_id}",
        "url": f"/{record_type.path}/{asked.record_id}/" if record_type and title else "",
        "type": record_type,
        "stage": asked.stage + 1,
        "stages": len(asked.stages),
        "stands_in": vote.approver_id != actor.user_id,
    }


@require_POST
def decide(request: HttpRequest, request_id: int) -> HttpResponse:
    """Approve (`approve=1`) or reject, with a comment."""
    actor = actor_of(request)
    approve = request.POST.get("approve") == "1"
    try:
        approving.decide(
            actor=actor, request_id=request_id, approve=approve, comment=request.POST.get("comment", "")
        )
    except Missing:
        raise Http404 from None
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Approved.") if approve else _("Rejected."))
    return redirect("automation:approvals")


@require_POST
def stand_in(request: HttpRequest) -> HttpResponse:
    """Have a colleague stand in for some days."""
    actor = actor_of(request)
    if actor.seen_by is not None or actor.user_id is None:
        raise Http404
    try:
        approving.delegation_save(
            actor=actor,
            delegate_id=id_in(request.POST.get("delegate", "")) or 0,
            first_day=_day(request.POST.get("first_day", "")),
            last_day=_day(request.POST.get("last_day", "")),
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Your colleague can decide for you on these days."))
    return redirect("automation:approvals")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValidationError(_("Enter a date as 2026-11-21.")) from None


@require_POST
def stand_in_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take it back."""
    if not approving.delegation_remove(actor=actor_of(request), delegation_id=pk):
        raise Http404
    return redirect("automation:approvals")
