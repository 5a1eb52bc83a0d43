"""Where apps come by themselves: tokens, revocation, who one is, and what this server can do."""

from __future__ import annotations

import json
from typing import Any

import structlog
from allauth.core.internal import ratelimit
from allauth.idp.oidc.internal.oauthlib.utils import convert_response
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from dangol.identity.actors import Actor
from dangol.identity.models import User
from dangol.identity.models.roles import EVERY_TYPE
from dangol.identity.scopes import KINDS
from dangol.integrations.oauth.server import errors, parts_of, server
from dangol.records import registry
from dangol.records.rest.endpoints import json_response

OWN_PREFIX = "x_"
log = structlog.get_logger(__name__)


@csrf_exempt
@login_not_required
@require_POST
def token(request: HttpRequest) -> HttpResponse:
    """`POST /oauth/token`: a code or a refresh token for new tokens (RFC 6749, sections 4.1.3 and 6)."""
    return _asked(request, "create_token_response")


@csrf_exempt
@login_not_required
@require_POST
def revoke(request: HttpRequest) -> HttpResponse:
    """`POST /oauth/revoke`: a token is not needed any more (RFC 7009)."""
    return _asked(request, "create_revocation_response")


def _asked(request: HttpRequest, what: str) -> HttpResponse:
    if not ratelimit.consume(request, app="allauth.idp.oidc", action="token"):
        return _refused(429, "temporarily_unavailable", "Too many requests from this address.", after=60)
    try:
        with transaction.atomic():
            headers, body, status = getattr(server(), what)(*parts_of(request))
    except errors.OAuth2Error as error:
        return _refused(error.status_code, error.error, error.description or "")
    response: HttpResponse = convert_response(headers, body, status)
    response["Cache-Control"] = "no-store"
    if status >= 400:
        log.info("an app was refused", status=status, error=_error_in(body))
    return response


def _error_in(body: Any) -> str:
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return ""


def _refused(status: int, error: str, description: str, *, after: int | None = None) -> HttpResponse:
    response = JsonResponse({"error": error, "error_description": description}, status=status)
    response["Cache-Control"] = "no-store"
    if after is not None:
        response["Retry-After"] = str(after)
    return response


def userinfo(request: HttpRequest, actor: Actor) -> HttpResponse:
    """`GET /api/oauth/userinfo`: for whom one acts. No query of its own."""
    user = request.user
    assert isinstance(user, User)  # nobody else has an actor
    return json_response(
        {
            "sub": str(user.pk),
            "name": user.name,
            "email": user.email,
            "locale": user.language,
            "zoneinfo": user.time_zone,
        }
    )


def scopes_supported() -> list[str]:
    """Every scope of the built-in types, those for all types first. A company's own types are told to nobody outside."""
    built_in = (record_type.name for record_type in registry.all_types())
    names = [EVERY_TYPE, *(name for name in built_in if not name.startswith(OWN_PREFIX))]
    return [f"{name}:{kind}" for name in names for kind in KINDS if kind != "admin" or name == EVERY_TYPE]


@login_not_required
@require_safe
def server_metadata(request: HttpRequest) -> HttpResponse:
    """`/.well-known/oauth-authorization-server` (RFC 8414)."""
    url = request.build_absolute_uri
    methods = ["client_secret_basic", "client_secret_post", "none"]
    return _open_to_all(
        {
            "issuer": url("/").rstrip("/"),
            "authorization_endpoint": url(reverse("oauth-authorize")),
            "token_endpoint": url(reverse("integrations:oauth-token")),
            "revocation_endpoint": url(reverse("integrations:oauth-revoke")),
            "userinfo_endpoint": url(reverse("integrations:oauth-userinfo")),
            "scopes_supported": scopes_supported(),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_methods_supported": methods,
            "revocation_endpoint_auth_methods_supported": methods,
            "code_challenge_methods_supported": ["S256"],
            "service_documentation": url("/api/v1/docs"),
        }
    )


@login_not_required
@require_safe
def resource_metadata(request: HttpRequest) -> HttpResponse:
    """`/.well-known/oauth-protected-resource` (RFC 9728): who gives tokens for the API."""
    issuer = request.build_absolute_uri("/").rstrip("/")
    return _open_to_all(
        {
            "resource": f"{issuer}/api",
            "authorization_servers": [issuer],
            "scopes_supported": scopes_supported(),
            "bearer_methods_supported": ["header"],
        }
    )


def _open_to_all(data: dict[str, Any]) -> HttpResponse:
    response = JsonResponse(data)
    response["Access-Control-Allow-Origin"] = "*"
    return response
