"""What is locked while an approval waits, and for whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from dangol.automation import index
from dangol.automation.acting import chain_in
from dangol.automation.models import ApprovalRequest, ApprovalState, Locking, RunState
from dangol.identity.actors import Actor, may_administer
from dangol.records.fields.base import Label
from dangol.records.types import RecordType
from dangol.records.writing.locks import Lock, add_keeper

ANCHOR = "approvals"
"""Where on a record's page the approval stands."""


def register() -> None:
    """Called once, while the project starts."""
    add_keeper(locks)


def locks(record_type: RecordType, ids: Sequence[int], actor: Actor | None) -> Mapping[int, Sequence[Lock]]:
    """The locks of these records that hold for the actor; without an actor, all of them.

    They do not hold for the rule that asks, nor for administrators; a rule is held whoever it acts for. No query where no
    rule of the type locks anything, else one, and two more where anything is locked.
    """
    if not index.may_lock(record_type.name):
        return {}
    by_rule = chain_in(actor.request_id) if actor is not None else None
    if actor is not None and by_rule is None and may_administer(actor):
        return {}
    requests = (
        ApprovalRequest.objects.filter(
            record_type=record_type.name,
            record_id__in=list(ids),
            state=ApprovalState.PENDING,
            run__state__in=[RunState.WAITING, RunState.QUEUED],
        )
        .exclude(lock=Locking.NOTHING)
        .select_related("run")
        .prefetch_related("votes__approver")
        .order_by("pk")
    )
    found: dict[int, list[Lock]] = {}
    for request in requests:
        if by_rule is not None and (by_rule[0], by_rule[1].key) == (request.run.rule_id, request.run.chain):
            continue
        fields = frozenset(request.locked_fields) if request.lock == Locking.FIELDS else None
        url = f"/{record_type.path}/{request.record_id}/#{ANCHOR}"
        found.setdefault(request.record_id, []).append(Lock(_message(request), fields, url))
    return found


def _message(request: ApprovalRequest) -> Label:
    """Who has to decide, in the reader's language."""
    names = ", ".join(
        vote.approver.name
        for vote in request.votes.all()
        if vote.stage == request.stage and vote.decision == ApprovalState.PENDING
    )
    return format_lazy(
        gettext_lazy("This waits for an approval and cannot be changed until then. To decide: {names}."),
        names=names or "–",
    )
