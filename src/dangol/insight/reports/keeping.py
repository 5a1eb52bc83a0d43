"""Reports that are kept: who finds which, and how they are made, changed, shared and taken away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.insight.models import Report
from dangol.insight.reports.axes import reading_of, tree_of, type_of, types_for
from dangol.insight.reports.plans import NAMES, PIVOT, Plan, ReportError, plan_from
from dangol.insight.reports.tables import columns_of
from dangol.records import sharing
from dangol.records.writing.context import sign

MOST: Final = 500
"""Reports that one person keeps."""
FIELDS: Final = ("name", "description", "audience", *NAMES)


class ReportMissing(sharing.Missing):
    """There is no such report for this actor, or none that he or she may change."""


def can_use(actor: Actor | None) -> bool:
    """Whoever may see records of any type. No query."""
    return actor is not None and bool(types_for(actor))


def found_by(actor: Actor) -> QuerySet[Report]:
    """The reports that the actor finds: one's own, the team's, everybody's. Lazy."""
    return sharing.found_by(actor, Report.objects.select_related("owner", "team"))


def report_get(actor: Actor, report_id: int) -> Report:
    """One report. Raises ReportMissing. One query."""
    row = found_by(actor).filter(pk=report_id).first()
    if row is None:
        raise ReportMissing(report_id)
    return row


def plan_of(report: Report) -> Plan:
    """What a kept report asks. Raises ReportError."""
    return plan_from({**report.plan, "record_type": report.record_type, "filter": report.filter})


def check(actor: Actor, plan: Plan) -> None:
    """Raises ReportError where the actor could not ask this. No query."""
    if plan.kind == PIVOT:
        reading_of(actor, plan)
        return
    record_type = type_of(actor, plan.record_type)
    tree_of(actor, record_type, plan.filter)
    columns_of(actor, record_type, plan)


def reads(actor: Actor, report: Report) -> bool:
    """Whether the actor could have asked this; else what it asks is not told. No query."""
    try:
        check(actor, plan_of(report))
    except ReportError:
        return False
    return True


def report_create(*, actor: Actor, values: Mapping[str, Any], origin: str = "page") -> Report:
    """Keep a report of one's own: `name`, `record_type` and what else of `FIELDS` is given. Raises ReportError."""
    if actor.user_id is None:
        raise ReportError("owner", _("Only people keep reports."), "forbidden")
    with transaction.atomic():
        sign(actor, origin)
        if Report.objects.filter(owner_id=actor.user_id, deleted_at=None).count() >= MOST:
            message = _("One person keeps at most %(most)s reports. Delete one first.") % {"most": MOST}
            raise ReportError("name", message, "too_many")
        row = Report(owner_id=actor.user_id, created_by_id=actor.user_id, updated_by_id=actor.user_id)
        _take(row, {"name": "", **values}, actor)
        row.save(force_insert=True)
    return report_get(actor, row.pk)


def report_change(
    *, actor: Actor, report_id: int, values: Mapping[str, Any], version: int | None, origin: str = "page"
) -> Report:
    """Change what `values` names, based on `version`.

    Raises:
        ReportMissing: not there, or not the actor's to change.
        ReportError: a value is wrong, or somebody changed it in the meantime (code "conflict").
    """
    with transaction.atomic():
        sign(actor, origin)
        row = _own(actor, report_id, version)
        _take(row, values, actor)
        row.updated_by_id = actor.user_id
        row.save(
            update_fields=[
                "name", "description", "audience", "team", "record_type", "filter", "plan", "updated_by"
            ]
        )  # fmt: skip
    return report_get(actor, row.pk)


def report_delete(*, actor: Actor, report_id: int, origin: str = "page") -> None:
    """Take a report away, and with it the mails in which it goes out. Raises ReportMissing."""
    with transaction.atomic():
        sign(actor, origin)
        row = _own(actor, report_id, None)
        now = timezone.now()
        row.deleted_at = now
        row.save(update_fields=["deleted_at"])
        row.mailings.filter(deleted_at=None).update(deleted_at=now)


def _own(actor: Actor, report_id: int, version: int | None) -> Report:
    return sharing.held(actor, Report.objects.all(), report_id, ReportMissing, version, ReportError)


def _take(row: Report, values: Mapping[str, Any], actor: Actor) -> None:
    for key in values:
        if key not in FIELDS:
            raise ReportError(str(key)[:40], _("There is no such field."), "unknown")
    for name, most in (("name", 80), ("description", 2_000)):
        if name in values:
            setattr(row, name, sharing.text(name, values[name], most, ReportError, lines=name != "name"))
    if not row.name:
        raise ReportError("name", _("Give the report a name."), "required")
    if row.pk is None or any(name in values for name in NAMES):
        before = {**row.plan, "record_type": row.record_type, "filter": row.filter}
        plan = plan_from({**before, **{name: values[name] for name in NAMES if name in values}})
        check(actor, plan)
        row.record_type, row.filter, row.plan = plan.record_type, plan.filter, plan.kept()
    if "audience" in values:
        sharing.give(row, values["audience"], actor, ReportError)
