"""Approvals: whom a stage asks, decisions, deadlines, reminders, standing in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from dangol.automation import clocks, index, ports
from dangol.automation.models import (
    ApprovalRequest,
    ApprovalState,
    ApprovalVote,
    Delegation,
    Locking,
    RuleRun,
    RunState,
)
from dangol.automation.starting import EXECUTE_TASK
from dangol.events import queue
from dangol.identity import revisions
from dangol.identity.actors import Actor, actor_for
from dangol.identity.models import Team, User
from dangol.records import permissions, registry
from dangol.records.types import RecordType
from dangol.records.writing import Missing, RowError

PEOPLE, ROLE = "people", "role"
REMIND_AFTER = timedelta(days=1)
MOST_LETTERS = 2_000

Stage = Mapping[str, Any]


def approvers(stage: Stage, record_type: RecordType, record_id: int) -> list[int]:
    """Whom a stage asks about a record: active people who may see it. Two queries for each of them.

    People with a role: those of the owner's team, or of the nearest team above that has any; without a team, everybody
    with the role.
    """
    active = User.objects.filter(is_active=True).select_related("team")
    if stage["who"] == PEOPLE:
        found = list(active.filter(pk__in=stage["people"]).order_by("pk"))
    else:
        found = _with_role(active, stage["role"], record_type, record_id)
    return [user.pk for user in found if permissions.may(actor_for(user), record_type, "view", record_id)]


def _with_role(active: QuerySet[User], role: int, record_type: RecordType, record_id: int) -> list[User]:
    people = list(active.filter(roles=role).order_by("pk"))
    if not record_type.table.has_scope:
        return people
    rows = record_type.model._default_manager.filter(pk=record_id)
    owner, node = rows.values_list("owner__team_id", "team_id").first() or (None, None)
    node = owner or node
    above = dict(Team.objects.values_list("pk", "parent_id"))
    while node is not None:
        there = [user for user in people if user.team_id == node]
        if there:
            return there
        node = above.get(node)
    return people


def ask(
    *,
    run_id: int,
    step: str,
    record_type: RecordType,
    record_id: int,
    stages: Sequence[Stage],
    days: int,
    lock: str = Locking.NOTHING,
    locked_fields: Sequence[str] = (),
    escalation: Mapping[str, Any] | None = None,
) -> ApprovalRequest | None:
    """Ask the first stage; None where nobody is there to be asked. In the caller's transaction.

    `lock` says what nobody changes meanwhile, `escalation` who is asked once the deadline has passed.
    """
    people = approvers(stages[0], record_type, record_id)
    if not people:
        return None
    if lock:
        # A writer holds the row until he has committed, and looks for locks while he holds it: so none is overlooked.
        list(
            record_type.model._default_manager.select_for_update(no_key=True)
            .filter(pk=record_id)
            .values("pk")
        )
        if not index.may_lock(record_type.name):
            revisions.changed(index.REVISION)  # by an earlier version of a rule
    request = ApprovalRequest.objects.create(
        run_id=run_id,
        step=step,
        record_type=record_type.name,
        record_id=record_id,
        stages=[dict(stage) for stage in stages],
        deadline=timezone.now() + timedelta(days=days),
        lock=lock,
        locked_fields=list(locked_fields),
        escalation=dict(escalation or {}),
    )
    _ask_stage(request, people)
    return request


def _ask_stage(request: ApprovalRequest, people: Iterable[int]) -> None:
    asked = list(people)
    ApprovalVote.objects.bulk_create(
        [ApprovalVote(request=request, stage=request.stage, approver_id=user) for user in asked]
    )
    ports.point_out({*asked, *stand_ins(asked)}, "approval", request.record_type, request.record_id)


def today() -> date:
    return timezone.now().astimezone(clocks.zone()).date()


def stand_ins(users: Iterable[int]) -> set[int]:
    """Those who stand in for one of these today. One query."""
    day = today()
    rows = Delegation.objects.filter(user__in=list(users), first_day__lte=day, last_day__gte=day)
    return set(rows.values_list("delegate_id", flat=True))


def stands_in_for(user_id: int | None) -> set[int]:
    """Those for whom this person stands in today. One query."""
    day = today()
    rows = Delegation.objects.filter(delegate=user_id, first_day__lte=day, last_day__gte=day)
    return set(rows.values_list("user_id", flat=True))


def votes_open_to(actor: Actor) -> QuerySet[ApprovalVote]:
    """What the actor is asked now, or may decide for somebody whom he stands in for. Lazy, one query before."""
    if actor.user_id is None or actor.seen_by is not None:
        return ApprovalVote.objects.none()
    mine = {actor.user_id, *stands_in_for(actor.user_id)}
    seen = Q(pk__in=[])
    for record_type in registry.all_types():
        if permissions.allowed(actor, record_type, "view"):
            alive = permissions.visible_to(actor, record_type).order_by().values("pk")
            seen |= Q(request__record_type=record_type.name, request__record_id__in=alive)
    return (
        ApprovalVote.objects.filter(
            seen,
            approver__in=mine,
            decision=ApprovalState.PENDING,
            request__state=ApprovalState.PENDING,
            request__run__state=RunState.WAITING,
        )
        .select_related("request", "request__run__rule", "approver")
        .order_by("request__deadline", "pk")
    )


def decide(*, actor: Actor, request_id: int, approve: bool, comment: str = "") -> ApprovalRequest:
    """Approve or reject what one is asked; for oneself, or for somebody whom one stands in for.

    The run goes on at once when the request is decided by it. A rejection needs a reason.

    Raises:
        Missing: there is nothing that the actor is asked here.
        ValidationError: the reason is missing or too long.
    """
    comment = comment.strip().replace("\0", "")
    if not approve and not comment:
        raise ValidationError({"comment": _("Say why you reject it.")})
    if len(comment) > MOST_LETTERS:
        raise ValidationError({"comment": _("At most %(limit)s characters.") % {"limit": MOST_LETTERS}})
    with transaction.atomic():
        # The run first, as whoever executes runs takes it: so neither waits for the other.
        list(RuleRun.objects.select_for_update(of=("self",)).filter(approvals=request_id).values("pk"))
        request = (
            ApprovalRequest.objects.select_for_update(of=("self",))
            .filter(pk=request_id, state=ApprovalState.PENDING)
            .first()
        )
        votes = list(votes_open_to(actor).filter(request=request_id)) if request else []
        votes = [vote for vote in votes if request and vote.stage == request.stage]
        if request is None or not votes:
            raise Missing([RowError(0, "id", request_id, "missing", _("There is no such record."))])
        for vote in votes:
            vote.decision = ApprovalState.APPROVED if approve else ApprovalState.REJECTED
            vote.comment, vote.decided_by_id, vote.decided_at = comment, actor.user_id, timezone.now()
            vote.save(update_fields=["decision", "comment", "decided_by", "decided_at"])
        _go_on(request, approve, is_enough=any(vote.is_escalated for vote in votes))
    return request


def _go_on(request: ApprovalRequest, approved: bool, *, is_enough: bool) -> None:
    if not approved:
        _close(request, ApprovalState.REJECTED)
        return
    stage = request.stages[request.stage]
    waiting = request.votes.filter(stage=request.stage, decision=ApprovalState.PENDING)
    if stage.get("all") and not is_enough and waiting.exists():
        return
    if request.stage + 1 >= len(request.stages):
        _close(request, ApprovalState.APPROVED)
        return
    request.stage += 1
    record_type = registry.get(request.record_type)
    people = approvers(request.stages[request.stage], record_type, request.record_id)
    if not people:
        _close(request, ApprovalState.EXPIRED)  # nobody is left who could decide
        return
    request.save(update_fields=["stage"])
    _ask_stage(request, people)


def _close(request: ApprovalRequest, state: str) -> None:
    request.state, request.decided_at = state, timezone.now()
    request.save(update_fields=["state", "decided_at", "stage"])
    RuleRun.objects.filter(pk=request.run_id, state=RunState.WAITING).update(due_at=timezone.now())
    queue.enqueue(EXECUTE_TASK, runs=[request.run_id])


def expire(runs: Sequence[int], step: str) -> None:
    """Close what was not decided in time. One statement."""
    ApprovalRequest.objects.filter(run__in=runs, step=step, state=ApprovalState.PENDING).update(
        state=ApprovalState.EXPIRED, decided_at=timezone.now()
    )


def approved(runs: Mapping[int, int], step: str) -> set[int]:
    """The records (record id → run) whose requests were approved. One query."""
    done = set(
        ApprovalRequest.objects.filter(
            run__in=list(runs.values()), step=step, state=ApprovalState.APPROVED
        ).values_list("run_id", flat=True)
    )
    return {record_id for record_id, run in runs.items() if run in done}


def remind() -> int:
    """Tell those who were asked a day ago and have not decided, once a day. How many."""
    before = timezone.now() - REMIND_AFTER
    waiting = ApprovalVote.objects.filter(
        decision=ApprovalState.PENDING,
        reminded_at__lt=before,
        request__state=ApprovalState.PENDING,
        request__run__state=RunState.WAITING,
    ).select_related("request")
    count = 0
    for vote in waiting[:500]:
        with transaction.atomic():
            if not ApprovalVote.objects.filter(pk=vote.pk, reminded_at=vote.reminded_at).update(
                reminded_at=timezone.now()
            ):
                continue
            people = {vote.approver_id, *stand_ins([vote.approver_id])}
            ports.point_out(people, "approval", vote.request.record_type, vote.request.record_id)
            count += 1
    return count


def delegation_save(*, actor: Actor, delegate_id: int, first_day: date, last_day: date) -> Delegation:
    """Have somebody stand in for the actor from one day to another.

    Raises ValidationError for days in the wrong order, more than a year, oneself, or somebody who is not there.
    """
    if last_day < first_day or last_day - first_day > timedelta(days=366):
        raise ValidationError({"last_day": _("The last day comes after the first, at most a year later.")})
    if delegate_id == actor.user_id or not User.objects.filter(pk=delegate_id, is_active=True).exists():
        raise ValidationError({"delegate": _("Choose a colleague.")})
    assert actor.user_id is not None
    return Delegation.objects.create(
        user_id=actor.user_id, delegate_id=delegate_id, first_day=first_day, last_day=last_day
    )


def delegation_remove(*, actor: Actor, delegation_id: int) -> bool:
    """Take one's own back; false where there is none."""
    gone, _by_model = Delegation.objects.filter(pk=delegation_id, user=actor.user_id).delete()
    return bool(gone)
