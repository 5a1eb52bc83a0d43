"""Who is asking: sets the actor, the request id, the language and the time zone of a request."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import structlog
from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import resolve_url
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from dangol.identity import sessions
from dangol.identity.actors import Actor, actor_for, seen_through
from dangol.identity.keys import Allowance, call_counted, is_at_home
from dangol.identity.models import Token, User
from dangol.identity.selectors import token_for
from dangol.identity.services.seeing import seen_user
from dangol.identity.services.tokens import token_used

API_PREFIX = "/api/"
# Asked by machines that watch the service. They carry no data and must answer while the database is away.
WITHOUT_ACTOR = frozenset({"/healthz", "/readyz"})
SEEING = "seeing"
"""Where the session keeps through whose eyes an administrator looks."""
OWN_PAGES = ("/settings/", "/sign-in/", "/oauth/")
"""Where people set up their own access, and administrators everybody's: nothing of it is shown through another's eyes."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")

GetResponse = Callable[[HttpRequest], HttpResponseBase]


def is_for_programs(path: str) -> bool:
    """Whether programs ask here: tokens count, and refusals are problem documents."""
    return path.startswith(API_PREFIX)


def problem(*, status: int, code: str, title: str, detail: str, **more: str) -> JsonResponse:
    """An error as RFC 9457 problem details; `more` are further members, such as the parameter that is wrong."""
    return JsonResponse(
        {"type": "about:blank", "title": title, "status": status, "code": code, "detail": detail, **more},
        status=status,
        content_type="application/problem+json",
        json_dumps_params={"ensure_ascii": False},
    )


def unauthorized(*, code: str, detail: str) -> JsonResponse:
    """401 with the challenge of RFC 6750, section 3."""
    response = problem(status=401, code=code, title=_("Sign-in needed"), detail=detail)
    error = "" if code == "sign_in_needed" else ', error="invalid_token"'
    response["WWW-Authenticate"] = f'Bearer realm="dangol"{error}'
    return response


