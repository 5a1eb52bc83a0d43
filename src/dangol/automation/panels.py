"""What rules put on a record's page: their buttons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy

from dangol.automation import approving, index, triggers
from dangol.automation.models import ApprovalRequest, ApprovalState, RunState
from dangol.identity.actors import Actor
from dangol.records import permissions, ports
from dangol.records.types import RecordType


def register() -> None:
    """Contribute the card; called once, while the project starts."""
    ports.add_panels(_panels)


def _panels(record_type: RecordType) -> Iterable[ports.Panel]:
    """The cards: buttons of active rules, and what is to be approved, for types that have any. No query."""
    return [*_buttons(record_type), *_approvals(record_type)]


def _approvals(record_type: RecordType) -> Iterable[ports.Panel]:
    if not index.asks_for_approval(record_type.name):
        return []

    def build(actor: Actor, record: Mapping[str, Any]) -> Mapping[str, Any] | None:
        requests = ApprovalRequest.objects.filter(
            record_type=record_type.name, record_id=record["id"], state=ApprovalState.PENDING
        )
        rows = (
            requests.filter(run__state=RunState.WAITING)
            .select_related("run__rule")
            .prefetch_related("votes__approver")
        )
        found = list(rows)
        if not found:
            return None
        open_to = set(approving.votes_open_to(actor).values_list("request_id", flat=True))
        return {"requests": [(request, request.pk in open_to) for request in found]}

    label = gettext_lazy("Approval")
    return [ports.Panel("approvals", label, "automation/parts/approvals.html", build, "right", 5)]


def _buttons(record_type: RecordType) -> Iterable[ports.Panel]:
    if not index.of_kind(record_type.name, triggers.BUTTON):
        return []

    def build(actor: Actor, record: Mapping[str, Any]) -> Mapping[str, Any] | None:
        if actor.seen_by is not None or not permissions.allowed(actor, record_type, "edit"):
            return None
        entries = index.of_kind(record_type.name, triggers.BUTTON)
        return {"buttons": [(entry.rule_id, entry.trigger["label"], entry.name) for entry in entries]}

    return [
        ports.Panel(
            "rules", gettext_lazy("Automation rules"), "automation/parts/buttons.html", build, "right", 15
        ),
    ]
