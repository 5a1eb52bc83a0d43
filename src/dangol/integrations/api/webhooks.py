"""`/api/v1/webhooks`: made, changed, tried out and replayed by programs of administrators."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.identity.models import User
from dangol.integrations import policies, selectors, services
from dangol.integrations.models import DeliveryState, WebhookDelivery, WebhookEndpoint
from dangol.integrations.webhooks import kinds
from dangol.records.rest.endpoints import (
    body_of,
    etag,
    id_of,
    json_response,
    limit_of,
    not_found,
    parameters,
    versions_in,
)
from dangol.records.rest.problems import Problem, parameter_problem

_TYPES: dict[str, type] = {
    "name": str,
    "url": str,
    "owner": int,
    "events": list,
    "filter": str,
    "includes_record": bool,
    "batch_size": int,
    "rate": int,
    "concurrency": int,
    "is_active": bool,
}
_NEEDED = ("name", "url", "events")


def index(request: HttpRequest, actor: Actor) -> HttpResponse:
    """`GET /api/v1/webhooks`. One query."""
    _administers(actor)
    parameters(request)
    return json_response({"items": [_shown(found) for found in selectors.endpoints()]})


def events(request: HttpRequest, actor: Actor) -> HttpResponse:
    """`GET /api/v1/webhooks/events`: the names that can be subscribed to. No query."""
    _administers(actor)
    parameters(request)
    return json_response({"items": kinds.names()})


def create(request: HttpRequest, actor: Actor) -> HttpResponse:
    """`POST /api/v1/webhooks`. The answer holds the secret, this once."""
    _administers(actor)
    parameters(request)
    given = _given(request)
    for name in _NEEDED:
        if name not in given:
            raise _invalid(name, "required", _("This is needed."))
    owner = _owner(given.pop("owner", None) or actor.user_id)
    made, secret = _saved(actor, None, {**given, "owner": owner})
    headers = {"Location": f"/api/v1/webhooks/{made.pk}", "ETag": etag(made.version)}
    return json_response({**_shown(made), "secret": secret}, status=201, headers=headers)


def detail(request: HttpRequest, actor: Actor, webhook_id: str) -> HttpResponse:
    """`GET /api/v1/webhooks/{id}`. One query."""
    found = _found(actor, webhook_id)
    parameters(request)
    return json_response(_shown(found), headers={"ETag": etag(found.version)})


def change(request: HttpRequest, actor: Actor, webhook_id: str) -> HttpResponse:
    """`PATCH /api/v1/webhooks/{id}`: what the body names changes, based on `If-Match` where it is given."""
    found = _found(actor, webhook_id)
    parameters(request)
    given = _given(request)
    header = request.headers.get("If-Match")
    if header is not None and (asked := versions_in(header)) is not None and found.version not in asked:
        raise Problem(412, "changed", _("The record has been changed since you read it."))
    owner = _owner(given.pop("owner")) if given.get("owner") else found.owner
    given.pop("owner", None)
    kept = {name: getattr(found, name) for name in _TYPES if name != "owner"}
    saved, _secret = _saved(actor, found, {**kept, **given, "owner": owner})
    return json_response(_shown(saved), headers={"ETag": etag(saved.version)})


def delete(request: HttpRequest, actor: Actor, webhook_id: str) -> HttpResponse:
    """`DELETE /api/v1/webhooks/{id}`, with its messages."""
    found = _found(actor, webhook_id)
    parameters(request)
    services.endpoint_delete(endpoint=found, actor=actor)
    return HttpResponse(status=204)


def rotate(request: HttpRequest, actor: Actor, webhook_id: str) -> HttpResponse:
    """`POST /api/v1/webhooks/{id}/secret`: a new secret, shown this once; the old one signs beside it for a day."""
    found = _found(actor, webhook_id)
    parameters(request)
    try:
        secret = services.secret_rotate(endpoint=found, actor=actor)
    except PermissionDenied:
        raise _lends() from None
    response = json_response({"secret": secret})
    response["Cache-Control"] = "no-store"
    return response


def test(request: HttpRequest, actor: Actor, webhook_id: str) -> HttpResponse:
    """`POST /api/v1/webhooks/{id}/test`: a message `webhook.test`; the answer is the message as it waits."""
    found = _found(actor, webhook_id)
    parameters(request)
    try:
        made = services.endpoint_test(endpoint=found, actor=actor)
    except ValidationError as error:
        raise Problem(409, "stopped", " ".join(error.messages)) from None
    return json_response(_message(made), status=202)


def start(request: HttpRequest, actor: Actor, webhook_id: str) -> HttpResponse:
    """`POST /api/v1/webhooks/{id}/start`: go on after it was stopped; what waited goes out."""
    found = _found(actor, webhook_id)
    parameters(request)
    try:
        services.endpoint_start(endpoint=found, actor=actor)
    except ValidationError as error:
        raise Problem(409, "stopped", " ".join(error.messages)) from None
    return json_response(_shown(found), headers={"ETag": etag(found.version)})


def messages(request: HttpRequest, actor: Actor, webhook_id: str) -> HttpResponse:
    """`GET /api/v1/webhooks/{id}/messages`: what was sent, newest first, with every attempt. Three queries."""
    found = _found(actor, webhook_id)
    given = parameters(request, "state", "limit", "after")
    state = given.get("state", "")
    if state and state not in DeliveryState.values:
        raise parameter_problem(
            "state", _("Possible: %(known)s.") % {"known": ", ".join(DeliveryState.values)}
        )
    limit = limit_of(given, 50, 500)
    rows = selectors.deliveries(found, state=state)
    if "after" in given:
        rows = rows.filter(pk__lt=id_of(given["after"]))
    page = list(rows[: limit + 1])
    following = str(page[limit - 1].pk) if len(page) > limit else None
    return json_response({"items": [_message(row, log=True) for row in page[:limit]], "next": following})


def replay(request: HttpRequest, actor: Actor, webhook_id: str) -> HttpResponse:
    """`POST /api/v1/webhooks/{id}/replay`: `ids` of messages, or all `since` a moment; `all` also those that arrived."""
    found = _found(actor, webhook_id)
    parameters(request)
    body = body_of(request)
    if unknown := set(body) - {"ids", "since", "all"}:
        raise _invalid(min(unknown)[:40], "unknown_field", _("Possible here: ids, since, all."))
    ids, since, everything = body.get("ids"), body.get("since"), body.get("all", False)
    if not isinstance(everything, bool):
        raise _invalid("all", "type", _("Write true or false."))
    if (ids is None) == (since is None):
        raise _invalid("ids", "required", _("Give either ids of messages, or since when."))
    if ids is not None and not (
        isinstance(ids, list)
        and len(ids) <= 1_000
        and all(isinstance(one, int) and not isinstance(one, bool) and 0 < one < 2**63 for one in ids)
    ):
        raise _invalid("ids", "type", _("Give at most 1,000 ids of messages."))
    try:
        count = services.deliveries_replay(
            endpoint=found, actor=actor, ids=ids, since=_moment(since), failed_only=not everything
        )
    except ValidationError as error:
        raise Problem(409, "stopped", " ".join(error.messages)) from None
    return json_response({"replayed": count}, status=202)


def _moment(text: object) -> datetime | None:
    if text is None:
        return None
    try:
        moment = parse_datetime(text) if isinstance(text, str) and len(text) < 50 else None
    except ValueError:
        moment = None
    if moment is None:
        raise _invalid("since", "datetime", _("Write a moment such as 2026-11-22T09:00:00+09:00."))
    return timezone.make_aware(moment) if timezone.is_naive(moment) else moment


def _administers(actor: Actor) -> None:
    if not policies.can_administer(actor):
        raise Problem(403, "forbidden", _("Only administrators see and change webhooks."))


def _found(actor: Actor, webhook_id: str) -> WebhookEndpoint:
    _administers(actor)
    found = selectors.endpoint_named(id_of(webhook_id))
    if found is None:
        raise not_found()
    return found


def _owner(pk: int | None) -> User:
    owner = User.objects.filter(pk=pk).first() if pk is not None and 0 < pk < 2**63 else None
    if owner is None:
        raise _invalid("owner", "missing", _("There is no such user."))
    return owner


def _given(request: HttpRequest) -> dict[str, Any]:
    given = body_of(request)
    for name, value in given.items():
        kind = _TYPES.get(name)
        if kind is None:
            raise _invalid(
                name[:40], "unknown_field", _("There is no field “%(name)s”.") % {"name": name[:40]}
            )
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise _invalid(name, "type", _("This is not a value of the right kind."))
        if isinstance(value, int) and name != "owner" and not 0 <= value < 2**15:
            raise _invalid(name, "range", _("This number is too large."))
    if not all(isinstance(one, str) for one in given.get("events", [])):
        raise _invalid("events", "type", _("Give the names of events as texts."))
    return given


def _saved(
    actor: Actor, endpoint: WebhookEndpoint | None, values: Mapping[str, Any]
) -> tuple[WebhookEndpoint, str]:
    try:
        return services.endpoint_save(actor=actor, endpoint=endpoint, **values)
    except PermissionDenied:
        raise _lends() from None
    except ValidationError as error:
        errors = [
            {"field": name, "code": "invalid", "message": text}
            for name, texts in error.message_dict.items()
            for text in texts
        ]
        raise Problem(422, "invalid", _("Correct the values named below."), errors=errors) from None


def _lends() -> Problem:
    return Problem(403, "forbidden", _("Only a system administrator may use the rights of somebody else."))


def _invalid(field: str, code: str, message: str) -> Problem:
    return Problem(422, "invalid", message, errors=[{"field": field, "code": code, "message": message}])


def _shown(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return {
        "id": endpoint.pk,
        "version": endpoint.version,
        "name": endpoint.name,
        "url": endpoint.url,
        "owner": {"id": endpoint.owner_id, "name": endpoint.owner.name},
        "events": endpoint.events,
        "filter": endpoint.filter or None,
        "includes_record": endpoint.includes_record,
        "batch_size": endpoint.batch_size,
        "rate": endpoint.rate,
        "concurrency": endpoint.concurrency,
        "is_active": endpoint.is_active,
        "stopped_at": endpoint.stopped_at,
        "stopped_why": endpoint.stopped_why or None,
        "failing_since": endpoint.failing_since,
    }


def _message(delivery: WebhookDelivery, *, log: bool = False) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": delivery.pk,
        "message": delivery.message,
        "event": delivery.event,
        "record_type": delivery.record_type or None,
        "ids": delivery.ids,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "next_at": delivery.next_at if delivery.state == DeliveryState.PENDING else None,
        "created_at": delivery.created_at,
    }
    if log:
        shown["log"] = [
            {
                "at": one.at,
                "status": one.status,
                "milliseconds": one.milliseconds,
                "excerpt": one.excerpt or None,
                "error": one.error or None,
            }
            for one in delivery.log.all()
        ]
    return shown
