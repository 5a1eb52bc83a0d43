"""An approval whose deadline has passed goes once to somebody else: the people above, or a person that the step names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from dangol.automation import approving, ports
from dangol.automation.models import ApprovalRequest, ApprovalState, ApprovalVote
from dangol.identity.actors import actor_for
from dangol.identity.models import Team, User
from dangol.records import permissions, registry
from dangol.records.types import RecordType

SUPERIOR, PERSON = "superior", "person"


def superiors(of: Iterable[int]) -> set[int]:
    """The people of the nearest team above each of these that has any. Three queries."""
    teams = set(User.objects.filter(pk__in=list(of), team__isnull=False).values_list("team_id", flat=True))
    above = dict(Team.objects.values_list("pk", "parent_id"))
    members: dict[int, set[int]] = {}
    for user, team in User.objects.filter(is_active=True, team__isnull=False).values_list("pk", "team_id"):
        members.setdefault(team, set()).add(user)
    found: set[int] = set()
    for team in teams:
        node = above.get(team)
        while node is not None and node not in members:
            node = above.get(node)
        if node is not None:
            found |= members[node]
    return found


def escalated(runs: Sequence[int], step: str) -> dict[int, tuple[datetime, list[int]]]:
    """Hand on what was not decided in time: run → the new deadline, and who is asked now. In the caller's transaction.

    Once for each request; not where nobody is there who may see the record and was not asked before. Whoever was asked may
    still decide. The caller holds the runs, so that nobody decides meanwhile.
    """
    found: dict[int, tuple[datetime, list[int]]] = {}
    late = ApprovalRequest.objects.filter(
        run__in=list(runs),
        step=step,
        state=ApprovalState.PENDING,
        escalated_at=None,
        deadline__lte=timezone.now(),
    ).exclude(escalation={})
    for request in late.order_by("pk"):
        people = _people(request)
        if not people:
            continue
        request.escalated_at = timezone.now()
        request.deadline = request.escalated_at + timedelta(days=request.escalation["days"])
        request.save(update_fields=["escalated_at", "deadline"])
        ApprovalVote.objects.bulk_create(
            [
                ApprovalVote(request=request, stage=request.stage, approver_id=user, is_escalated=True)
                for user in people
            ]
        )
        ports.point_out(
            {*people, *approving.stand_ins(people)}, "approval", request.record_type, request.record_id
        )
        found[request.run_id] = (request.deadline, people)
    return found


def _people(request: ApprovalRequest) -> list[int]:
    votes = list(request.votes.filter(stage=request.stage).values_list("approver_id", "decision"))
    asked = {user for user, _decision in votes}
    silent = {user for user, decision in votes if decision == ApprovalState.PENDING}
    settings: Mapping[str, Any] = request.escalation
    wanted = {settings["person"]} if settings["to"] == PERSON else superiors(silent)
    record_type = registry.find(request.record_type)
    return [] if record_type is None else _may_see(wanted - asked, record_type, request.record_id)


def _may_see(users: set[int], record_type: RecordType, record_id: int) -> list[int]:
    rows = User.objects.filter(pk__in=users, is_active=True).select_related("team").order_by("pk")
    return [user.pk for user in rows if permissions.may(actor_for(user), record_type, "view", record_id)]
