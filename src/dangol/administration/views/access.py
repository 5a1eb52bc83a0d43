"""Who gets to see a settings page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from dangol.identity.actors import Actor, may_administer
from dangol.identity.middleware import sign_in_redirect
from dangol.identity.models import User

View = Callable[..., HttpResponse]


class SignedInRequest(HttpRequest):
    """A request that the guards below let through."""

    actor: Actor
    user: User


def signed_in(view: View) -> Callable[..., HttpResponseBase]:
    """For everybody who has signed in; others are sent to sign in."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        actor: Actor | None = getattr(request, "actor", None)
        if actor is None:
            return sign_in_redirect(request)
        if actor.seen_by is not None:
            raise PermissionDenied  # what somebody sets for oneself is nobody else's
        return view(request, *args, **kwargs)

    return guarded


def administrators_only(view: View) -> Callable[..., HttpResponseBase]:
    """For those who may administer; others who signed in get 403."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        actor: Actor | None = getattr(request, "actor", None)
        if actor is None:
            return sign_in_redirect(request)
        if not may_administer(actor) or actor.seen_by is not None:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def system_administrators_only(view: View) -> Callable[..., HttpResponseBase]:
    """For system administrators: who could set how people sign in could sign in as anybody."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        actor: Actor | None = getattr(request, "actor", None)
        if actor is None:
            return sign_in_redirect(request)
        if not actor.is_administrator:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded
