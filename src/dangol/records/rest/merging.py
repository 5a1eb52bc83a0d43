"""Merging records, the list of merges, and taking them back."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.records import merging, registry
from dangol.records.merging import listing
from dangol.records.merging.choosing import BOTH
from dangol.records.merging.listing import Shown
from dangol.records.models import Merge
from dangol.records.rest import idempotency
from dangol.records.rest.endpoints import (
    MAX_ID,
    away,
    body_of,
    id_of,
    json_response,
    limit_of,
    locale_of,
    not_found,
    parameters,
    type_at,
)
from dangol.records.rest.problems import Problem, parameter_problem
from dangol.records.tombstones import survivor_for
from dangol.records.writing import Missing, WriteError

ORIGIN = "api"
CONFLICTS = frozenset({"changed_since", "order", "undone", "gone", "numbered"})


def merge(request: HttpRequest, actor: Actor, path: str, record_id: str) -> HttpResponse:
    """`POST /api/v1/{records}/{id}/merge`: others become part of this record."""
    record_type = type_at(path, actor, "edit")
    type_at(path, actor, "delete")
    parameters(request)
    number = id_of(record_id)
    body = body_of(request)
    _known(body, "others", "values", "versions")
    others = body.get("others")
    if not isinstance(others, list) or not others or not all(map(_is_id, others)):
        raise _invalid("others", _("Give the ids of the records that become part of this one."))
    values = body.get("values", {})
    if not isinstance(values, dict) or not all(value == BOTH or _is_id(value) for value in values.values()):
        raise _invalid(
            "values", _("Give for each field the id of the record whose value stays, or “both” for lists.")
        )
    versions = body.get("versions", {})
    if not isinstance(versions, dict) or not all(
        key.isascii() and key.isdigit() and len(key) < 19 and _is_id(value) for key, value in versions.items()
    ):
        raise _invalid("versions", _("Give for each record the version that you read."))

    def act() -> HttpResponse:
        try:
            done = merging.merge(
                actor=actor,
                record_type=record_type,
                into=number,
                others=others,
                values=values,
                versions={int(key): value for key, value in versions.items()},
                origin=ORIGIN,
            )
        except Missing as error:
            gone = error.errors[0].value
            if isinstance(gone, int) and survivor_for(actor, record_type, gone) is not None:
                raise away(actor, record_type, gone) from None
            raise
        except WriteError as error:
            raise _refused(error) from None
        return json_response(
            _json(actor, done), status=201, headers={"Location": f"/api/v1/merges/{done.pk}"}
        )

    key = request.headers.get("Idempotency-Key")
    return act() if key is None else idempotency.once(request, actor, key, act)


def index(request: HttpRequest, actor: Actor) -> HttpResponse:
    """`GET /api/v1/merges`: newest first, of records that the caller may see."""
    given = parameters(request, "type", "into", "limit", "after")
    limit = limit_of(given, 50, 200)
    rows = listing.visible(actor).select_related("actor", "undone_by").prefetch_related("merged")
    if name := given.get("type"):
        if registry.find(name) is None:
            raise parameter_problem("type", _("There is no such record type."))
        rows = rows.filter(record_type=name)
    for parameter, column in (("into", "into_id"), ("after", "pk__lt")):
        if (text := given.get(parameter)) is not None:
            if not (text.isascii() and text.isdigit() and 0 < len(text) < 19):
                raise parameter_problem(parameter, _("Write a whole number."))
            rows = rows.filter(**{column: int(text)})
    found = list(rows[: limit + 1])
    items = [_item(actor, one) for one in listing.shown(actor, found[:limit], locale_of(actor))]
    return json_response({"items": items, "next": str(found[limit - 1].pk) if len(found) > limit else None})


def detail(request: HttpRequest, actor: Actor, merge_id: str) -> HttpResponse:
    """`GET /api/v1/merges/{id}`."""
    parameters(request)
    return json_response(_json(actor, _merge(actor, merge_id)))


def undo(request: HttpRequest, actor: Actor, merge_id: str) -> HttpResponse:
    """`POST /api/v1/merges/{id}/undo`: several records again. Says 409 with the fields changed since, until each is decided."""
    parameters(request)
    found = _merge(actor, merge_id)
    record_type = registry.find(found.record_type)
    for action in ("edit", "delete"):
        type_at(record_type.path if record_type else "", actor, action)
    body = body_of(request)
    _known(body, "take_back", "keep")
    decided = {}
    for name in ("take_back", "keep"):
        decided[name] = body.get(name, [])
        if not isinstance(decided[name], list) or not all(isinstance(item, str) for item in decided[name]):
            raise _invalid(name, _("Give names of fields."))
    try:
        done = merging.undo(actor=actor, merge=found, take_back=decided["take_back"], keep=decided["keep"])
    except Missing:
        raise not_found() from None
    except WriteError as error:
        raise _refused(error) from None
    return json_response(_json(actor, done))


def _merge(actor: Actor, merge_id: str) -> Merge:
    found = listing.visible(actor).filter(pk=id_of(merge_id)).first()
    if found is None:
        raise not_found()
    return found


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_ID


def _known(body: dict[str, Any], *names: str) -> None:
    if unknown := [name for name in body if name not in names]:
        message = _("There is no “%(name)s” here. Possible: %(known)s.") % {
            "name": unknown[0][:40],
            "known": ", ".join(names),
        }
        raise _invalid(unknown[0][:40], message, "unknown_field")


def _invalid(field: str, message: str, code: str = "type") -> Problem:
    return Problem(422, "invalid", message, errors=[{"field": field, "code": code, "message": message}])


def _refused(error: WriteError) -> Exception:
    """409 for what stands in the way now and need not be wrong; the rest as every write."""
    first = error.errors[0]
    if first.code not in CONFLICTS:
        return error
    errors = [{"field": one.field, "code": one.code, "message": str(one.message)} for one in error.errors]
    return Problem(409, first.code, str(first.message), errors=errors)


def _json(actor: Actor, merge: Merge) -> dict[str, Any]:
    row = Merge.objects.select_related("actor", "undone_by").get(pk=merge.pk)
    found = listing.shown(actor, [row], locale_of(actor))
    if not found:
        raise not_found()
    return _item(actor, found[0])


def _item(actor: Actor, one: Shown) -> dict[str, Any]:
    row = one.merge
    mine = listing.choices_of(actor, one)
    return {
        "id": row.pk,
        "type": row.record_type,
        "into": {"id": row.into_id, "title": one.title},
        "merged": [{"id": number, "title": title} for number, title in one.merged],
        "values": mine,
        "moved": row.counts and {name: count for name, count in row.counts.items() if _told(actor, name)},
        "at": row.at.isoformat(),
        "by": {"id": row.actor_id, "name": one.who},
        "origin": row.origin,
        "undone_at": row.undone_at.isoformat() if row.undone_at else None,
        "undone_by": {"id": row.undone_by_id, "name": one.undone_by} if row.undone_at else None,
        "kept": [name for name in row.undone.get("kept", ()) if name in mine],
    }


def _told(actor: Actor, name: str) -> bool:
    known = registry.find(name)
    return known is not None and actor.may(name, "view")
