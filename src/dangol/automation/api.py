"""Rules and their runs for programs."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from dangol.automation import approving, selectors, services
from dangol.automation.models import ApprovalVote, Rule, RuleRun, RunState
from dangol.automation.policies import can_automate_any
from dangol.identity.actors import Actor
from dangol.records import registry
from dangol.records.rest.endpoints import (
    MAX_ID,
    body_of,
    endpoint,
    id_of,
    json_response,
    limit_of,
    not_found,
    parameters,
)
from dangol.records.rest.problems import Problem, parameter_problem


def _rules(request: HttpRequest, actor: Actor) -> HttpResponse:
    """`GET /api/v1/rules`."""
    given = parameters(request, "type", "limit", "after")
    if not can_automate_any(actor):
        raise _forbidden()
    limit = limit_of(given, 50, 200)
    rows = selectors.rules_visible_to(actor).order_by("id")
    if "type" in given:
        rows = rows.filter(record_type=given["type"])
    if "after" in given:
        rows = rows.filter(pk__gt=_cursor(given["after"]))
    found = list(rows[: limit + 1])
    following = str(found[limit - 1].pk) if len(found) > limit else None
    return json_response({"items": [_shown(rule) for rule in found[:limit]], "next": following})


def _rule(request: HttpRequest, actor: Actor, rule_id: str) -> HttpResponse:
    """`GET /api/v1/rules/{id}`."""
    parameters(request)
    return json_response(_shown(_found(actor, rule_id)))


def _switch(request: HttpRequest, actor: Actor, rule_id: str) -> HttpResponse:
    """`PATCH /api/v1/rules/{id}` with `{"active": true}`."""
    rule = _found(actor, rule_id)
    body = body_of(request)
    if set(body) != {"active"} or not isinstance(body["active"], bool):
        raise _invalid("active", _("Send {“active”: true} or {“active”: false}."))
    try:
        rule = services.rule_switch(actor=actor, rule=rule, active=body["active"])
    except ValidationError as error:
        raise _invalid("active", " ".join(error.messages)) from error
    except PermissionDenied:
        raise _forbidden() from None
    return json_response(_shown(rule))


def _run(request: HttpRequest, actor: Actor, rule_id: str) -> HttpResponse:
    """`POST /api/v1/rules/{id}/run` with `{"record_id": 7}`."""
    number = id_of(rule_id)
    services.rule_button(actor=actor, rule_id=number)
    body = body_of(request)
    record_id = body.get("record_id")
    if set(body) != {"record_id"} or type(record_id) is not int or not 0 < record_id <= MAX_ID:
        raise _invalid("record_id", _("Send the id of the record."))
    runs = services.rule_press(actor=actor, rule_id=number, record_id=record_id)
    return json_response({"runs": runs}, status=202)


def _runs(request: HttpRequest, actor: Actor) -> HttpResponse:
    """`GET /api/v1/rules/runs`."""
    given = parameters(request, "rule", "type", "record", "state", "limit", "after")
    limit = limit_of(given, 50, 200)
    rows: QuerySet[RuleRun] = selectors.runs_visible_to(actor)
    for name, column in (("rule", "rule_id"), ("record", "record_id")):
        if name in given:
            rows = rows.filter(**{column: _cursor(given[name], name)})
    if "type" in given:
        rows = rows.filter(record_type=given["type"])
    if "state" in given:
        if given["state"] not in RunState.values:
            raise parameter_problem(
                "state", _("Choose one of: %(choices)s.") % {"choices": ", ".join(RunState.values)}
            )
        rows = rows.filter(state=given["state"])
    if "after" in given:
        rows = rows.filter(pk__lt=_cursor(given["after"]))
    found = list(rows.order_by("-id")[: limit + 1])
    following = str(found[limit - 1].pk) if len(found) > limit else None
    return json_response({"items": [_shown_run(run) for run in found[:limit]], "next": following})


def _approvals(request: HttpRequest, actor: Actor) -> HttpResponse:
    """`GET /api/v1/approvals`: what the caller is asked now."""
    parameters(request)
    votes = list(approving.votes_open_to(actor)[:200])
    return json_response({"items": [_shown_vote(vote) for vote in votes]})


def _shown_vote(vote: ApprovalVote) -> dict[str, Any]:
    asked = vote.request
    return {
        "id": asked.pk,
        "rule": {"id": asked.run.rule_id, "name": asked.run.rule.name},
        "record": {"type": asked.record_type, "id": asked.record_id},
        "stage": asked.stage + 1,
        "stages": len(asked.stages),
        "approver": {"id": vote.approver_id, "name": vote.approver.name},
        "deadline": asked.deadline.isoformat(),
    }


def _decide(request: HttpRequest, actor: Actor, request_id: str) -> HttpResponse:
    """`POST /api/v1/approvals/{id}/decide` with `{"approve": true, "comment": "…"}`."""
    if not any(actor.may(one.name, "edit") for one in registry.all_types()):
        raise Problem(403, "forbidden", _("Your roles or this token do not allow decisions."))
    if not approving.votes_open_to(actor).filter(request=id_of(request_id)).exists():
        raise not_found()
    body = body_of(request)
    comment = body.get("comment", "")
    if not {"approve"} <= set(body) <= {"approve", "comment"} or not isinstance(body["approve"], bool):
        raise _invalid("approve", _("Send {“approve”: true} or {“approve”: false}, and a comment."))
    if not isinstance(comment, str):
        raise _invalid("comment", _("Enter text."))
    try:
        asked = approving.decide(
            actor=actor, request_id=id_of(request_id), approve=body["approve"], comment=comment
        )
    except ValidationError as error:
        raise _invalid("comment", " ".join(error.messages)) from error
    return json_response({"id": asked.pk, "state": asked.state, "stage": asked.stage + 1})


def _cursor(text: str, name: str = "after") -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise parameter_problem(name, _("Write a whole number."))
    return int(text)


def _found(actor: Actor, rule_id: str) -> Rule:
    rule = selectors.rules_visible_to(actor).filter(pk=id_of(rule_id)).first()
    if rule is None:
        raise not_found()
    return rule


def _forbidden() -> Problem:
    return Problem(403, "forbidden", _("Your roles do not allow you to make rules."))


def _invalid(name: str, message: str) -> Problem:
    return Problem(422, "invalid", message, errors=[{"field": name, "code": "invalid", "message": message}])


def _shown(rule: Rule) -> dict[str, Any]:
    version = rule.current
    return {
        "id": rule.pk,
        "name": rule.name,
        "record_type": rule.record_type,
        "active": rule.is_active,
        "off_reason": rule.off_reason,
        "order": rule.order,
        "hourly_limit": rule.hourly_limit,
        "version": version.number if version else 0,
        "author": {"id": version.author_id, "name": version.author.name} if version else {},
        "trigger": version.trigger if version else {"kind": "button"},
        "condition": version.condition if version else {},
        "condition_text": version.condition_text if version else "",
        "steps": version.steps if version else [],
    }


def _shown_run(run: RuleRun) -> dict[str, Any]:
    return {
        "id": run.pk,
        "rule": {"id": run.rule_id, "name": run.rule.name, "version": run.version.number},
        "record": {"type": run.record_type, "id": run.record_id},
        "state": run.state,
        "reason": run.reason,
        "detail": run.detail,
        "trigger": run.trigger,
        "results": run.results,
        "chain": str(run.chain),
        "depth": run.depth,
        "created_at": run.created_at.isoformat(),
        "due_at": run.due_at.isoformat() if run.state in (RunState.WAITING, RunState.QUEUED) else None,
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
    }


approvals = endpoint(GET=_approvals)
decide = endpoint(POST=_decide)
rules = endpoint(GET=_rules)
rule = endpoint(GET=_rule, PATCH=_switch)
run = endpoint(POST=_run)
runs = endpoint(GET=_runs)
