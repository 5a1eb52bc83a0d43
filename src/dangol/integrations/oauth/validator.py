"""What the protocol asks of us: which apps there are, what they may ask for, which codes and tokens are good."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlsplit

import structlog
from allauth.idp.oidc.internal.oauthlib.request_validator import OAuthLibRequestValidator
from allauth.idp.oidc.internal.oauthlib.utils import get_validator_context
from allauth.idp.oidc.models import Client
from allauth.idp.oidc.models import Token as AccessToken
from django.core.cache import cache
from django.db.models import Q
from django.utils import timezone

from dangol.identity import selectors
from dangol.identity.models import App, Token
from dangol.identity.models.roles import EVERY_TYPE
from dangol.identity.scopes import UnknownScope, rights_of
from dangol.identity.services.apps import LOOPBACK

log = structlog.get_logger(__name__)

SPENT: Final = "spent"
SPENT_KEPT: Final = timedelta(days=30)
CODE_KEPT: Final = 600
_CODE: Final = re.compile(r"[A-Za-z0-9]{20,64}", re.ASCII)


def covers(allowed: Collection[str], scope: str) -> bool:
    """Whether an app may ask for this scope: it is named, or its kind is allowed for every type."""
    return scope in allowed or f"{EVERY_TYPE}:{scope.partition(':')[2]}" in allowed


def is_registered(address: str, registered: Collection[str]) -> bool:
    """Whether this is an address of the app, character by character.

    On one's own machine the port is free, as it is chosen when the program starts (RFC 8252, section 7.3).
    """
    if address in registered:
        return True
    without = _without_port(address)
    return without is not None and without in {_without_port(one) for one in registered}


def _without_port(address: str) -> str | None:
    """A loopback address without its port; None for any other."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme != "http" or host not in LOOPBACK:
        return None
    if parts.netloc != (host if port is None else f"{host}:{port}"):
        return None  # a name and a password before it, or another way to write it
    return address.replace(parts.netloc, host, 1)


class Validator(OAuthLibRequestValidator):  # type: ignore[misc]  # allauth is not typed
    """allauth's answers, made stricter: exact addresses, switched-off apps, live consents, codes and tokens for one use.

    Its methods run in the caller's transaction, which must be one.
    """

    def validate_client_id(self, client_id: Any, request: Any, *args: Any, **kwargs: Any) -> bool:
        """A registered app that is switched on."""
        return super().validate_client_id(client_id, request) and _is_on(request.client)

    def authenticate_client(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        """A confidential app with its secret."""
        return super().authenticate_client(request) and _is_on(request.client)

    def authenticate_client_id(self, client_id: Any, request: Any, *args: Any, **kwargs: Any) -> bool:
        """A public app."""
        return super().authenticate_client_id(client_id, request) and _is_on(request.client)

    def validate_redirect_uri(
        self, client_id: str, redirect_uri: str, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """Exactly one of the registered addresses."""
        return is_registered(redirect_uri, request.client.get_redirect_uris())

    def validate_scopes(
        self, client_id: str, scopes: list[str], client: Client, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """At least one, all of them scopes, all within what the app may ask for."""
        try:
            rights_of(scopes)
        except UnknownScope:
            return False
        allowed = set(request.client.get_scopes())
        return bool(scopes) and all(covers(allowed, scope) for scope in scopes)

    def validate_code(
        self, client_id: str, code: str, client: Client, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """A code that nobody has tried before, of somebody whose consent still holds. One try, good or bad."""
        if not _CODE.fullmatch(code):
            return False  # cache keys hold no other signs
        mark = f"oauth.code.{sha256(f'{client.pk}:{code}'.encode()).hexdigest()}"
        if not cache.add(mark, True, timeout=CODE_KEPT):
            return False
        return super().validate_code(client.pk, code, client, request) and _has_consent(client, request.user)

    def validate_refresh_token(
        self, refresh_token: str, client: Client, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """The newest refresh token. One that was used before ends all tokens: one of two holders has stolen it."""
        found = (
            AccessToken.objects.select_for_update()
            .by_value(refresh_token)
            .filter(client=client, type=AccessToken.Type.REFRESH_TOKEN)
            .first()
        )
        if found is None:
            return False
        if found.data and found.data.get(SPENT):
            log.warning("a refresh token was used twice", client=client.pk, user=found.user_id)
            AccessToken.objects.filter(client=client, user_id=found.user_id).delete()
            return False
        good: bool = super().validate_refresh_token(refresh_token, client, request)
        return good and _has_consent(client, request.user)

    def save_bearer_token(self, token: dict[str, Any], request: Any, *args: Any, **kwargs: Any) -> None:
        """Keep the new tokens, and remember the refresh token that was spent for them."""
        used = get_validator_context().refresh_token
        digest = used.hash if used is not None else ""
        super().save_bearer_token(token, request)
        if digest:
            AccessToken.objects.create(
                type=AccessToken.Type.REFRESH_TOKEN,
                hash=digest,
                client=request.client,
                user=request.user,
                expires_at=timezone.now(),
                data={SPENT: True},
            )
        now = timezone.now()
        over = Q(type=AccessToken.Type.ACCESS_TOKEN, expires_at__lt=now) | Q(expires_at__lt=now - SPENT_KEPT)
        AccessToken.objects.filter(over, client=request.client, user=request.user).delete()

    def revoke_token(self, token: str, token_type_hint: str, request: Any, *args: Any, **kwargs: Any) -> None:
        """An access token ends alone; a refresh token takes the user's other tokens of this app with it (RFC 7009).

        Tokens of other apps stay, whoever asks.
        """
        found = AccessToken.objects.by_value(token).filter(client=request.client).first()
        if found is None:
            return
        if found.type == AccessToken.Type.ACCESS_TOKEN:
            found.delete()
        else:
            AccessToken.objects.filter(client=request.client, user_id=found.user_id).delete()


def _is_on(client: Client) -> bool:
    return App.objects.filter(client=client, is_active=True).exists()


def _has_consent(client: Client, user: Any) -> bool:
    return Token.objects.filter(
        user_id=user.pk, app__client=client, revoked_at=None, user__is_active=True
    ).exists()


def app_of(client: Client) -> App:
    """The app that a client of the protocol is. One query."""
    return selectors.apps().get(client=client)
