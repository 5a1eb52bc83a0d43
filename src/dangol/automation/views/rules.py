"""The list of rules, one rule with its versions, and switching it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dangol.automation import ports, selectors, services, triggers
from dangol.automation.definitions import DefinitionProblem
from dangol.automation.models import OffReason, Rule, RuleVersion
from dangol.automation.steps.flow import condition_words
from dangol.automation.views.access import MENU_KEY, automator, rule_at
from dangol.automation.views.runs import shown_runs
from dangol.identity.actors import Actor, may_administer
from dangol.records import registry
from dangol.records.types import RecordType
from dangol.records.writing import Missing

SHOWN_RUNS = 10
SHOWN_VERSIONS = 20


@require_safe
def rule_list(request: HttpRequest) -> HttpResponse:
    """All rules for what this person may automate, with how they stand. Two queries beside those of the page."""
    actor = automator(request)
    rules = list(selectors.rules_visible_to(actor).order_by("record_type", "order", "id"))
    counts = selectors.counts(rules)
    rows = [
        {
            "rule": rule,
            "type": registry.get(rule.record_type),
            "when": triggers.says(registry.get(rule.record_type), rule.current.trigger, actor)
            if rule.current
            else "–",
            "state": state_of(rule),
            "count": counts.get(rule.pk, {}),
        }
        for rule in rules
    ]
    roles_url = ""
    if may_administer(actor) and selectors.is_for_administrators_only():
        roles_url = reverse("administration:roles")  # roles of before rules were there lack the right
    return render(
        request, "automation/rules.html", {"rows": rows, "roles_url": roles_url, "menu_key": MENU_KEY}
    )


def state_of(rule: Rule) -> tuple[str, str]:
    """How a rule stands: words and tone."""
    if rule.is_active:
        return _("Switched on"), "p"
    if rule.off_reason:
        return _("Switched itself off"), "r"
    return _("Switched off"), "n"


@require_safe
def rule_detail(request: HttpRequest, rule_id: int) -> HttpResponse:
    """One rule in words, its last runs, its versions with what changed in each."""
    actor, rule, record_type = rule_at(request, rule_id)
    versions = list(rule.versions.select_related("author").order_by("-number")[: SHOWN_VERSIONS + 1])
    said = [_lines(version, record_type, actor) for version in versions]
    shown = [
        {"version": version, "diff": _diff(said[at + 1] if at + 1 < len(said) else [], said[at])}
        for at, version in enumerate(versions[:SHOWN_VERSIONS])
    ]
    runs = selectors.runs_visible_to(actor).filter(rule=rule).order_by("-id")[:SHOWN_RUNS]
    word, tone = state_of(rule)
    return render(
        request,
        "automation/rule.html",
        {
            "rule": rule,
            "record_type": record_type,
            "word": word,
            "tone": tone,
            "why_off": OffReason(rule.off_reason).label if rule.off_reason else "",
            "lines": said[0] if said else [],
            "versions": shown,
            "runs": shown_runs(list(runs), actor),
            "menu_key": MENU_KEY,
        },
    )


Words = list[tuple[str, str, int]]
"""(heading or label, text, depth) of each line of a rule in words."""


def _lines(version: RuleVersion, record_type: RecordType, actor: Actor) -> Words:
    condition = (
        condition_words(record_type, version.condition or {"and": []}, actor)
        if version.condition_text
        else ""
    )
    found = [
        (_("Begins when"), triggers.says(record_type, version.trigger, actor), 0),
        (_("If"), condition or _("always"), 0),
    ]
    _steps(version.steps, record_type, actor, found, 0)
    return found


def _steps(
    steps: Sequence[Mapping[str, Any]], record_type: RecordType, actor: Actor, into: Words, depth: int
) -> None:
    for step in steps:
        kind = ports.step_kind(str(step["kind"]))
        if kind is None:
            into.append((str(step["kind"]), _("There is no such step any more."), depth))
            continue
        into.append((str(kind.label), _said(kind, step, record_type, actor), depth))
        words = (_("when approved"), _("when not approved")) if kind.decided else (_("then"), _("else"))
        for arm, word in zip(("then", "else"), words, strict=True):
            if step.get(arm):
                into.append((word, "", depth + 1))
                _steps(step[arm], record_type, actor, into, depth + 2)


def _said(kind: ports.StepKind, step: Mapping[str, Any], record_type: RecordType, actor: Actor) -> str:
    try:
        return kind.says(record_type, step.get("settings") or {}, actor)
    except KeyError as problem:  # a type that it names is gone
        return _("names what is gone: %(name)s") % {"name": problem}


def _diff(before: Words, after: Words) -> list[tuple[str, str]]:
    """What was added (`+`) and taken away (`-`) between two versions."""
    old, new = (
        [f"{label}: {text}".rstrip(": ") for label, text, _depth in words] for words in (before, after)
    )
    if not old:
        return []
    return [(line[0], line[2:]) for line in difflib.ndiff(old, new) if line[0] in "+-"]


@require_POST
def rule_switch(request: HttpRequest, rule_id: int) -> HttpResponse:
    """Switch a rule on (`active=1`) or off."""
    actor, rule, _record_type = rule_at(request, rule_id)
    active = request.POST.get("active") == "1"
    try:
        services.rule_switch(actor=actor, rule=rule, active=active)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("The rule is switched on.") if active else _("The rule is switched off."))
    return redirect("automation:rule", rule_id)


@require_POST
def rule_delete(request: HttpRequest, rule_id: int) -> HttpResponse:
    """Delete a rule."""
    actor, rule, _record_type = rule_at(request, rule_id)
    services.rule_delete(actor=actor, rule=rule)
    messages.success(request, _("%(name)s is deleted.") % {"name": rule.name})
    return redirect("automation:rules")


@require_POST
def version_restore(request: HttpRequest, rule_id: int, version_id: int) -> HttpResponse:
    """Have an earlier version again."""
    actor, rule, _record_type = rule_at(request, rule_id)
    version = rule.versions.filter(pk=version_id).first()
    if version is None:
        raise Http404
    try:
        services.version_restore(actor=actor, rule=rule, version=version)
    except DefinitionProblem as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, _("Version %(number)s is in force again.") % {"number": version.number})
    return redirect("automation:rule", rule_id)


@require_POST
def rule_press(request: HttpRequest, rule_id: int, record_id: int) -> HttpResponse:
    """Run a rule for a record because its button was pressed."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if actor.seen_by is not None:
        raise Http404
    try:
        runs = services.rule_press(actor=actor, rule_id=rule_id, record_id=record_id)
    except Missing:
        raise Http404 from None
    if runs:
        messages.success(request, _("The rule runs now. Its work shows in a moment."))
    else:
        messages.error(request, _("The rule does not fit this record: its condition does not hold."))
    record_type = registry.get(Rule.objects.values_list("record_type", flat=True).get(pk=rule_id))
    return redirect("records:detail", record_type, record_id)
