"""Saved views: read, kept, changed and taken away by programs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.records import favourites, saved_views
from dangol.records.rest.endpoints import (
    body_of,
    etag,
    id_of,
    json_response,
    not_found,
    parameters,
    type_at,
)
from dangol.records.rest.kept import ORIGIN, problem_of, version_asked
from dangol.records.rest.problems import Problem
from dangol.records.saved_views import View, ViewError, ViewMissing


def index(request: HttpRequest, actor: Actor, path: str) -> HttpResponse:
    """`GET /api/v1/views/{records}`: the views of the list that the caller finds. One query."""
    record_type = type_at(path, actor)
    parameters(request)
    return json_response({"items": [_shown(view) for view in saved_views.views_for(actor, record_type)]})


def create(request: HttpRequest, actor: Actor, path: str) -> HttpResponse:
    """`POST /api/v1/views/{records}`. Changing views asks for the right to change records: a token that may only look
    keeps, changes and takes away nothing."""
    record_type = type_at(path, actor, "edit")
    parameters(request)
    if actor.user_id is None:
        raise Problem(403, "forbidden", _("Only people keep views."))
    try:
        view = saved_views.view_save(
            actor=actor, record_type=record_type, values=body_of(request), origin=ORIGIN
        )
    except ViewError as error:
        raise problem_of(error) from None
    headers = {"Location": f"/api/v1/views/{record_type.path}/{view.id}", "ETag": etag(view.version)}
    return json_response(_shown(view), status=201, headers=headers)


def detail(request: HttpRequest, actor: Actor, path: str, view_id: str) -> HttpResponse:
    """`GET /api/v1/views/{records}/{id}`."""
    record_type = type_at(path, actor)
    parameters(request)
    try:
        view = saved_views.view_get(actor, record_type, id_of(view_id))
    except ViewMissing:
        raise not_found() from None
    return json_response(_shown(view), headers={"ETag": etag(view.version)})


def change(request: HttpRequest, actor: Actor, path: str, view_id: str) -> HttpResponse:
    """`PATCH /api/v1/views/{records}/{id}`: what the body names changes, based on `version` or `If-Match`."""
    record_type = type_at(path, actor, "edit")
    parameters(request)
    number = id_of(view_id)
    values = body_of(request)
    try:
        version = version_asked(
            request, values, lambda: saved_views.view_get(actor, record_type, number).version
        )
        view = saved_views.view_save(
            actor=actor,
            record_type=record_type,
            values=values,
            view_id=number,
            version=version,
            origin=ORIGIN,
        )
    except ViewMissing:
        raise not_found() from None
    except ViewError as error:
        raise problem_of(error) from None
    return json_response(_shown(view), headers={"ETag": etag(view.version)})


def delete(request: HttpRequest, actor: Actor, path: str, view_id: str) -> HttpResponse:
    """`DELETE /api/v1/views/{records}/{id}`."""
    record_type = type_at(path, actor, "edit")
    parameters(request)
    try:
        saved_views.view_delete(actor=actor, record_type=record_type, view_id=id_of(view_id), origin=ORIGIN)
    except ViewMissing:
        raise not_found() from None
    return HttpResponse(status=204)


def favour(request: HttpRequest, actor: Actor, path: str, view_id: str) -> HttpResponse:
    """`PUT` and `DELETE /api/v1/views/{records}/{id}/favourite`: into the caller's left menu, or out of it."""
    record_type = type_at(path, actor, "edit")
    parameters(request)
    on = request.method == "PUT"
    try:
        favourites.favour(actor=actor, record_type=record_type, view_id=id_of(view_id), on=on)
    except ViewMissing:
        raise not_found() from None
    except ViewError as error:
        raise problem_of(error) from None
    return HttpResponse(status=204)


def _shown(view: View) -> dict[str, Any]:
    return {
        "id": view.id,
        "version": view.version,
        "name": view.name,
        "name_en": view.name_en or None,
        "audience": view.audience,
        "pinned": view.pinned,
        "owner": view.owner or None,
        "mine": view.mine,
        "favourite": view.favourite,
        "default": view.default or None,
        "state": dict(view.state),
        "left_out": list(view.left_out),
    }
