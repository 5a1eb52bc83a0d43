"""Reading rules and the log of their runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone

from dangol.automation.models import Rule, RuleRun, RunState
from dangol.automation.policies import automatable
from dangol.identity.actors import Actor
from dangol.identity.models import Action, Grant
from dangol.records import permissions, registry


def rules_visible_to(actor: Actor) -> QuerySet[Rule]:
    """The rules for types that the actor may make rules for. Lazy."""
    names = [record_type.name for record_type in automatable(actor)]
    return Rule.objects.filter(deleted_at=None, record_type__in=names).select_related(
        "current", "current__author"
    )


def is_for_administrators_only() -> bool:
    """Whether no role but those of administrators may make rules. One query."""
    administering = Grant.objects.filter(action=Action.ADMINISTER).values("role")
    return not Grant.objects.filter(action=Action.AUTOMATE).exclude(role__in=administering).exists()


def counts(rules: list[Rule]) -> dict[int, dict[str, Any]]:
    """Of each rule: runs and failures of the last seven days, and when it ran last. One query."""
    since = timezone.now() - timedelta(days=7)
    rows = (
        RuleRun.objects.filter(rule__in=rules, created_at__gt=since)
        .order_by()
        .values("rule_id")
        .annotate(
            runs=Count("pk"), failed=Count("pk", filter=Q(state=RunState.FAILED)), last=Max("created_at")
        )
    )
    return {row["rule_id"]: dict(row) for row in rows}


def runs_visible_to(actor: Actor) -> QuerySet[RuleRun]:
    """Runs of rules for records that the actor may see.

    Whoever sees all records of a type sees all its runs, also those for records that are gone. Lazy; a subquery for each
    other type.
    """
    seen = Q(pk__in=[])
    for record_type in registry.all_types():
        condition = permissions.visible_q(actor, record_type)
        if condition is False:
            continue
        alive = permissions.visible_to(actor, record_type)
        if condition is True:
            seen |= Q(record_type=record_type.name)
            continue
        seen |= Q(record_type=record_type.name, record_id__in=alive.order_by().values("pk"))
    return RuleRun.objects.filter(seen).select_related("rule", "version")
