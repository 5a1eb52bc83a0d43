"""Who a session belongs to."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, QuerySet, Subquery

from dangol.identity.models import User
from dangol.identity.models.signin import session_rules

FACTOR_TYPES = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def users_of_sessions() -> QuerySet[User]:
    """Users with ``has_second_factor`` and ``session_rules``: what every request of a session is held to. Lazy."""
    factors = Authenticator.objects.filter(user=OuterRef("pk"), type__in=FACTOR_TYPES)
    return User.objects.annotate(
        has_second_factor=Exists(factors), session_rules=Subquery(session_rules()[:1])
    )


class SessionBackend(AuthenticationBackend):  # type: ignore[misc]  # allauth is not typed
    """allauth's, which brings with the user what every request of a session is held to, in the same query."""

    def get_user(self, user_id: Any) -> User | None:
        """The user of a session, with ``has_second_factor`` and ``session_rules``. One query."""
        user = users_of_sessions().filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None
