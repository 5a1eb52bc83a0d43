"""GET: lists, records, their timeline and history, search."""

from __future__ import annotations

from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.records import filters, history, ports, registry
from dangol.records.filters.tree import EVERYTHING, Tree
from dangol.records.lists import record_count, record_get, record_list
from dangol.records.looks import taking as looks
from dangol.records.rest import showing
from dangol.records.rest.endpoints import (
    away,
    etag,
    id_of,
    json_response,
    limit_of,
    parameters,
    type_at,
    versions_in,
)
from dangol.records.rest.problems import Problem, parameter_problem
from dangol.records.search.page import find
from dangol.records.types import RecordType

MAX_FILTER_JSON = 100_000
MAX_SEARCH = 200


def index(request: HttpRequest, actor: Actor, path: str) -> HttpResponse:
    """`GET /api/v1/{records}`. Two queries, one on pages that the answer alone can count."""
    record_type = type_at(path, actor)
    given = parameters(request, "filter", "sort", "limit", "after", "fields")
    limit = limit_of(given, 50, 500)
    names = showing.names_in(
        given.get("fields"), record_type, (record_type.title, *record_type.list_fields), actor=actor
    )
    names = list(dict.fromkeys(names))
    tree = filter_of(given.get("filter", ""), record_type, actor)
    after = given.get("after") or None
    page = record_list(
        actor=actor,
        record_type=record_type,
        tree=tree,
        sort=sort_of(given.get("sort")),
        limit=limit,
        after=after,
        columns=names or [record_type.title],
    )
    if after is None and page.next is None:
        count: dict[str, Any] = {"value": len(page.rows), "exact": True}
    else:
        counted = record_count(actor=actor, record_type=record_type, tree=tree, seen=len(page.rows))
        count = {"value": counted.value, "exact": counted.exact}
    return json_response(
        {
            "items": [showing.item(record_type, row, names) for row in page.rows],
            "next": page.next,
            "count": count,
        }
    )


def detail(request: HttpRequest, actor: Actor, path: str, record_id: str) -> HttpResponse:
    """`GET /api/v1/{records}/{id}`. One query."""
    record_type = type_at(path, actor)
    given = parameters(request, "fields")
    names = showing.names_in(given.get("fields"), record_type, record_type.fields, actor=actor)
    number = id_of(record_id)
    row = record_get(actor=actor, record_type=record_type, record_id=number, columns=names)
    if row is None:
        raise away(actor, record_type, number)
    headers = {"ETag": etag(row["version"])}
    known = request.headers.get("If-None-Match")
    if known is not None:
        versions = versions_in(known)
        if versions is None or row["version"] in versions:
            return HttpResponse(status=304, headers=headers)
    return json_response(showing.item(record_type, row, names), headers=headers)


def timeline(request: HttpRequest, actor: Actor, path: str, record_id: str) -> HttpResponse:
    """`GET /api/v1/{records}/{id}/timeline`. Two queries."""
    record_type, number = _seen(actor, path, record_id)
    given = parameters(request, "limit", "after")
    limit = limit_of(given, 30, 200)
    kept = ports.timeline()
    if kept is None:
        return json_response({"items": [], "next": None})
    try:
        page = kept.page(
            actor=actor,
            record_type=record_type,
            record_id=number,
            limit=limit,
            after=given.get("after") or None,
        )
    except ValueError:
        raise parameter_problem(
            "after", _("The cursor is not valid for this list. Start from the first page.")
        ) from None
    return json_response({"items": [entry.to_json() for entry in page.entries], "next": page.next})


def changes(request: HttpRequest, actor: Actor, path: str, record_id: str) -> HttpResponse:
    """`GET /api/v1/{records}/{id}/history`. Four queries, one more for each reference that changed."""
    record_type, number = _seen(actor, path, record_id)
    given = parameters(request, "limit", "after")
    limit = limit_of(given, 50, 200)
    after = given.get("after") or None
    if after is not None and not (after.isascii() and after.isdigit() and len(after) <= 18):
        raise parameter_problem(
            "after", _("The cursor is not valid for this list. Start from the first page.")
        )
    page = history.history(record_type, number, actor=actor, limit=limit, after=int(after) if after else None)
    return json_response(
        {
            "items": history.history_json(record_type, page.items),
            "next": None if page.next is None else str(page.next),
        }
    )


def search(request: HttpRequest, actor: Actor) -> HttpResponse:
    """`GET /api/v1/search?q=`: records of all types, best first."""
    given = parameters(request, "q", "types", "limit")
    text = given.get("q", "").strip()
    if not text:
        raise parameter_problem("q", _("Write the text to look for."), "required")
    if len(text) > MAX_SEARCH:
        raise parameter_problem(
            "q",
            _("The text to look for is too long: at most %(limit)s characters.") % {"limit": MAX_SEARCH},
            "too_long",
        )
    limit = limit_of(given, 20, 100)
    found = find(actor=actor, q=text, types=_types_of(given.get("types")), limit=limit)
    items = [
        {
            "type": entry.record_type.name,
            "id": entry.hit.id,
            "title": entry.title,
            "url": f"/api/v1/{entry.record_type.path}/{entry.hit.id}",
            "matched": entry.hit.matched,
            "score": entry.hit.score,
        }
        for entry in found
    ]
    return json_response({"items": items})


def filter_of(text: str, record_type: RecordType, actor: Actor) -> Tree:
    """A filter in either form. Raises FilterError, or Problem for what is no JSON."""
    stripped = text.strip()
    if not stripped:
        return EVERYTHING
    if not stripped.startswith("{"):
        return filters.parse(text, record_type, actor=actor)
    if len(stripped) > MAX_FILTER_JSON:
        raise parameter_problem("filter", _("The filter is too long."), "too_long")
    try:
        data = orjson.loads(stripped)
    except orjson.JSONDecodeError as error:
        place = {"field": "filter", "code": "json", "message": str(error), "position": error.pos}
        raise Problem(400, "filter", _("The filter is not valid JSON."), errors=[place]) from None
    return filters.from_json(data, record_type, actor=actor)


def sort_of(text: str | None) -> list[str] | None:
    """The `sort` parameter; None without one. Raises Problem."""
    names = [part.strip() for part in (text or "").split(",") if part.strip()]
    if len(names) > 5:
        raise parameter_problem("sort", _("Sort by at most five fields."))
    return names or None


def _types_of(text: str | None) -> list[RecordType] | None:
    if not text:
        return None
    types = []
    for name in (part.strip() for part in text.split(",")):
        record_type = registry.find(name) or registry.by_path(name)
        if record_type is None:
            raise parameter_problem("types", _("There is no record type “%(name)s”.") % {"name": name[:40]})
        types.append(record_type)
    return types


def _seen(actor: Actor, path: str, record_id: str) -> tuple[RecordType, int]:
    record_type = type_at(path, actor)
    number = id_of(record_id)
    if record_get(actor=actor, record_type=record_type, record_id=number, columns=[]) is None:
        raise away(actor, record_type, number)
    looks.note("view", record_type, [number])
    return record_type, number
