"""Duplicates for programs: asked before something is created, listed, decided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.records import permissions
from dangol.records.matching import entering, reviewing
from dangol.records.matching.entering import Similar
from dangol.records.matching.pairs import PairProblem, pairs_decide, pairs_for
from dangol.records.matching.rules import Rules, rules_of
from dangol.records.models import DuplicatePair, PairState
from dangol.records.rest.endpoints import (
    body_of,
    id_of,
    json_response,
    limit_of,
    not_found,
    parameters,
    type_at,
)
from dangol.records.rest.problems import Problem, parameter_problem
from dangol.records.types import RecordType

REFUSE = "refuse"
HEADER = "Duplicates"


def check(request: HttpRequest, actor: Actor, path: str) -> HttpResponse:
    """`POST /api/v1/{records}/duplicates`: records like one with the values in the body. Nothing is stored."""
    record_type = type_at(path, actor)
    if not permissions.allowed(actor, record_type, "create"):
        type_at(path, actor, "create")
    parameters(request)
    values = body_of(request)
    return json_response(_similar(entering.similar(actor=actor, record_type=record_type, values=values)))


def refused(request: HttpRequest, actor: Actor, record_type: RecordType, values: Mapping[str, Any]) -> None:
    """With the header `Duplicates: refuse` nothing is created that may be there already: 409 with what is."""
    header = request.headers.get(HEADER)
    if header is None:
        return
    if header != REFUSE:
        raise Problem(400, "header", _("The header “Duplicates” can only be “refuse”."))
    found = entering.similar(actor=actor, record_type=record_type, values=values)
    if found:
        shown = _similar(found)
        errors = [
            {"field": "", "code": "duplicate", "message": one["title"], **one} for one in shown["items"]
        ]
        raise Problem(409, "duplicate", _("This may be there already."), errors=errors)


def _similar(found: Similar) -> dict[str, Any]:
    return {
        "items": [
            {
                "id": one.id,
                "title": one.title,
                "probability": round(one.probability, 4),
                "evidence": dict(one.evidence),
            }
            for one in found.likes
        ],
        "elsewhere": {"count": found.count_elsewhere, "teams": list(found.elsewhere)},
    }


def _rules(path: str, actor: Actor) -> Rules:
    record_type = type_at(path, actor, "edit")
    rules = rules_of(record_type)
    if not rules.is_on:
        raise not_found()
    return rules


def index(request: HttpRequest, actor: Actor, path: str) -> HttpResponse:
    """`GET /api/v1/{records}/duplicates`: pairs that are the caller's to decide, the oldest first. Three queries."""
    rules = _rules(path, actor)
    given = parameters(request, "state", "limit", "after")
    state = given.get("state", PairState.OPEN)
    if state not in PairState.values:
        message = _("Possible: %(known)s.") % {"known": ", ".join(PairState.values)}
        raise parameter_problem("state", message, "choice")
    limit = limit_of(given, 50, 500)
    rows = pairs_for(actor, rules.record_type).filter(state=state).order_by("pk")
    if after := given.get("after"):
        if not (after.isascii() and after.isdigit() and len(after) < 19):
            raise parameter_problem("after", _("Give “next” of the page before."))
        rows = rows.filter(pk__gt=int(after))
    found = list(rows[: limit + 1])
    called = reviewing.labels(actor, rules)
    items = [_pair(pair, called) for pair in found[:limit]]
    return json_response({"items": items, "next": str(found[limit - 1].pk) if len(found) > limit else None})


def decide(request: HttpRequest, actor: Actor, path: str, pair_id: str) -> HttpResponse:
    """`PATCH /api/v1/{records}/duplicates/{id}` with `{"state": "different"}`, `later` or `open`."""
    rules = _rules(path, actor)
    parameters(request)
    number = id_of(pair_id)
    values = body_of(request)
    state = values.pop("state", None)
    if values or not isinstance(state, str):
        message = _("Give “state”, and nothing else.")
        raise Problem(
            422, "invalid", message, errors=[{"field": "state", "code": "required", "message": message}]
        )
    try:
        [pair] = pairs_decide(actor=actor, record_type=rules.record_type, pair_ids=[number], state=state)
    except PairProblem as problem:
        if problem.code == "missing":
            raise not_found() from None
        told = str(problem.message)
        status = 409 if problem.code == "merged" else 422
        found = {"field": "state", "code": problem.code, "message": told}
        raise Problem(status, problem.code, told, errors=[found]) from None
    return json_response(_pair(pair, reviewing.labels(actor, rules)))


def _pair(pair: DuplicatePair, called: Mapping[str, str]) -> dict[str, Any]:
    """A pair; of the evidence what is about fields that the caller may read."""
    return {
        "id": pair.pk,
        "records": [pair.left, pair.right],
        "probability": round(pair.probability, 4),
        "evidence": {name: level for name, level in pair.evidence.items() if name in called},
        "state": pair.state,
        "found_by": pair.found_by,
        "found_at": pair.found_at.isoformat(),
        "decided_by": pair.decided_by_id,
        "decided_at": pair.decided_at.isoformat() if pair.decided_at else None,
    }
