"""How allauth behaves here: no open sign-up, no chatter, plain words, a log line per sign-in."""

from __future__ import annotations

from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from dangol.identity.models import User

log = structlog.get_logger(__name__)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is not typed
    """Sign-in by address and password, for users that an administrator made."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("The email or the password is not right."),
        "too_many_login_attempts": _("Too many attempts. Try again in five minutes."),
        "rate_limited": _("Too many attempts. Try again in a minute."),
        "account_inactive": _("This account is deactivated. Ask your administrator."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody adds themselves."""
        return False

    def add_message(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Say nothing after signing in or out: the page that follows says it."""

    def login(self, request: HttpRequest, user: Any) -> None:
        """Sign in, and log it."""
        super().login(request, user)
        log.info("signed_in", user=user.pk)

    def logout(self, request: HttpRequest) -> None:
        """Sign out, and log it."""
        user = request.user
        super().logout(request)
        if isinstance(user, User):
            log.info("signed_out", user=user.pk)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Log a failed attempt, without the address that was tried: it may be a password typed in the wrong field."""
        super().authentication_failed(request, **credentials)
        log.warning("sign_in_failed", ip=self.get_client_ip(request))

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        """To the page that says so."""
        log.warning("sign_in_refused", user=user.pk, reason="inactive")
        response: HttpResponse = super().respond_user_inactive(request, user)
        return response
