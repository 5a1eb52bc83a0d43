"""What the generic pages share: the actor, and a 404 for what the actor may not see."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from dangol.identity.actors import Actor
from dangol.records import fieldrules, permissions
from dangol.records.fields import Locale
from dangol.records.lists import record_get
from dangol.records.types import RecordType


def actor_of(request: HttpRequest) -> Actor:
    """Who asks. The sign-in middleware lets nobody in without one."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def sighted(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """The view, given the record type as it is for the one who asks: what field rules hide is not there for it."""

    @wraps(view)
    def seen(request: HttpRequest, record_type: RecordType, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(request, fieldrules.seen_by(actor_of(request), record_type), *args, **kwargs)

    return seen


def locale_of(actor: Actor) -> Locale:
    return Locale(actor.language, ZoneInfo(actor.time_zone))


def guard(actor: Actor, record_type: RecordType, action: str = "view") -> None:
    """Raise 404 unless the actor may do this to any record of the type: what one may not see does not exist."""
    if not permissions.allowed(actor, record_type, action):
        raise Http404


def load(
    actor: Actor, record_type: RecordType, record_id: int, *, columns: list[str] | None = None
) -> dict[str, Any]:
    """The record, or 404. One query."""
    guard(actor, record_type)
    record = record_get(actor=actor, record_type=record_type, record_id=record_id, columns=columns)
    if record is None:
        raise Http404
    return record


def title_of(record_type: RecordType, record: dict[str, Any], locale: Locale) -> str:
    return record_type.title_field.text(record[record_type.title], locale) or f"#{record['id']}"
