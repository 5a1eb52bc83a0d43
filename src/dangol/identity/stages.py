"""Steps between the first proof of who one is and being signed in."""

from __future__ import annotations

from allauth.mfa.stages import AuthenticateStage
from django.http import HttpRequest

from dangol.identity.sessions import was_factor_checked_elsewhere


class SecondFactorStage(AuthenticateStage):  # type: ignore[misc]  # allauth is not typed
    """Asks for the second factor of whoever has one, unless the provider has asked for it."""

    def _should_handle(self, request: HttpRequest) -> bool:
        return bool(super()._should_handle(request)) and not was_factor_checked_elsewhere(
            request, self.login.user
        )
