"""What people keep and share, as resources of their own: listed, made, read, changed, taken away, all in one way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.records.rest.endpoints import (
    body_of,
    endpoint,
    etag,
    id_of,
    json_response,
    not_found,
    parameters,
    versions_in,
)
from dangol.records.rest.problems import Problem
from dangol.records.sharing import Missing, Unfit

ORIGIN: Final = "api"
MOST: Final = 500
"""Of those that a caller finds, the list holds as many."""
WRITES: Final = frozenset({"create", "edit"})
_STATUS: Final = {"forbidden": 403, "conflict": 409, "too_slow": 503}


def problem_of(error: Unfit, status: int | None = None) -> Problem:
    """What is answered to a value that does not fit: by its code, or with `status`."""
    said = {"field": error.field, "code": error.code, "message": error.message}
    return Problem(status or _STATUS.get(error.code, 422), error.code, error.message, errors=[said])


def version_asked(request: HttpRequest, values: dict[str, Any], current: Callable[[], int]) -> int | None:
    """What a change is based on: `version`, which is taken out of the body, or what `If-Match` names.

    Args:
        request: with the header.
        values: the body.
        current: asked for the version that stands there only where a header is given; may raise.

    Raises:
        Problem: the version is no number (422), or the header names others than the one that stands there (412).
    """
    version: int | None = values.pop("version", None)
    if version is not None and (not isinstance(version, int) or isinstance(version, bool)):
        raise problem_of(Unfit("version", _("Give the version as the number that you read.")))
    header = request.headers.get("If-Match")
    if header is not None and (asked := versions_in(header)) is not None:
        now = current()
        if now not in asked:
            raise Problem(412, "changed", _("The record has been changed since you read it."))
        version = now
    return version


@dataclass(frozen=True, slots=True)
class Kept:
    """One kind of what people keep.

    Args:
        path: below `/api/v1/`.
        parameter: what the row's id is called in the address of one.
        can_use: whether an actor may have any of it.
        refusal: says what `can_use` asks for.
        found_by: rows that an actor finds, lazily.
        get: one row by actor and id; raises `sharing.Missing`.
        create: by `actor`, `values` and `origin`; raises `sharing.Unfit`.
        change: as `create`, by `row_id` and `version`, too; raises both.
        delete: by `actor`, id and `origin`; raises `sharing.Missing`.
        shown: a row as the actor reads it.
    """

    path: str
    parameter: str
    can_use: Callable[[Actor], bool]
    refusal: Callable[[], str]
    found_by: Callable[[Actor], QuerySet[Any]]
    get: Callable[[Actor, int], Any]
    create: Callable[..., Any]
    change: Callable[..., Any]
    delete: Callable[..., None]
    shown: Callable[[Actor, Any], dict[str, Any]]

    def every(self) -> Callable[..., HttpResponse]:
        """The endpoint of `/api/v1/{path}`."""
        return endpoint(GET=self._list, POST=self._create)

    def one(self) -> Callable[..., HttpResponse]:
        """The endpoint of `/api/v1/{path}/{parameter}`."""
        return endpoint(GET=self._read, PATCH=self._change, DELETE=self._delete)

    def found(
        self, request: HttpRequest, actor: Actor, row_id: str, *known: str
    ) -> tuple[Any, dict[str, Any]]:
        """The row that the caller asks for, and the parameters of the query, which are among `known`. Raises Problem."""
        self._allow(actor)
        given = parameters(request, *known)
        return self._found(actor, row_id), given

    def _list(self, request: HttpRequest, actor: Actor) -> HttpResponse:
        self._allow(actor)
        parameters(request)
        rows = self.found_by(actor).order_by("pk")[:MOST]
        return json_response({"items": [self.shown(actor, row) for row in rows]})

    def _create(self, request: HttpRequest, actor: Actor) -> HttpResponse:
        self._allow(actor, writes=True)
        parameters(request)
        try:
            row = self.create(actor=actor, values=body_of(request), origin=ORIGIN)
        except Unfit as error:
            raise problem_of(error) from None
        headers = {"Location": f"/api/v1/{self.path}/{row.pk}", "ETag": etag(row.version)}
        return json_response(self.shown(actor, row), status=201, headers=headers)

    def _read(self, request: HttpRequest, actor: Actor, **place: str) -> HttpResponse:
        row, _given = self.found(request, actor, place[self.parameter])
        return json_response(self.shown(actor, row), headers={"ETag": etag(row.version)})

    def _change(self, request: HttpRequest, actor: Actor, **place: str) -> HttpResponse:
        self._allow(actor, writes=True)
        parameters(request)
        row = self._found(actor, place[self.parameter])
        values = body_of(request)
        version = version_asked(request, values, lambda: int(row.version))
        try:
            row = self.change(actor=actor, row_id=row.pk, values=values, version=version, origin=ORIGIN)
        except Missing:
            raise _not_yours() from None
        except Unfit as error:
            raise problem_of(error) from None
        return json_response(self.shown(actor, row), headers={"ETag": etag(row.version)})

    def _delete(self, request: HttpRequest, actor: Actor, **place: str) -> HttpResponse:
        self._allow(actor, writes=True)
        parameters(request)
        row = self._found(actor, place[self.parameter])
        try:
            self.delete(actor=actor, row_id=row.pk, origin=ORIGIN)
        except Missing:
            raise _not_yours() from None
        return HttpResponse(status=204)

    def _allow(self, actor: Actor, *, writes: bool = False) -> None:
        if not self.can_use(actor):
            raise Problem(403, "forbidden", self.refusal())
        if writes and not (actor.is_administrator or any(action in WRITES for _type, action in actor.grants)):
            raise Problem(403, "forbidden", _("This token may only look."))

    def _found(self, actor: Actor, row_id: str) -> Any:
        try:
            return self.get(actor, id_of(row_id))
        except Missing:
            raise not_found() from None


def _not_yours() -> Problem:
    return Problem(403, "forbidden", _("Only its owner may change this."))
