"""How allauth behaves here: no open sign-up, no chatter, plain words, a log line per sign-in, the sign-in policy."""

from __future__ import annotations

import time
from typing import Any

import structlog
from allauth.account import app_settings as account_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dangol.identity.models import SignInPolicy, User
from dangol.outbound.errors import SealBroken
from dangol.outbound.sealing import seal, unseal

log = structlog.get_logger(__name__)

FACTOR_PURPOSE = "second factor"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is not typed
    """Sign-in for users that an administrator made."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("The email or the password is not right."),
        "incorrect_password": _("This is not your password."),
        "too_many_login_attempts": _("Too many attempts. Try again in five minutes."),
        "rate_limited": _("Too many attempts. Try again in a minute."),
        "account_inactive": _("This account is deactivated. Ask your administrator."),
        "providers_only": _("Passwords and passkeys are switched off here. Choose one of the ways below."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody adds themselves."""
        return False

    def add_message(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Say nothing after signing in or out: the page that follows says it."""

    def get_login_stages(self) -> list[str]:
        """What stands between the first proof and being signed in."""
        ours = {"allauth.mfa.stages.AuthenticateStage": "dangol.identity.stages.SecondFactorStage"}
        return [ours.get(path, path) for path in super().get_login_stages()]

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """The user of that address and password. Where only providers sign people in, only the emergency administrator
        gets in, and whoever else tries cannot tell why not."""
        user = super().authenticate(request, **credentials)
        if not may_sign_in_without_provider(user):
            raise self.validation_error("providers_only")
        return user

    def reauthenticate(self, user: User, password: str) -> bool:
        """Does somebody who is signed in know the own password; counted like attempts to sign in."""
        request = context.request
        self.pre_authenticate(request, email=user.email, password=password)
        if user.check_password(password):
            self._rollback_login_failed_rl_usage()
            return True
        self.authentication_failed(request, email=user.email)
        return False

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not shortly after signing in: who has just shown all proofs need not show them again."""
        request = context.request
        recent = time.time() - account_settings.REAUTHENTICATION_TIMEOUT
        records = get_authentication_records(request, request.user)
        return not any(record.get("at", 0) > recent for record in records)

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


def may_sign_in_without_provider(user: AbstractBaseUser | None) -> bool:
    """May this user (None: somebody who failed) sign in by password or passkey. One query."""
    policy = SignInPolicy.current()
    return not policy.providers_only or (user is not None and user.pk == policy.break_glass_id)


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth is not typed
    """Second factors: their secrets lie sealed, their words are ours."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("This code is not right, or has been used already."),
        "cannot_generate_recovery_codes": _("Set up an authenticator app or a passkey first."),
    }

    def encrypt(self, text: str) -> str:
        """Seal the seed of a factor."""
        return seal(text, purpose=FACTOR_PURPOSE)

    def decrypt(self, encrypted_text: str) -> str:
        """Open it. After the secret key was changed it counts as a code that is not right, and is logged."""
        try:
            return unseal(encrypted_text, purpose=FACTOR_PURPOSE)
        except SealBroken as broken:
            log.error("second_factor_unreadable", reason=str(broken))
            raise self.validation_error("incorrect_code") from broken

    def get_totp_issuer(self) -> str:
        """The name in authenticator apps."""
        return "Dangol"

    def generate_authenticator_name(self, user: AbstractBaseUser, type: str) -> str:  # noqa: A002 - allauth's name
        """A name for a passkey that got none."""
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return gettext("Passkey %(number)s") % {"number": count + 1}

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Who asks for a passkey: this host, under our name."""
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return {**entity, "name": "Dangol"}
