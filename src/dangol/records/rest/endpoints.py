"""What every endpoint shares: methods, errors, bodies, preconditions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from dangol.identity.actors import Actor
from dangol.records import fieldrules, origins, permissions, registry, tombstones
from dangol.records.fields import Locale
from dangol.records.filters.messages import did_you_mean, nearest
from dangol.records.rest import problems
from dangol.records.rest.problems import Problem
from dangol.records.types import RecordType

Handler = Callable[..., HttpResponse]
JSON_TYPES = frozenset({"application/json", "application/merge-patch+json"})
MAX_ID = 2**63 - 1
ORIGIN_KEY = "dangol.origin"
"""Key of a call's environment that says through which door it came; no header of a client gets there."""


def endpoint(**handlers: Handler) -> Callable[..., HttpResponse]:
    """A view out of one handler per method, each called with request, actor and the parts of the path.

    Exempt from Django's CSRF check: the identity middleware asks sessions for the CSRF token under `/api/` and lets
    tokens pass. Anonymous callers get 401, other methods 405; whatever a handler raises becomes a problem document.
    """
    allowed = ", ".join(sorted({*handlers, "OPTIONS", *(("HEAD",) if "GET" in handlers else ())}))

    @csrf_exempt
    def view(request: HttpRequest, **parts: Any) -> HttpResponse:
        method = request.method or "GET"
        actor: Actor | None = getattr(request, "actor", None)
        try:
            if actor is None:
                raise Problem(
                    401,
                    "sign_in_needed",
                    _("Sign in, or send an API token."),
                    headers={"WWW-Authenticate": 'Bearer realm="dangol"'},
                )
            if method == "OPTIONS":
                return HttpResponse(status=204, headers={"Allow": allowed})
            handler = handlers.get("GET" if method == "HEAD" else method)
            if handler is None:
                raise Problem(
                    405,
                    "method",
                    _("Possible here: %(methods)s.") % {"methods": allowed},
                    headers={"Allow": allowed},
                )
            response = handler(request, actor, **parts)
        except Exception as error:
            problem = problems.of(error)
            if problem is None:
                raise
            return problems.answer(request, problem)
        if method == "HEAD":
            response.content = b""
        return response

    return view


def unknown(request: HttpRequest, **parts: Any) -> HttpResponse:
    """404 for addresses under the API that lead nowhere."""
    if getattr(request, "actor", None) is None:
        return endpoint()(request)
    return problems.answer(request, not_found())


unknown.csrf_exempt = True  # type: ignore[attr-defined]


def json_response(data: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """A JSON answer that no cache keeps."""
    response = HttpResponse(
        orjson.dumps(data), content_type="application/json", status=status, headers=headers
    )
    response["Cache-Control"] = "private, no-cache"
    return response


def not_found() -> Problem:
    """The same words whether there is nothing, or nothing for this actor."""
    return Problem(404, "not_found", _("There is no such record or address, or you may not see it."))


def away(actor: Actor, record_type: RecordType, record_id: int) -> Problem:
    """Why there is no such record: 410 with the one that stands for it where it was merged, else 404. Two queries at most."""
    found = tombstones.survivor_for(actor, record_type, record_id)
    if found is None:
        return not_found()
    address = f"/api/v1/{record_type.path}/{found}"
    return Problem(
        410,
        "merged",
        _("This record was merged into another one: %(id)s.") % {"id": found},
        headers={"Link": f'<{address}>; rel="successor-version"'},
        more={"merged_into": {"id": found, "url": address}},
    )


def type_at(path: str, actor: Actor, action: str = "view") -> RecordType:
    """The record type at a path of the API, as it is for the actor.

    404 where it is none, 403 where the actor's roles have no such right.
    """
    record_type = registry.by_path(path)
    if record_type is None:
        raise not_found()
    if not permissions.allowed(actor, record_type, action):
        raise Problem(
            403,
            "forbidden",
            _("Your roles do not allow this with %(records)s.") % {"records": record_type.label_plural},
        )
    return fieldrules.seen_by(actor, record_type)


def id_of(text: str) -> int:
    """A record's id from a path; 404 for what cannot be one."""
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and 0 < int(text) <= MAX_ID):
        raise not_found()
    return int(text)


def origin_of(request: HttpRequest) -> str:
    """The way in, as history shows it; an app by its number (`app:17`)."""
    return origins.of_request(request) or str(request.META.get(ORIGIN_KEY, "api"))


def locale_of(actor: Actor) -> Locale:
    return Locale(actor.language, ZoneInfo(actor.time_zone))


# query parameters


def parameters(request: HttpRequest, *known: str) -> dict[str, str]:
    """The query's parameters. Raises Problem for one that is unknown, given twice or not text."""
    found: dict[str, str] = {}
    for name in request.GET:
        values = request.GET.getlist(name)
        if name not in known:
            message = _("There is no parameter “%(name)s” here. Possible: %(known)s.") % {
                "name": name[:40],
                "known": ", ".join(known),
            }
            raise problems.parameter_problem(
                name[:40], message + did_you_mean(nearest(name, known)), "unknown_parameter"
            )
        if len(values) > 1:
            raise problems.parameter_problem(name, _("Give this parameter once."))
        if "\0" in values[0] or any("\ud800" <= char <= "\udfff" for char in values[0]):
            raise problems.parameter_problem(name, _("This character cannot be part of a text. Remove it."))
        found[name] = values[0]
    return found


def limit_of(given: Mapping[str, str], default: int, most: int) -> int:
    """The `limit` parameter: how many items a page has."""
    text = given.get("limit")
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and 1 <= int(text) <= most):
        raise problems.parameter_problem(
            "limit", _("Write a whole number from 1 to %(most)s.") % {"most": most}, "range"
        )
    return int(text)


# bodies and preconditions


def body_of(request: HttpRequest) -> dict[str, Any]:
    """The JSON object in the body. Raises Problem: 415 for other content, 400 for what is no JSON object."""
    content_type = (request.content_type or "").lower()
    if content_type not in JSON_TYPES:
        raise Problem(
            415,
            "content_type",
            _("Send JSON with the header “Content-Type: application/json”."),
            headers={"Accept-Patch": "application/json, application/merge-patch+json"}
            if request.method == "PATCH"
            else {"Accept": "application/json"},
        )
    raw = request.body
    try:
        data = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        place = {"field": "", "code": "json", "message": str(error), "position": error.pos}
        raise Problem(400, "json", _("The body is not valid JSON."), errors=[place]) from None
    if not isinstance(data, dict):
        raise Problem(400, "json", _("The body must be a JSON object of field names and values."))
    if b"\\u0000" in raw and _has_nul(data):
        raise Problem(400, "character", _("A NUL character cannot be stored. Remove it."))
    return data


def _has_nul(data: Any) -> bool:
    stack = [data]
    while stack:
        item = stack.pop()
        if isinstance(item, str) and "\0" in item:
            return True
        if isinstance(item, dict):
            stack.extend(item)
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
    return False


def etag(version: int) -> str:
    return f'W/"{version}"'


def versions_in(header: str) -> list[int] | None:
    """The versions that a precondition header names; None for `*`. What is not one of our tags matches nothing."""
    if header.strip() == "*":
        return None
    found = []
    for part in header.split(","):
        text = part.strip().removeprefix("W/").strip('"')
        if text.isascii() and text.isdigit() and len(text) < 10:
            found.append(int(text))
    return found
