"""POST …/bulk and the jobs it starts."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.records import filters, registry
from dangol.records.bulk import acts, runs
from dangol.records.bulk.acts import Act, Refusal
from dangol.records.bulk.errors import BulkProblem
from dangol.records.bulk.previewing import Preview, preview
from dangol.records.bulk.selection import Selection, checked_ids
from dangol.records.bulk.views.results import shown_refusals
from dangol.records.filters.tree import EVERYTHING
from dangol.records.models import BulkRun
from dangol.records.rest import idempotency
from dangol.records.rest.endpoints import (
    body_of,
    json_response,
    limit_of,
    not_found,
    origin_of,
    parameters,
    type_at,
)
from dangol.records.rest.problems import Problem, parameter_problem
from dangol.records.rest.reading import filter_of
from dangol.records.types import RecordType

BODY = ("select", "act", "change", "settings", "dry_run")


def start(request: HttpRequest, actor: Actor, path: str) -> HttpResponse:
    """`POST /api/v1/{records}/bulk`: an act on a selection, in the background; with `dry_run` only what it would do."""
    record_type = type_at(path, actor)
    parameters(request)
    try:
        return _start(request, actor, record_type)
    except BulkProblem as problem:
        raise as_problem(problem) from None


def _start(request: HttpRequest, actor: Actor, record_type: RecordType) -> HttpResponse:
    plan, dry = asked(body_of(request), record_type, actor)
    if dry is not None:
        return json_response(dry)

    def begin() -> HttpResponse:
        run = runs.run_start(plan, actor=actor, origin=origin_of(request), wait=False)
        return json_response(job(run), status=202, headers={"Location": f"/api/v1/bulk/{run.key}"})

    key = request.headers.get("Idempotency-Key")
    return begin() if key is None else idempotency.once(request, actor, key, begin)


def asked(
    body: Mapping[str, Any], record_type: RecordType, actor: Actor
) -> tuple[runs.Plan, dict[str, Any] | None]:
    """The plan that a body asks for, and where it asks for `dry_run` what that would do.

    Raises:
        Problem, BulkProblem: it cannot be, or the actor may not.
    """
    if not any(acts.acts_for(actor, record_type, in_bin=in_bin) for in_bin in (False, True)):
        raise _forbidden(record_type)
    if unknown := [name for name in body if name not in BODY]:
        raise BulkProblem(
            _("There is no “%(name)s” here. Possible: %(known)s.")
            % {"name": unknown[0][:40], "known": ", ".join(BODY)},
            field=unknown[0][:40],
            code="unknown_field",
        )
    act = _act(body.get("act", "edit"), record_type, actor)
    selection = _selection(body.get("select"), record_type, actor, in_bin=act.in_bin)
    dry = body.get("dry_run", False)
    if not isinstance(dry, bool):
        raise BulkProblem(_("Write true or false."), field="dry_run", code="boolean")
    raw = {"change": body.get("change")} if act.name == "edit" else body.get("settings", {})
    if not isinstance(raw, dict):
        raise BulkProblem(_("Write a JSON object."), field="settings", code="type")
    settings = act.read(record_type, raw, actor)
    seen = preview(record_type=record_type, act=act, settings=settings, selection=selection, actor=actor)
    return runs.plan_of(record_type, act, raw, selection, seen), _preview(seen, record_type) if dry else None


def _act(name: Any, record_type: RecordType, actor: Actor) -> Act:
    act = acts.find(name, record_type) if isinstance(name, str) else None
    possible = [one for in_bin in (False, True) for one in acts.acts_for(actor, record_type, in_bin=in_bin)]
    if act is None:
        names = ", ".join(one.name for one in possible)
        raise BulkProblem(_("Choose one of: %(choices)s.") % {"choices": names}, field="act", code="choice")
    if act not in possible:
        raise _forbidden(record_type)
    return act


def _selection(raw: Any, record_type: RecordType, actor: Actor, *, in_bin: bool) -> Selection:
    message = _("Say which records: {“ids”: […]} or {“filter”: “…”, “except”: […]}.")
    if not isinstance(raw, dict) or not raw or set(raw) - {"ids", "filter", "except"}:
        raise BulkProblem(message, field="select", code="required")
    if "ids" in raw:
        if set(raw) != {"ids"} or not isinstance(raw["ids"], list) or not raw["ids"]:
            raise BulkProblem(message, field="select", code="ids")
        return Selection(ids=checked_ids(raw["ids"]), in_bin=in_bin)
    text, excluded = raw.get("filter", ""), raw.get("except", [])
    if "filter" not in raw or not isinstance(text, str) or not isinstance(excluded, list):
        raise BulkProblem(message, field="select", code="filter")
    if in_bin and text.strip():
        raise BulkProblem(
            _("The recycle bin has no filter: leave it empty for all of it."), field="select", code="filter"
        )
    tree = filter_of(text, record_type, actor)
    return Selection(
        filter="" if tree == EVERYTHING else filters.to_text(tree),
        excluded=checked_ids(excluded),
        in_bin=in_bin,
    )


def _preview(seen: Preview, record_type: RecordType) -> dict[str, Any]:
    return {
        "selected": seen.selected,
        "changing": seen.changing,
        "already": seen.already,
        "forbidden": seen.forbidden,
        "tried": seen.tried,
        "refused": [_refusal(one, record_type) for one in seen.refused],
        "examples": [
            {
                "id": one.id,
                "changes": [
                    {"field": field.name, "before": field.to_json(old), "after": field.to_json(new)}
                    for field, old, new in one.changes
                ],
            }
            for one in seen.examples
        ],
    }


def _refusal(one: Refusal, record_type: RecordType) -> dict[str, Any]:
    return {"id": one.id, "code": one.code, "field": one.field, "message": str(one.reason)}


def job(run: BulkRun) -> dict[str, Any]:
    """A bulk act as programs see it. No query."""
    return {
        "id": str(run.key),
        "type": run.record_type,
        "act": run.act,
        "state": str(run.state),
        "selected": run.selected,
        "rows": run.rows,
        "changed": run.changed,
        "unchanged": run.unchanged,
        "refused": run.refused,
        "others": run.others,
        "seconds": round(run.seconds, 3),
        "seconds_left": None if run.seconds_left is None else round(run.seconds_left, 1),
        "message": run.message,
        "undo": str(run.undo),
        "put_back": sum(run.undone.get("put_back", {}).values()),
        "kept": sum(run.undone.get("kept", {}).values()),
    }


def detail(request: HttpRequest, actor: Actor, key: str) -> HttpResponse:
    """`GET /api/v1/bulk/{key}`. One query."""
    parameters(request)
    return json_response(job(_run(actor, key)))


def refusals(request: HttpRequest, actor: Actor, key: str) -> HttpResponse:
    """`GET /api/v1/bulk/{key}/refusals`: the records that stayed as they were; with `undo=1` when it was taken back."""
    run = _run(actor, key)
    given = parameters(request, "limit", "after", "undo")
    limit = limit_of(given, 100, 500)
    after = given.get("after") or "0"
    if not (after.isascii() and after.isdigit() and len(after) <= 18):
        raise parameter_problem(
            "after", _("The cursor is not valid for this list. Start from the first page.")
        )
    if given.get("undo", "0") not in ("0", "1"):
        raise parameter_problem("undo", _("Choose one of: %(choices)s.") % {"choices": "0, 1"})
    rows = run.refusals.filter(undoing=given.get("undo") == "1", pk__gt=int(after)).order_by("pk")
    found = list(rows[: limit + 1])
    shown = shown_refusals(actor, found[:limit])
    return json_response(
        {
            "items": [
                {
                    "type": one.record_type,
                    "id": one.record_id,
                    "title": told["title"] if told["url"] else None,
                    "field": told["name"],
                    "code": one.code,
                    "message": told["reason"],
                }
                for one, told in zip(found, shown, strict=False)
            ],
            "next": str(found[limit - 1].pk) if len(found) > limit else None,
        }
    )


def cancel(request: HttpRequest, actor: Actor, key: str) -> HttpResponse:
    """`POST /api/v1/bulk/{key}/cancel`: stop after the records that are being written."""
    return _handle(request, actor, key, runs.run_cancel)


def undo(request: HttpRequest, actor: Actor, key: str) -> HttpResponse:
    """`POST /api/v1/bulk/{key}/undo`: take it back, in the background."""

    def take_back(*, run: BulkRun, actor: Actor) -> None:
        runs.run_undo(run=run, actor=actor, wait=False)

    return _handle(request, actor, key, take_back)


def _handle(request: HttpRequest, actor: Actor, key: str, act: Callable[..., None]) -> HttpResponse:
    parameters(request)
    run = _run(actor, key)
    record_type = registry.find(run.record_type)
    known = acts.find(run.act, record_type) if record_type else None
    if record_type is not None and known is not None and not known.open_to(actor, record_type):
        raise _forbidden(record_type)  # a token that may only look, say
    try:
        act(run=run, actor=actor)
    except BulkProblem as problem:
        raise as_problem(problem, conflict=True) from None
    return json_response(job(run), status=202)


def _run(actor: Actor, key: str) -> BulkRun:
    try:
        number = uuid.UUID(key)
    except ValueError:
        raise not_found() from None
    run = runs.runs_visible_to(actor).filter(key=number).first()
    if run is None:
        raise not_found()
    return run


def _forbidden(record_type: RecordType) -> Problem:
    return Problem(
        403,
        "forbidden",
        _("Your roles do not allow this with %(records)s.") % {"records": record_type.label_plural},
    )


def as_problem(problem: BulkProblem, *, conflict: bool = False) -> Problem:
    """What a refused act is as an answer."""
    if problem.code == "forbidden":
        return Problem(403, "forbidden", str(problem))
    if conflict:
        return Problem(409, problem.code, str(problem))
    error = {"field": problem.field, "code": problem.code, "message": str(problem)}
    return Problem(422, "invalid", str(problem), errors=[error])
