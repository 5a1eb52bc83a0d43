"""The protocol itself, by oauthlib: authorization codes with PKCE, refresh tokens, revocation. Nothing else is offered."""

from __future__ import annotations

import re
import secrets
from typing import Any

from allauth.idp.oidc import app_settings
from allauth.idp.oidc.internal.oauthlib.utils import extract_params
from django.http import HttpRequest
from oauthlib.oauth2 import WebApplicationServer  # type: ignore[import-untyped]
from oauthlib.oauth2.rfc6749 import errors  # type: ignore[import-untyped]

from dangol.identity.selectors import ACCESS_PREFIX
from dangol.integrations.oauth.validator import Validator

__all__ = ["Parts", "errors", "parts_of", "parts_of_query", "server"]

Parts = tuple[str, str, str, dict[str, str]]
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")  # a SHA-256 in base64url


def server() -> Any:
    """A server for one request."""
    made = WebApplicationServer(
        Validator(),
        token_generator=lambda request: ACCESS_PREFIX + secrets.token_urlsafe(32),
        refresh_token_generator=lambda request: "dgr_" + secrets.token_urlsafe(32),
        token_expires_in=app_settings.ACCESS_TOKEN_EXPIRES_IN,
    )
    made.auth_grant.custom_validators.post_auth.append(_only_s256)
    return made


def _only_s256(request: Any) -> dict[str, Any]:
    """Refuse the method "plain", also where none is named and it would be meant (RFC 7636, section 4.3)."""
    if request.code_challenge is None and request.code_challenge_method is None:
        return {}
    if request.code_challenge_method != "S256":
        raise errors.UnsupportedCodeChallengeMethodError(request=request)
    if not _CHALLENGE.fullmatch(request.code_challenge or ""):
        raise errors.InvalidRequestError("The code_challenge is no SHA-256 in base64url.", request=request)
    return {}


def parts_of(request: HttpRequest) -> Parts:
    """A request as oauthlib takes it.

    Raises:
        InvalidRequestFatalError: signs that stand in no honest request, or a parameter that comes twice.
    """
    for given in (request.GET, request.POST):
        for name, values in given.lists():
            if len(values) > 1 or not values[0].isprintable() or len(values[0]) > 4_000:
                raise errors.InvalidRequestFatalError(f"The parameter {name[:40]!r} is not right.")
    found: Parts = extract_params(request)
    return found


def parts_of_query(query: str) -> Parts:
    """A request to authorize, from the text of its query."""
    return f"/oauth/authorize?{query}", "GET", "", {}
