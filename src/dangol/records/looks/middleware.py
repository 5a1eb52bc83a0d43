"""Writes the log of looks before an answer leaves: nobody sees what the log does not know of."""

from __future__ import annotations

from collections.abc import Callable

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from dangol.identity.actors import Actor
from dangol.identity.middleware import API_PREFIX
from dangol.records import origins
from dangol.records.looks import taking

SHOWS_NOTHING = frozenset({301, 302, 303, 304, 307, 308, 401, 403, 404, 409, 412, 429})


class LookMiddleware:
    """Collects what the request reads of people and writes it down; one statement where there is anything.

    Place it after ``ActorMiddleware``. A request that fails altogether leaves nothing: it has shown nothing.
    """

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        actor: Actor | None = getattr(request, "actor", None)
        if actor is None:
            return self.get_response(request)
        place = place_of(request)
        looks = taking.begin(place)
        try:
            response = self.get_response(request)
        finally:
            taking.end()
        if looks.found:
            status = response.status_code
            rows = looks.settled(was_shown=status < 500 and status not in SHOWS_NOTHING)
            only_read = all(row[0] in taking.READS for row in rows)
            taking.write(rows, actor=actor, place=place, waits=not only_read)
        return response


def place_of(request: HttpRequest) -> taking.Place:
    """Where the request comes from."""
    try:
        ip = get_adapter(request).get_client_ip(request)
    except PermissionDenied:  # allauth's word for a connection without an address, such as a unix socket
        ip = None
    return taking.Place(
        ip=ip, via=origins.of_request(request) or ("api" if request.path.startswith(API_PREFIX) else "page")
    )
