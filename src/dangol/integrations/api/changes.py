"""`/api/v1/changes`: what changed since a place, for copies elsewhere."""

from __future__ import annotations

import threading
import time
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.integrations import feed
from dangol.records import permissions, registry
from dangol.records.rest.endpoints import json_response, limit_of, parameters
from dangol.records.rest.problems import Problem, parameter_problem
from dangol.records.types import RecordType

LONGEST_WAIT = 25
LOOK_EVERY = 0.5
_WAITERS = threading.BoundedSemaphore(2)
"""Whoever waits holds a thread; more than these do not wait, so that pages always find one."""


def index(request: HttpRequest, actor: Actor) -> HttpResponse:
    """`GET /api/v1/changes?after=&types=&limit=&wait=`.

    Without `after` all there is, with `after=now` an empty page with the present place. `wait` seconds are waited for
    something to tell.
    """
    given = parameters(request, "after", "types", "limit", "wait")
    types = _types(given.get("types"), actor)
    limit = limit_of(given, 500, 5_000)
    text = given.get("after", "")
    if text == "now":
        return _answer(feed.Page((), feed.now(), more=False))
    until = time.monotonic() + _wait(given)
    try:
        after = feed.Place.read(text) if text else None
        page = feed.page(actor=actor, types=types, after=after, limit=limit)
        if not page.items and not page.more and time.monotonic() < until and _WAITERS.acquire(blocking=False):
            try:
                page = _waited(actor, types, page, limit, until)
            finally:
                _WAITERS.release()
    except feed.BadPlace:
        raise Problem(
            400,
            "cursor",
            _("This place is unknown here. Begin anew, without “after”."),
            errors=[
                {
                    "field": "after",
                    "code": "cursor",
                    "message": _("This place is unknown here. Begin anew, without “after”."),
                }
            ],
        ) from None
    return _answer(page)


def _waited(actor: Actor, types: list[RecordType], page: feed.Page, limit: int, until: float) -> feed.Page:
    while not page.items and not page.more and (left := until - time.monotonic()) > 0:
        time.sleep(min(LOOK_EVERY, left))
        page = feed.page(actor=actor, types=types, after=page.next, limit=limit)
    return page


def _answer(page: feed.Page) -> HttpResponse:
    items: list[dict[str, Any]] = [
        {
            "type": told.record_type.name,
            "id": told.id,
            "change": told.change,
            "version": told.version,
            "fields": list(told.fields),
            "url": f"/api/v1/{told.record_type.path}/{told.id}"
            if told.change in ("created", "updated", "restored")
            else None,
            "merged_into": None
            if told.into is None
            else {"id": told.into, "url": f"/api/v1/{told.record_type.path}/{told.into}"},
        }
        for told in page.items
    ]
    return json_response({"items": items, "next": page.next.written(), "more": page.more})


def _wait(given: dict[str, str]) -> int:
    text = given.get("wait", "0")
    if not (text.isascii() and text.isdigit() and len(text) < 4 and int(text) <= LONGEST_WAIT):
        raise parameter_problem(
            "wait", _("Write a whole number from 0 to %(most)s.") % {"most": LONGEST_WAIT}, "range"
        )
    return int(text)


def _types(text: str | None, actor: Actor) -> list[RecordType]:
    if not text:
        return [kind for kind in registry.all_types() if permissions.allowed(actor, kind, "view")]
    types = {}
    for name in (part.strip() for part in text.split(",")):
        kind = registry.find(name) or registry.by_path(name)
        if kind is None:
            raise parameter_problem("types", _("There is no record type “%(name)s”.") % {"name": name[:40]})
        if not permissions.allowed(actor, kind, "view"):
            raise Problem(
                403,
                "forbidden",
                _("Your roles do not allow this with %(records)s.") % {"records": kind.label_plural},
            )
        types[kind.name] = kind
    return list(types.values())
