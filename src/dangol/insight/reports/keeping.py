"""Reports that are kept: who finds which, and how they are made, changed, shared and taken away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor, may_administer
from dangol.insight.models import Report
from dangol.insight.reports.axes import reading_of, tree_of, type_of, types_for
from dangol.insight.reports.plans import NAMES, PIVOT, Plan, ReportError, plan_from
from dangol.insight.reports.tables import columns_of
from dangol.records.models import Audience
from dangol.records.writing.context import sign

MOST: Final = 500
"""Reports that one person keeps."""
FIELDS: Final = ("name", "description", "audience", *NAMES)


class ReportMissing(LookupError):
    """There is no such report for this actor, or none that he or she may change."""


def can_use(actor: Actor | None) -> bool:
    """Whoever may see records of any type. No query."""
    return actor is not None and bool(types_for(actor))


def found_by(actor: Actor) -> QuerySet[Report]:
    """The reports that the actor finds: one's own, the team's, everybody's. Lazy."""
    teams = {*actor.team_ids, *((actor.team_id,) if actor.team_id else ())}
    mine = Q(owner_id=actor.user_id) if actor.user_id is not None else Q(pk=None)
    shared = Q(audience=Audience.EVERYONE) | Q(audience=Audience.TEAM, team_id__in=teams)
    return Report.objects.filter(mine | shared, deleted_at=None).select_related("owner", "team")


def report_get(actor: Actor, report_id: int) -> Report:
    """One report. Raises ReportMissing. One query."""
    row = found_by(actor).filter(pk=report_id).first()
    if row is None:
        raise ReportMissing(report_id)
    return row


def can_change(actor: Actor, report: Report) -> bool:
    """Its owner may; everybody's may be changed by those who administer, as with dashboards."""
    if actor.seen_by is not None or actor.user_id is None:
        return False
    return report.owner_id == actor.user_id or (
        report.audience == Audience.EVERYONE and may_administer(actor)
    )


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
        row = _own(actor, report_id)
        if version is not None and row.version != version:
            message = _("Somebody has changed the report in the meantime. Look at it as it is now.")
            raise ReportError("version", message, "conflict")
        _take(row, values, actor)
        row.updated_by_id = actor.user_id
        row.save(
            update_fields=[
                "name", "description", "audience", "team", "record_type", "filter", "plan", "updated_by"
            ]
        )  # fmt: skip
    return report_get(actor, row.pk)


def report_delete(*, actor: Actor, report_id: int, origin: str = "page") -> None:
    """Take a report away. Raises ReportMissing."""
    with transaction.atomic():
        sign(actor, origin)
        row = _own(actor, report_id)
        row.deleted_at = timezone.now()
        row.save(update_fields=["deleted_at"])


def _own(actor: Actor, report_id: int) -> Report:
    row = Report.objects.select_for_update().filter(pk=report_id, deleted_at=None).first()
    if row is None or not can_change(actor, row):
        raise ReportMissing(report_id)
    return row


def _take(row: Report, values: Mapping[str, Any], actor: Actor) -> None:
    for key in values:
        if key not in FIELDS:
            raise ReportError(str(key)[:40], _("There is no such field."), "unknown")
    for name, most in (("name", 80), ("description", 2_000)):
        if name in values:
            setattr(row, name, _text(name, values[name], most))
    if not row.name:
        raise ReportError("name", _("Give the report a name."), "required")
    if row.pk is None or any(name in values for name in NAMES):
        before = {**row.plan, "record_type": row.record_type, "filter": row.filter}
        plan = plan_from({**before, **{name: values[name] for name in NAMES if name in values}})
        check(actor, plan)
        row.record_type, row.filter, row.plan = plan.record_type, plan.filter, plan.kept()
    if "audience" in values:
        _give(row, values["audience"], actor)


def audiences_for(actor: Actor, now: str) -> list[tuple[str, Any]]:
    """To whom the actor may give a report that is `now` somebody's."""
    return [
        (value, label)
        for value, label in Audience.choices
        if value == now
        or (
            (value != Audience.EVERYONE or may_administer(actor))
            and (value != Audience.TEAM or actor.team_id is not None)
        )
    ]


def _give(row: Report, audience: Any, actor: Actor) -> None:
    if audience not in Audience.values:
        choices = ", ".join(Audience.values)
        raise ReportError("audience", _("Choose one of: %(choices)s.") % {"choices": choices})
    if audience == row.audience and row.pk is not None:
        return
    if audience == Audience.EVERYONE and not may_administer(actor):
        message = _("Only those who administer the company may give a report to everyone.")
        raise ReportError("audience", message, "forbidden")
    if audience == Audience.TEAM and actor.team_id is None:
        raise ReportError("audience", _("You belong to no team."))
    row.audience = audience
    row.team_id = actor.team_id if audience == Audience.TEAM else None


def _text(name: str, value: Any, most: int) -> str:
    if not isinstance(value, str) or "\0" in value or any("\ud800" <= char <= "\udfff" for char in value):
        raise ReportError(name, _("Enter a text."))
    text = value.strip() if name == "description" else " ".join(value.split())
    if len(text) > most:
        raise ReportError(name, _("At most %(most)s characters fit.") % {"most": most}, "too_long")
    return text
