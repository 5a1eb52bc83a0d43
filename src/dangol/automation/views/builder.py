"""Making and changing a rule."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from dangol.automation import building, drafts, ports, services, trying
from dangol.automation.definitions import DefinitionProblem, Problem, checked
from dangol.automation.drafts import Draft
from dangol.automation.models import HOURLY_LIMIT, Rule
from dangol.automation.policies import automatable
from dangol.automation.views.access import MENU_KEY, automator, rule_at
from dangol.identity.actors import Actor
from dangol.records import registry
from dangol.records.fields import id_in
from dangol.records.types import RecordType
from dangol.records.views import condition_rows


@require_http_methods(["GET", "HEAD", "POST"])
def rule_new(request: HttpRequest) -> HttpResponse:
    """First which records, then the cards."""
    actor = automator(request)
    chosen = registry.find(request.GET.get("type", ""))
    types = automatable(actor)
    if chosen is None or chosen not in types:
        return render(request, "automation/new.html", {"types": types, "menu_key": MENU_KEY})
    return _answer(request, actor, chosen, None)


@require_http_methods(["GET", "HEAD", "POST"])
def rule_edit(request: HttpRequest, rule_id: int) -> HttpResponse:
    """The cards of a rule; saving makes a new version."""
    actor, rule, record_type = rule_at(request, rule_id)
    return _answer(request, actor, record_type, rule)


def _answer(request: HttpRequest, actor: Actor, record_type: RecordType, rule: Rule | None) -> HttpResponse:
    if request.method != "POST":
        draft = drafts.of_version(rule.current, record_type, actor) if rule and rule.current else Draft()
        head = {
            "name": rule.name if rule else "",
            "order": str(rule.order if rule else 100),
            "hourly_limit": str(rule.hourly_limit if rule else HOURLY_LIMIT),
        }
        return _page(request, actor, record_type, rule, draft, head)
    data = request.POST
    draft = drafts.read(data, record_type, actor)
    head = {name: str(data.get(name, ""))[:200] for name in ("name", "order", "hourly_limit")}
    do = str(data.get("do", "draw"))
    if do == "save":
        return _save(request, actor, record_type, rule, draft, head)
    if do == "try":
        return _try(request, actor, record_type, rule, draft, head, data)
    drafts.act(draft, do, data)
    return _page(request, actor, record_type, rule, draft, head)


def _save(
    request: HttpRequest,
    actor: Actor,
    record_type: RecordType,
    rule: Rule | None,
    draft: Draft,
    head: dict[str, str],
) -> HttpResponse:
    errors: dict[str, str] = {}
    try:
        saved = services.rule_save(
            actor=actor,
            name=head["name"],
            record_type=record_type,
            definition=draft.raw(),
            rule=rule,
            order=_number(head["order"], "order"),
            hourly_limit=_number(head["hourly_limit"], "hourly_limit"),
        )
    except ValidationError as error:
        found = error.message_dict if hasattr(error, "error_dict") else {"name": error.messages}
        errors = {name: " ".join(texts) for name, texts in found.items()}
        return _page(request, actor, record_type, rule, draft, head, errors=errors, status=422)
    except DefinitionProblem as problem:
        return _page(request, actor, record_type, rule, draft, head, problem.problems, status=422)
    messages.success(
        request,
        _("%(name)s is saved.") % {"name": saved.name}
        if saved.is_active
        else _("The rule is saved and switched off. Try it out, then switch it on."),
    )
    return redirect("automation:rule", saved.pk)


def _number(text: str, name: str) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise ValidationError({name: _("Write a whole number.")})
    return int(text)


def _try(
    request: HttpRequest,
    actor: Actor,
    record_type: RecordType,
    rule: Rule | None,
    draft: Draft,
    head: dict[str, str],
    data: QueryDict,
) -> HttpResponse:
    """What the cards as they stand would do with a record; nothing is kept."""
    try:
        definition = checked(record_type, draft.raw(), actor)
    except DefinitionProblem as problem:
        return _page(request, actor, record_type, rule, draft, head, problem.problems, status=422)
    number = id_in(str(data.get("record", "")))
    trial = (
        trying.try_out(
            actor=actor,
            record_type=record_type,
            definition=definition,
            record_id=number,
            rule_id=rule.pk if rule else 0,
        )
        if number
        else None
    )
    errors = {} if trial else {"record": _("Choose a record to try the rule out on.")}
    return _page(request, actor, record_type, rule, draft, head, trial=trial, errors=errors)


def _page(
    request: HttpRequest,
    actor: Actor,
    record_type: RecordType,
    rule: Rule | None,
    draft: Draft,
    head: dict[str, str],
    problems: list[Problem] | None = None,
    *,
    trial: trying.Trial | None = None,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    problems = problems or []
    data = request.POST
    do = str(data.get("do", ""))
    context: dict[str, Any] = {
        "rule": rule,
        "record_type": record_type,
        "head": head,
        "errors": errors or {},
        "trigger": building.trigger_inputs(draft, record_type, actor, problems),
        "condition": condition_rows.shown(
            draft.condition, "condition", record_type, actor, error=_at(problems, "condition"), do=do
        ),
        "steps_error": _at(problems, "steps"),
        "cards": building.cards(draft.steps, record_type, actor, problems, do=do),
        "kinds": ports.step_kinds(record_type, actor),
        "trial": trial,
        "record_id": str(data.get("record", ""))[:20],
        "record_title": str(data.get("record-title", ""))[:200],
        "wrong": bool(problems or errors),
        "menu_key": MENU_KEY,
    }
    return render(request, "automation/builder.html", context, status=status)


def _at(problems: list[Problem], where: str) -> str:
    return " ".join(problem.message for problem in problems if problem.where == where)
