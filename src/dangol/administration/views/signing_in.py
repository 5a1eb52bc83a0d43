"""The pages before one is in: password, passkey, second factor; and proving once more who one is."""

from __future__ import annotations

from typing import Any

from allauth.account.views import LoginView, ReauthenticateView
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.base.views import ReauthenticateView as ReauthenticateByCodeView
from allauth.mfa.webauthn.views import LoginWebAuthnView, ReauthenticateWebAuthnView
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from dangol.administration.factor_forms import CodeForm, ConfirmingCodeForm
from dangol.identity import selectors
from dangol.identity.models import SignInPolicy


class SignInView(LoginView):  # type: ignore[misc]  # allauth is not typed
    """Address and password, with the other ways in below. Two queries."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The providers, and whether a password is the usual way."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        providers = list(selectors.active_providers())
        return {
            **context,
            "providers": providers,
            "providers_only": bool(providers) and SignInPolicy.current().providers_only,
        }


class PasskeyView(LoginWebAuthnView):  # type: ignore[misc]  # allauth is not typed
    """Signing in with a passkey alone."""

    def form_invalid(self, form: Any) -> HttpResponse:
        """Back to the sign-in page, with a word on what happened."""
        messages.error(self.request, _("This passkey was not accepted. Try again or choose another way."))
        return HttpResponseRedirect(reverse("account_login"))


class SecondFactorView(AuthenticateView):  # type: ignore[misc]  # allauth is not typed
    """The second factor of somebody whose password was right."""

    form_class = CodeForm
    template_name = "mfa/authenticate.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Which factors there are."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return {**context, **selectors.factor_kinds(self.stage.login.user)}


class ConfirmByPasswordView(ReauthenticateView):  # type: ignore[misc]  # allauth is not typed
    """The password once more, before something delicate."""

    template_name = "account/reauthenticate.html"


class ConfirmByCodeView(ReauthenticateByCodeView):  # type: ignore[misc]  # allauth is not typed
    """A code once more, before something delicate."""

    form_class = ConfirmingCodeForm
    template_name = "mfa/reauthenticate.html"


class ConfirmByPasskeyView(ReauthenticateWebAuthnView):  # type: ignore[misc]  # allauth is not typed
    """A passkey once more, before something delicate."""

    template_name = "mfa/webauthn/reauthenticate.html"

    def form_invalid(self, form: Any) -> HttpResponse:
        """The same page again, with a word on what happened."""
        messages.error(self.request, _("This passkey was not accepted. Try again or choose another way."))
        return HttpResponseRedirect(self.request.get_full_path())
