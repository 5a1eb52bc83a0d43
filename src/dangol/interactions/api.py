"""…/comments and …/followers of any record, the activity stream, and one's own notifications."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.interactions import comments, following
from dangol.interactions.activity import Scope, What, activity_page
from dangol.interactions.comments.acts import may_comment
from dangol.interactions.comments.reading import PAGE
from dangol.interactions.models.notifications import Kind
from dangol.interactions.notifications.selectors import notification_page
from dangol.records import permissions, registry
from dangol.records.looks import taking as looks
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


def _seen(actor: Actor, path: str, record_id: str, *, writes: bool = False) -> tuple[RecordType, int]:
    record_type, number = type_at(path, actor), id_of(record_id)
    if not permissions.may(actor, record_type, "view", number):
        raise not_found()
    looks.note("view", record_type, [number])
    if writes and not may_comment(actor):
        raise Problem(403, "forbidden", _("Your roles do not allow you to comment."))
    return record_type, number


def index(request: HttpRequest, actor: Actor, path: str, record_id: str) -> HttpResponse:
    """`GET …/comments`: the newest page, the oldest of it first; `next` leads to earlier ones."""
    given = parameters(request, "limit", "after")
    record_type, number = _seen(actor, path, record_id)
    before = id_of(given["after"]) if "after" in given else None
    heads, earlier = comments.thread(
        actor=actor,
        record_type=record_type,
        record_id=number,
        before=before,
        limit=limit_of(given, PAGE, 200),
    )
    return json_response(
        {"items": [said.to_json() for said in heads], "next": str(earlier) if earlier else None}
    )


def create(request: HttpRequest, actor: Actor, path: str, record_id: str) -> HttpResponse:
    """`POST …/comments`: `text` with `@[12]` for people, `parent`, and `confirm` where somebody may not see the record."""
    parameters(request)
    record_type, number = _seen(actor, path, record_id, writes=True)
    body = _body(request, "text", "parent", "confirm")
    parent = body.get("parent")
    if parent is not None and (
        not isinstance(parent, int) or isinstance(parent, bool) or not 0 < parent < 2**63
    ):
        raise _invalid("parent", "type", _("Write the id of a comment."))
    try:
        made = comments.comment_add(
            actor=actor,
            record_type=record_type,
            record_id=number,
            text=_text(body),
            parent_id=parent,
            despite_unseen=body.get("confirm") is True,
        )
    except comments.CommentError as problem:
        raise _problem(problem) from None
    location = f"/api/v1/{record_type.path}/{number}/comments/{made.pk}"
    return json_response({"id": made.pk, "text": made.body}, status=201, headers={"Location": location})


def change(request: HttpRequest, actor: Actor, path: str, record_id: str, comment_id: str) -> HttpResponse:
    """`PATCH …/comments/{id}`: say it otherwise; one's own only."""
    parameters(request)
    record_type, number = _seen(actor, path, record_id, writes=True)
    body = _body(request, "text", "confirm")
    try:
        made = comments.comment_edit(
            actor=actor,
            record_type=record_type,
            record_id=number,
            comment_id=id_of(comment_id),
            text=_text(body),
            despite_unseen=body.get("confirm") is True,
        )
    except comments.CommentError as problem:
        raise _problem(problem) from None
    return json_response({"id": made.pk, "text": made.body})


def delete(request: HttpRequest, actor: Actor, path: str, record_id: str, comment_id: str) -> HttpResponse:
    """`DELETE …/comments/{id}`: take it back; one's own, or as an administrator anybody's."""
    parameters(request)
    record_type, number = _seen(actor, path, record_id, writes=True)
    comments.comment_delete(
        actor=actor, record_type=record_type, record_id=number, comment_id=id_of(comment_id)
    )
    return HttpResponse(status=204)


def followers(request: HttpRequest, actor: Actor, path: str, record_id: str) -> HttpResponse:
    """`GET …/followers`."""
    parameters(request)
    record_type, number = _seen(actor, path, record_id)
    people = following.followers(record_type.name, number)
    items = [{"id": person.id, "name": person.name, "reason": person.reason} for person in people]
    return json_response({"items": items})


def activity(request: HttpRequest, actor: Actor) -> HttpResponse:
    """`GET /activity`: what happened, newest first."""
    given = parameters(request, "scope", "kind", "type", "limit", "after")
    what, record_type = given.get("kind"), given.get("type", "")
    _one_of("scope", given.get("scope", "followed"), list(Scope))
    if what is not None:
        _one_of("kind", what, list(What))
    if record_type:
        _one_of(
            "type",
            record_type,
            [one.name for one in registry.all_types() if permissions.allowed(actor, one, "view")],
        )
    try:
        page = activity_page(
            actor=actor,
            scope=Scope(given.get("scope", "followed")),
            what=What(what) if what else None,
            record_type=record_type,
            after=given.get("after", ""),
            limit=limit_of(given, 30, 100),
        )
    except (ValueError, OverflowError):
        raise parameter_problem("after", _("The cursor is not valid. Start from the first page.")) from None
    return json_response({"items": [item.to_json() for item in page.items], "next": page.next})


def notifications(request: HttpRequest, actor: Actor) -> HttpResponse:
    """`GET /notifications`: one's own, about what may be seen now, newest first."""
    given = parameters(request, "kind", "unread", "limit", "after")
    if "kind" in given:
        _one_of("kind", given["kind"], Kind.values)
    if "unread" in given:
        _one_of("unread", given["unread"], ["true", "false"])
    try:
        page = notification_page(
            actor=actor,
            kind=given.get("kind", ""),
            unread=given.get("unread") == "true",
            after=given.get("after", ""),
            limit=limit_of(given, 30, 100),
        )
    except (ValueError, OverflowError):
        raise parameter_problem("after", _("The cursor is not valid. Start from the first page.")) from None
    items = [
        {
            "id": one.id,
            "kind": one.kind,
            "at": one.at.isoformat(),
            "read": one.is_read,
            "text": one.text,
            "title": one.target.title,
            "page": one.target.url,
        }
        for one in page.items
    ]
    return json_response({"items": items, "next": page.next})


def _one_of(name: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        message = _("“%(value)s” is not possible here. Possible: %(known)s.")
        raise parameter_problem(name, message % {"value": value[:40], "known": ", ".join(known)})


def _body(request: HttpRequest, *known: str) -> dict[str, Any]:
    body = body_of(request)
    for name in body:
        if name not in known:
            message = _("There is no field “%(name)s”. Fields: %(fields)s.")
            raise _invalid(
                name[:40], "unknown_field", message % {"name": name[:40], "fields": ", ".join(known)}
            )
    return body


def _text(body: dict[str, Any]) -> str:
    text = body.get("text", "")
    if not isinstance(text, str):
        raise _invalid("text", "type", _("Enter text."))
    return text


def _problem(problem: comments.CommentError) -> Problem:
    if problem.code == "unseen":
        return Problem(409, "unseen", f"{problem.message} (confirm: true)")
    return _invalid("text", problem.code, str(problem.message))


def _invalid(field: str, code: str, message: str) -> Problem:
    return Problem(422, code, message, errors=[{"field": field, "code": code, "message": message}])
