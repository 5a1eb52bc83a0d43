"""The life of a search for duplicates: asked for, cancelled – and who may."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dangol.events import queue
from dangol.identity.actors import Actor, may_administer
from dangol.records.matching.rules import Rules
from dangol.records.models import DuplicateScan, ScanState
from dangol.records.types import RecordType

SCAN_TASK = "dangol.records.matching.scan"


class ScanProblem(Exception):
    """A search that cannot be started or stopped; the text says why."""


def may_scan(actor: Actor, record_type: RecordType) -> bool:
    """Whoever may edit every record of the type: a search reads and compares all of them. No query."""
    return may_administer(actor) or "all" in actor.scopes(record_type.name, "edit")


def scan_create(*, actor: Actor, rules: Rules, full: bool = False) -> DuplicateScan:
    """Note a search down; it waits. One of changes where there was a whole one before, unless `full`. Two queries.

    Raises:
        ScanProblem: nothing is compared, the actor may not, or one is under way.
    """
    record_type = rules.record_type
    if not may_scan(actor, record_type):
        raise ScanProblem(
            _("Only those who may change all these records can search for duplicates among them.")
        )
    if not rules.is_on:
        raise ScanProblem(_("Choose first which fields are compared."))
    earlier = DuplicateScan.objects.filter(record_type=record_type.name)
    if earlier.filter(state__in=(ScanState.WAITING, ScanState.RUNNING)).exists():
        raise ScanProblem(_("A search is under way already."))
    before = earlier.filter(state=ScanState.FINISHED).order_by("-pk").first()
    since = before.oldest if before is not None and rules.row.model else None
    return DuplicateScan.objects.create(
        record_type=record_type.name,
        owner_id=actor.user_id,
        full=full or since is None,
        since=None if full else since,
    )


def scan_start(*, actor: Actor, rules: Rules, full: bool = False) -> DuplicateScan:
    """Have a search done in the background. Raises ScanProblem."""
    with transaction.atomic():
        scan = scan_create(actor=actor, rules=rules, full=full)
        queue.enqueue(
            SCAN_TASK, queue=queue.ANALYTICS, scan_id=scan.pk, lock=f"{SCAN_TASK}:{scan.record_type}"
        )
    return scan


def scan_cancel(*, actor: Actor, record_type: RecordType, scan: DuplicateScan) -> None:
    """Stop it; what it found so far of changes stays. Raises ScanProblem."""
    if not may_scan(actor, record_type):
        raise ScanProblem(
            _("Only those who may change all these records can search for duplicates among them.")
        )
    with transaction.atomic():
        locked = DuplicateScan.objects.select_for_update().get(pk=scan.pk)
        if locked.state == ScanState.WAITING:
            locked.state = ScanState.CANCELLED
        elif locked.state == ScanState.RUNNING:
            locked.cancel_requested = True
        locked.save(update_fields=["state", "cancel_requested"])


def latest(record_type: RecordType) -> DuplicateScan | None:
    """The last search of the type. One query."""
    return (
        DuplicateScan.objects.filter(record_type=record_type.name)
        .select_related("owner")
        .order_by("-pk")
        .first()
    )
