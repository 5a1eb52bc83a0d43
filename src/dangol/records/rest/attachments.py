"""…/attachments: the files of a record."""

from __future__ import annotations

import uuid
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.records import permissions
from dangol.records.attachments import selectors, services
from dangol.records.attachments.errors import AttachmentProblem
from dangol.records.attachments.sending import sent
from dangol.records.looks import taking as looks
from dangol.records.models import Attachment, StoredState
from dangol.records.rest.endpoints import id_of, json_response, not_found, parameters, type_at
from dangol.records.rest.problems import Problem
from dangol.records.types import RecordType

ORIGIN = "api"


def _seen(actor: Actor, path: str, record_id: str, action: str = "view") -> tuple[RecordType, int]:
    """The type and id of a record on which the actor may do this. One query."""
    type_at(path, actor)
    record_type, number = type_at(path, actor, action), id_of(record_id)
    if not permissions.may(actor, record_type, "view", number):
        raise not_found()
    looks.note("view", record_type, [number])
    if action != "view" and not permissions.may(actor, record_type, action, number):
        raise Problem(403, "forbidden", _("You may see this record, but not change it."))
    return record_type, number


def _one(record_type: RecordType, number: int, key: str) -> Attachment:
    try:
        found = selectors.attachment_of(record_type, number, uuid.UUID(key))
    except ValueError:
        found = None
    if found is None:
        raise not_found()
    return found


def index(request: HttpRequest, actor: Actor, path: str, record_id: str) -> HttpResponse:
    """`GET …/attachments`: newest first, at most a hundred."""
    parameters(request)
    record_type, number = _seen(actor, path, record_id)
    found = list(selectors.attachments_of(record_type, number)[: selectors.MOST_SHOWN])
    return json_response({"items": selectors.as_json(record_type, found)})


def create(request: HttpRequest, actor: Actor, path: str, record_id: str) -> HttpResponse:
    """`POST …/attachments` with one file as the part `file` of a form."""
    parameters(request)
    record_type, number = _seen(actor, path, record_id, "edit")
    if (request.content_type or "").lower() != "multipart/form-data":
        message = _("Send the file as multipart/form-data, in a part named “file”.")
        raise Problem(415, "content_type", message, headers={"Accept": "multipart/form-data"})
    files = request.FILES.getlist("file")
    if len(files) != 1:
        message = _("Send the file as multipart/form-data, in a part named “file”.")
        raise Problem(
            422, "required", message, errors=[{"field": "file", "code": "required", "message": message}]
        )
    try:
        found = services.attach(
            actor=actor,
            record_type=record_type,
            record_id=number,
            name=files[0].name or "",
            chunks=files[0].chunks(),
            origin=ORIGIN,
        )
    except AttachmentProblem as problem:
        status = 413 if problem.code == "too_large" else 422
        error = {"field": "file", "code": problem.code, "message": str(problem.message)}
        raise Problem(status, problem.code, str(problem.message), errors=[error]) from None
    shown = selectors.as_json(record_type, [_one(record_type, number, str(found.key))])[0]
    location = f"/api/v1/{record_type.path}/{number}/attachments/{found.key}"
    return json_response(shown, status=201, headers={"Location": location})


def detail(request: HttpRequest, actor: Actor, path: str, record_id: str, file_key: str) -> HttpResponse:
    """`GET …/attachments/{key}`."""
    parameters(request)
    record_type, number = _seen(actor, path, record_id)
    return json_response(selectors.as_json(record_type, [_one(record_type, number, file_key)])[0])


def content(request: HttpRequest, actor: Actor, path: str, record_id: str, file_key: str) -> HttpResponse:
    """`GET …/attachments/{key}/content`: the file; 409 while it is not ready."""
    parameters(request)
    record_type, number = _seen(actor, path, record_id)
    found = _one(record_type, number, file_key)
    if found.file.state == StoredState.WAITING:
        message = _("The file is being made ready. Try again in a moment.")
        raise Problem(409, "waiting", message, headers={"Retry-After": "5"})
    if found.file.state == StoredState.REFUSED:
        raise Problem(409, "refused", found.file.reason)
    if request.method == "HEAD":
        length = {"Content-Length": str(found.file.size), "Accept-Ranges": "bytes"}
        return HttpResponse(content_type=found.file.content_type, headers=length)
    try:
        return cast(HttpResponse, sent(request, found))
    except FileNotFoundError:
        raise not_found() from None


def delete(request: HttpRequest, actor: Actor, path: str, record_id: str, file_key: str) -> HttpResponse:
    """`DELETE …/attachments/{key}`: into the bin, for a month."""
    parameters(request)
    record_type, number = _seen(actor, path, record_id, "edit")
    services.detach(
        actor=actor, record_type=record_type, attachment=_one(record_type, number, file_key), origin=ORIGIN
    )
    return HttpResponse(status=204)