class ActorMiddleware:
    """Sets ``request.request_id`` and ``request.actor`` (None when nobody is signed in).

    A person comes by session, on every path; a program by ``Authorization: Bearer``, under ``/api/`` only.
    A token that is unknown, expired or revoked gets 401 instead of falling back to a session. Costs one query for
    the actor beside Django's own for session and user (with a token: two in all).
    """

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.csrf = CsrfViewMiddleware(lambda request: HttpResponse())

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        asked = request.headers.get("X-Request-ID", "")
        request_id = asked if _SANE_REQUEST_ID.fullmatch(asked) else str(uuid.uuid4())
        request.request_id = request_id  # type: ignore[attr-defined]
        request.actor = None  # type: ignore[attr-defined]
        structlog.contextvars.bind_contextvars(request_id=request_id)
        if request.path in WITHOUT_ACTOR:
            return self.get_response(request)
        with translation.override(translation.get_language_from_request(request)):
            refusal = self._recognise(request, request_id)
            actor: Actor | None = request.actor  # type: ignore[attr-defined]
            if actor is not None:
                translation.activate(actor.language)
                structlog.contextvars.bind_contextvars(actor=actor.user_id)
                if actor.seen_by is not None:
                    structlog.contextvars.bind_contextvars(seen_by=actor.seen_by)
            request.LANGUAGE_CODE = translation.get_language() or settings.LANGUAGE_CODE
            with timezone.override(actor.time_zone if actor else None):
                response = refusal or self.get_response(request)
            response.headers.setdefault("Content-Language", request.LANGUAGE_CODE)
        response["X-Request-ID"] = request_id
        allowance: Allowance | None = getattr(request, "allowance", None)
        if allowance is not None:
            for name, value in allowance.headers().items():
                response[name] = value
        if actor is None:
            patch_vary_headers(response, ("Accept-Language",))
        if is_for_programs(request.path):
            patch_vary_headers(response, ("Authorization",))
        patch_vary_headers(response, ("Cookie",))
        return response

    def _recognise(self, request: HttpRequest, request_id: str) -> HttpResponseBase | None:
        scheme, _space, credentials = request.headers.get("Authorization", "").partition(" ")
        if is_for_programs(request.path) and scheme.lower() == "bearer":
            token = token_for(credentials.strip())
            if token is None:
                return unauthorized(
                    code="invalid_token", detail=_("This API token is unknown, has expired or was revoked.")
                )
            return self._by_key(request, token, request_id)
        if isinstance(request.user, User):
            if sessions.is_over(request.session, sessions.rules_of(request.user)):
                logout(request)
                return None
            if "X-Unasked" not in request.headers:  # what a page fetches by itself is no use of the session
                sessions.note_seen(request)
            request.actor = self._looking(request, request.user, request_id)  # type: ignore[attr-defined]
        elif SESSION_KEY in request.session:
            # The session names a user who was deactivated, or signed out from elsewhere.
            logout(request)
        return None

    def _by_key(self, request: HttpRequest, token: Token, request_id: str) -> HttpResponseBase | None:
        """A program with a key that is good: whether it may call from there, and once more in this minute."""
        if not is_at_home(token, get_adapter(request).get_client_ip(request) if token.networks else None):
            return problem(
                status=403,
                code="network",
                title=_("Not allowed"),
                detail=_("This API token may not be used from this address."),
            )
        allowance = call_counted(token)
        if allowance is not None:
            request.allowance = allowance  # type: ignore[attr-defined]
            if allowance.is_used_up:
                refusal = problem(
                    status=429,
                    code="rate",
                    title=_("Too many requests"),
                    detail=_(
                        "This API token may make %(limit)s calls a minute. Go on in %(seconds)s seconds."
                    )
                    % {"limit": allowance.limit, "seconds": allowance.seconds},
                )
                refusal["Retry-After"] = str(allowance.seconds)
                return refusal
        token_used(token=token)
        request.user = token.user
        request.by_token = True  # type: ignore[attr-defined]
        request.token = token  # type: ignore[attr-defined]
        request.actor = actor_for(token.user, request_id=request_id, token=token)  # type: ignore[attr-defined]
        return None

    def _looking(self, request: HttpRequest, user: User, request_id: str) -> Actor:
        """Who looks: the user, or somebody through whose eyes an administrator looks; two more queries then."""
        kept = request.session.get(SEEING)
        if kept is not None:
            seen = seen_user(kept, user)
            if seen is not None:
                return seen_through(actor_for(seen, request_id=request_id), user.pk)
            del request.session[SEEING]
        return actor_for(user, request_id=request_id)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Refuse writes through another's eyes; demand the CSRF token from cookie-borne writes to the API."""
        actor: Actor | None = getattr(request, "actor", None)
        if actor is not None and actor.seen_by is not None and not self._lets_look(request, view):
            text = _("You look through another's eyes: nothing can be changed.")
            if is_for_programs(request.path):
                return problem(status=403, code="seeing", title=_("Not allowed"), detail=text)
            raise PermissionDenied(text)
        return self._forged(request)

    def _lets_look(self, request: HttpRequest, view: Callable[..., Any]) -> bool:
        """Reading all but one's own pages, ending it, and signing out."""
        return (
            (request.method in SAFE_METHODS and not request.path.startswith(OWN_PAGES))
            or getattr(view, "ends_seeing", False)
            or (request.resolver_match is not None and request.resolver_match.url_name == "account_logout")
        )

    def _forged(self, request: HttpRequest) -> HttpResponseBase | None:
        """Demand the CSRF token from cookie-borne writes to the API, whose views are exempt for programs' sake."""
        if (
            not is_for_programs(request.path)
            or request.method in SAFE_METHODS
            or getattr(request, "by_token", False)
            or getattr(request, "actor", None) is None
        ):
            return None

        def guarded(request: HttpRequest) -> HttpResponse:
            return HttpResponse()

        if self.csrf.process_view(request, guarded, (), {}) is None:
            return None
        return problem(
            status=403,
            code="csrf",
            title=_("Not allowed"),
            detail=_("This request did not come from a page of this site. Reload the page and try again."),
        )


class SignInRequiredMiddleware:
    """Sends whoever is not signed in to the sign-in page, or answers 401 under ``/api/``.

    A view that is open to all says so with Django's ``login_not_required``; a page that somebody forgot to
    guard is thereby guarded. Place it after ``ActorMiddleware``.
    """

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Refuse the view unless somebody is signed in or the view is open."""
        if (
            getattr(request, "actor", None) is not None
            or request.path in WITHOUT_ACTOR
            or not getattr(view, "login_required", True)
        ):
            return None
        if is_for_programs(request.path):
            return unauthorized(code="sign_in_needed", detail=_("Sign in, or send an API token."))
        return sign_in_redirect(request)


def sign_in_redirect(request: HttpRequest) -> HttpResponseBase:
    """To the sign-in page and back afterwards. A fragment asked for by htmx makes the whole page go there."""
    address = resolve_url(settings.LOGIN_URL)
    if request.headers.get("HX-Request") == "true":
        response = HttpResponse(status=204)
        response["HX-Redirect"] = address
        return response
    back = request.get_full_path() if request.method in {"GET", "HEAD"} else "/"
    return HttpResponseRedirect(address if back == "/" else f"{address}?{urlencode({'next': back})}")
