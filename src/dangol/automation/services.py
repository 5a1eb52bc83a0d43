"""Business acts on rules: keep, switch, restore, delete, press, forget."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dangol.automation import index, matching, starting, triggers
from dangol.automation.acting import Chain, actor_of
from dangol.automation.definitions import Broken, Definition, checked, program_of
from dangol.automation.index import Entry
from dangol.automation.matching import Candidate
from dangol.automation.models import OffReason, Rule, RuleClock, RuleRun, RuleVersion, RunState
from dangol.automation.policies import can_automate
from dangol.identity import revisions
from dangol.identity.actors import Actor
from dangol.records import permissions, registry
from dangol.records.types import RecordType
from dangol.records.writing import Missing, RowError

KEPT_DAYS = 90
KEPT_RUNS = 50_000
"""Of one rule, at most so many finished runs are kept."""
MOST_RULES = 2_000
MOST_AN_HOUR = 1_000_000


def _require(actor: Actor, record_type: RecordType | None) -> RecordType:
    if record_type is None or not can_automate(actor, record_type):
        raise PermissionDenied("automate")
    return record_type


def rule_save(
    *,
    actor: Actor,
    name: str,
    record_type: RecordType,
    definition: Mapping[str, Any],
    rule: Rule | None = None,
    order: int = 100,
    hourly_limit: int = 10_000,
) -> Rule:
    """Keep a rule: a new one, switched off, or a new version of one where what it does has changed.

    From then on the rule acts for the actor: who changes what a rule does lends it the own rights, never those of whoever
    wrote it before.

    Raises:
        PermissionDenied: the actor may not make rules for these records.
        ValidationError: name, order or limit is wrong.
        DefinitionProblem: what it does makes no sense; says where and why.
    """
    _require(actor, record_type)
    name = name.strip()
    if not name or len(name) > 120 or "\0" in name:
        raise ValidationError({"name": _("Give the rule a name of at most 120 characters.")})
    if not 0 <= order <= 10_000:
        raise ValidationError({"order": _("Write a whole number from 0 to %(most)s.") % {"most": 10_000}})
    if not 1 <= hourly_limit <= MOST_AN_HOUR:
        raise ValidationError(
            {"hourly_limit": _("Write a whole number from 1 to %(most)s.") % {"most": MOST_AN_HOUR}}
        )
    found = checked(record_type, definition, actor)
    with transaction.atomic():
        if rule is None:
            if Rule.objects.filter(deleted_at=None).count() >= MOST_RULES:
                raise ValidationError(_("There are at most %(most)s rules.") % {"most": MOST_RULES})
            rule = Rule.objects.create(
                name=name, record_type=record_type.name, order=order, hourly_limit=hourly_limit
            )
        else:
            rule = Rule.objects.select_for_update(of=("self",)).select_related("current").get(pk=rule.pk)
            rule.name, rule.order, rule.hourly_limit = name, order, hourly_limit
        if rule.current is None or _differs(rule.current, found):
            rule.current = _version(rule, found, actor)
            RuleClock.objects.filter(rule=rule).delete()
        rule.save(update_fields=["name", "order", "hourly_limit", "current"])
        revisions.changed(index.REVISION)
    return rule


def _differs(version: RuleVersion, found: Definition) -> bool:
    return (version.trigger, version.condition, version.steps) != (
        found.trigger,
        found.condition,
        found.steps,
    )


def _version(rule: Rule, found: Definition, actor: Actor) -> RuleVersion:
    last = rule.versions.order_by("-number").values_list("number", flat=True).first() or 0
    assert actor.user_id is not None
    return RuleVersion.objects.create(
        rule=rule,
        number=last + 1,
        trigger=found.trigger,
        condition=found.condition,
        condition_text=found.condition_text,
        steps=found.steps,
        author_id=actor.user_id,
    )


def version_restore(*, actor: Actor, rule: Rule, version: RuleVersion) -> Rule:
    """Have an earlier version in force again, as a new version of the actor's. Raises as `rule_save`."""
    record_type = _require(actor, registry.find(rule.record_type))
    definition = {"trigger": version.trigger, "condition": version.condition, "steps": version.steps}
    return rule_save(
        actor=actor,
        name=rule.name,
        record_type=record_type,
        definition=definition,
        rule=rule,
        order=rule.order,
        hourly_limit=rule.hourly_limit,
    )


def rule_switch(*, actor: Actor, rule: Rule, active: bool) -> Rule:
    """Switch a rule on or off. Switched off, what waits of it is stopped.

    Raises:
        PermissionDenied: the actor may not.
        ValidationError: it cannot be switched on: what it names is gone, or who wrote it has left.
    """
    record_type = _require(actor, registry.find(rule.record_type))
    with transaction.atomic():
        rule = (
            Rule.objects.select_for_update(of=("self",))
            .select_related("current", "current__author")
            .get(pk=rule.pk, deleted_at=None)
        )
        if active:
            _require_ready(rule, record_type)
            RuleClock.objects.filter(rule=rule).delete()
        else:
            starting.cancel_waiting(rule)
        rule.is_active = active
        rule.off_reason, rule.off_detail = "", ""
        rule.switched_at, rule.switched_by_id = timezone.now(), actor.user_id
        rule.save(update_fields=["is_active", "off_reason", "off_detail", "switched_at", "switched_by"])
        revisions.changed(index.REVISION)
    return rule


def _require_ready(rule: Rule, record_type: RecordType) -> None:
    if rule.current is None:
        raise ValidationError(_("The rule does nothing yet."))
    try:
        program_of(rule.current, record_type.name)
    except Broken as broken:
        raise ValidationError(str(broken)) from broken
    if actor_of(rule.current, record_type.name) is None:
        raise ValidationError(
            _(
                "%(name)s, for whom the rule acts, has left or may not do this any more. Save it in your own name first."
            )
            % {"name": rule.current.author.name}
        )


def rule_delete(*, actor: Actor, rule: Rule) -> None:
    """Delete a rule: it is switched off and on no list any more; the log of its runs stays as long as others do."""
    _require(actor, registry.find(rule.record_type))
    with transaction.atomic():
        starting.cancel_waiting(rule)
        Rule.objects.filter(pk=rule.pk).update(is_active=False, deleted_at=timezone.now())
        revisions.changed(index.REVISION)


def rule_press(*, actor: Actor, rule_id: int, record_id: int) -> list[int]:
    """Run a rule for one record because somebody pressed its button. Returns the ids of the runs; none where its
    condition does not hold for the record.

    Who may change the record may press; the rule acts for its author as always.

    Raises:
        Missing: there is no such button, or no such record that the actor may change.
    """
    entry, record_type = rule_button(actor=actor, rule_id=rule_id)
    if not permissions.may(actor, record_type, "edit", record_id):
        raise Missing([RowError(0, "id", record_id, "missing", _("There is no such record."))])
    with transaction.atomic():
        return _press(entry, record_type, record_id, actor)


def rule_button(*, actor: Actor, rule_id: int) -> tuple[Entry, RecordType]:
    """The active rule that begins with a button, and its type. Raises Missing where there is none for the actor. One query."""
    revisions.look()
    entry = next((one for one in index.all_of_kind(triggers.BUTTON) if one.rule_id == rule_id), None)
    record_type = registry.find(entry.record_type) if entry else None
    if entry is None or record_type is None or not permissions.allowed(actor, record_type, "edit"):
        raise Missing([RowError(0, "id", rule_id, "missing", _("There is no such record."))])
    return entry, record_type


def _press(entry: Entry, record_type: RecordType, record_id: int, actor: Actor) -> list[int]:
    matches, unfit = matching.evaluated(record_type, [Candidate(entry, [record_id])])
    starting.drop_unfit(unfit)
    cause = starting.Cause(triggers.BUTTON, Chain(uuid.uuid4()), None, actor.user_id)
    return starting.start(matches, cause)


def rules_examine() -> int:
    """Switch off active rules that name what is gone, or whose author may not any more. How many."""
    found = 0
    rules = Rule.objects.filter(is_active=True, deleted_at=None).select_related("current", "current__author")
    for rule in rules:
        if rule.current is None:
            continue
        try:
            program_of(rule.current, rule.record_type)
        except Broken as broken:
            starting.switch_off(rule, OffReason.BROKEN, str(broken))
            found += 1
            continue
        if actor_of(rule.current, rule.record_type) is None:
            starting.switch_off(rule, OffReason.AUTHOR, rule.current.author.name)
            found += 1
    return found


def runs_forget(*, batch: int = 5_000) -> int:
    """Delete finished runs older than 90 days, and of each rule all but the newest 50,000. How many."""
    ended = RuleRun.objects.exclude(state__in=[RunState.QUEUED, RunState.WAITING])
    before = timezone.now() - timedelta(days=KEPT_DAYS)
    gone = 0
    while ids := list(ended.filter(created_at__lt=before).values_list("pk", flat=True)[:batch]):
        gone += RuleRun.objects.filter(pk__in=ids).delete()[1].get("automation.RuleRun", 0)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rule_id FROM automation_run GROUP BY rule_id HAVING count(*) > %s", [KEPT_RUNS]
        )
        crowded = [rule_id for (rule_id,) in cursor.fetchall()]
    for rule_id in crowded:
        edge = RuleRun.objects.filter(rule=rule_id).order_by("-id").values_list("pk", flat=True)[KEPT_RUNS]
        while ids := list(ended.filter(rule=rule_id, pk__lte=edge).values_list("pk", flat=True)[:batch]):
            gone += RuleRun.objects.filter(pk__in=ids).delete()[1].get("automation.RuleRun", 0)
    return gone
