"""How long a session lasts, when it was last used, and how it ends."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.usersessions.models import UserSession
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest
from django.utils import timezone

from dangol.identity.models import SessionRules, SignInPolicy, SignInProvider, User

BEGAN_AT: Final = "dangol_began_at"
SEEN_AT: Final = "dangol_seen_at"
FACTOR_ELSEWHERE: Final = "dangol_factor_elsewhere"
"""The provider that vouched for this session asked for the second factor."""

SEEN_NOTED_EVERY: Final = 60.0
MISSING: Final[Any] = object()


def begin(sender: Any, request: HttpRequest, user: User, **rest: Any) -> None:
    """Note when a session began; called at every sign-in. One query where a provider vouched."""
    request.session[BEGAN_AT] = request.session[SEEN_AT] = time.time()
    request.session[FACTOR_ELSEWHERE] = was_factor_checked_elsewhere(request, user)


def was_factor_checked_elsewhere(request: HttpRequest, user: User) -> bool:
    """Did this visitor come by a provider that asks for the second factor itself."""
    keys = [
        record.get("provider")
        for record in get_authentication_records(request, user)
        if record.get("method") == "socialaccount"
    ]
    if not keys:
        return False
    vouching = SignInProvider.objects.filter(is_active=True, checks_factor=True).select_related("app")
    return any(provider.key in keys for provider in vouching)


def rules_of(user: User) -> SessionRules:
    """The rules that the session's user brought along; read anew where the user came another way."""
    row = getattr(user, "session_rules", MISSING)
    if row is not MISSING:
        return SessionRules.from_row(row)
    policy = SignInPolicy.current()
    return SessionRules(policy.second_factor, policy.session_hours, policy.idle_minutes)


def is_over(session: Mapping[str, Any], rules: SessionRules) -> bool:
    """Has the session lasted too long, or been left alone too long.

    A session from before these were noted counts from now on.

    Args:
        session: what is kept in it.
    """
    now = time.time()
    began, seen = session.get(BEGAN_AT, now), session.get(SEEN_AT, now)
    return bool(
        (rules.session_hours and now - began >= rules.session_hours * 3600)
        or (rules.idle_minutes and now - seen >= rules.idle_minutes * 60)
    )


def note_seen(request: HttpRequest) -> None:
    """Note that the session is in use, at most once a minute: a busy page must not write at every request."""
    now = time.time()
    if now - request.session.get(SEEN_AT, 0.0) < SEEN_NOTED_EVERY:
        return
    request.session[SEEN_AT] = now
    request.session.setdefault(BEGAN_AT, now)
    UserSession.objects.filter(session_key=request.session.session_key).update(
        last_seen_at=timezone.now(), ip=get_adapter(request).get_client_ip(request)
    )


def keep_only_this(request: HttpRequest, user: User) -> None:
    """Let this session live on after all sessions of the user were ended; `user` carries the new generation."""
    update_session_auth_hash(request, user)
    UserSession.objects.create_from_request(request)
