"""POST, PATCH, DELETE: everything through the one writer."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.records import writing
from dangol.records.lists import record_get
from dangol.records.rest import duplicates, idempotency, showing
from dangol.records.rest.endpoints import (
    away,
    body_of,
    etag,
    id_of,
    json_response,
    origin_of,
    parameters,
    type_at,
    versions_in,
)
from dangol.records.rest.problems import Problem
from dangol.records.types import RecordType
from dangol.records.writing import Conflict, Missing


def create(request: HttpRequest, actor: Actor, path: str) -> HttpResponse:
    """`POST /api/v1/{records}`. With an `Idempotency-Key`, sending it again gives the first answer again; with
    `Duplicates: refuse` nothing is made that may be there already."""
    record_type = type_at(path, actor, "create")
    parameters(request)
    values = body_of(request)

    def act() -> HttpResponse:
        duplicates.refused(request, actor, record_type, values)
        record_id = writing.create(record_type, values, actor=actor, origin=origin_of(request))
        shown = _stored(record_type, record_id, actor)
        headers = {"Location": f"/api/v1/{record_type.path}/{record_id}"}
        if "version" in shown:
            headers["ETag"] = etag(shown["version"])
        return json_response(shown, status=201, headers=headers)

    key = request.headers.get("Idempotency-Key")
    if key is None:
        return act()
    return idempotency.once(request, actor, key, act)


def change(request: HttpRequest, actor: Actor, path: str, record_id: str) -> HttpResponse:
    """`PATCH /api/v1/{records}/{id}`: the fields in the body change, the others stay."""
    record_type = type_at(path, actor)
    parameters(request)
    number = id_of(record_id)
    values = body_of(request)
    version, by_header = _expected(request, values, record_type, number, actor)
    try:
        writing.update(record_type, number, values, actor=actor, version=version, origin=origin_of(request))
    except Conflict as error:
        raise (_changed(str(error.errors[0].message)) if by_header else error) from None
    except Missing as error:
        raise _refused(error, record_type, number, actor) from None
    shown = _stored(record_type, number, actor)
    return json_response(shown, headers={"ETag": etag(shown["version"])} if "version" in shown else None)


def delete(request: HttpRequest, actor: Actor, path: str, record_id: str) -> HttpResponse:
    """`DELETE /api/v1/{records}/{id}`: into the recycle bin."""
    record_type = type_at(path, actor)
    parameters(request)
    number = id_of(record_id)
    version, _by_header = _expected(request, {}, record_type, number, actor)
    try:
        writing.delete(record_type, [number], actor=actor, version=version, origin=origin_of(request))
    except Conflict as error:
        raise _changed(str(error.errors[0].message)) from None
    except Missing as error:
        raise _refused(error, record_type, number, actor) from None
    return HttpResponse(status=204)


def _expected(
    request: HttpRequest, values: dict[str, Any], record_type: RecordType, record_id: int, actor: Actor
) -> tuple[int | None, bool]:
    """The version that the caller's change is based on, and whether a header says so (412) or the body (409).

    Takes `version` out of `values`.
    """
    stated = values.pop("version", None)
    if stated is not None and (
        not isinstance(stated, int) or isinstance(stated, bool) or not 0 < stated < 2**31
    ):
        message = _("Give the version as the number that you read.")
        raise Problem(
            422, "invalid", message, errors=[{"field": "version", "code": "integer", "message": message}]
        )
    header = request.headers.get("If-Match")
    if header is None:
        return stated, False
    versions = versions_in(header)
    if versions is None:
        return stated, True
    if len(versions) == 1:
        return versions[0], True
    row = record_get(actor=actor, record_type=record_type, record_id=record_id, columns=[])
    if row is None:
        raise away(actor, record_type, record_id)
    if row["version"] not in versions:
        raise _changed(_("The record has been changed since you read it."))
    return row["version"], True


def _changed(message: str) -> Problem:
    return Problem(412, "changed", message)


def _refused(error: Missing, record_type: RecordType, record_id: int, actor: Actor) -> Exception:
    """404 (410 where it was merged) for what the actor may not see; 403 for what it may see but not change."""
    if record_get(actor=actor, record_type=record_type, record_id=record_id, columns=[]) is None:
        return away(actor, record_type, record_id)
    if any(item.code == "missing" and item.field == "id" for item in error.errors):
        return Problem(403, "forbidden", _("You may see this record but not change it."))
    return error


def _stored(record_type: RecordType, record_id: int, actor: Actor) -> dict[str, Any]:
    """The record as it stands now; only its id where the actor may write but not read it."""
    row = record_get(actor=actor, record_type=record_type, record_id=record_id)
    return (
        {"id": record_id}
        if row is None
        else showing.item(
            record_type, row, showing.names_in(None, record_type, record_type.fields, actor=actor)
        )
    )
