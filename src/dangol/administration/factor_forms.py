"""Forms of second factors. allauth checks the proofs; here stands what it leaves open."""

from __future__ import annotations

import hashlib
from typing import Any

from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AddWebAuthnForm, LoginWebAuthnForm
from django import forms
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from dangol.identity import services
from dangol.identity.adapters import may_sign_in_without_provider

# A code holds for its own half minute and the ones before and after it.
CODE_HOLDS = 120


def code_input(**attributes: Any) -> forms.TextInput:
    """A field for a code: the number pad on phones, filled in by password managers."""
    usual = {
        "autocomplete": "one-time-code",
        "inputmode": "numeric",
        "autofocus": True,
        "maxlength": 16,
        "spellcheck": "false",
    }
    return forms.TextInput(attrs={**usual, **attributes})


class OnceMixin(forms.Form):
    """A code works once, for as long as it would hold."""

    user: Any

    def clean_code(self) -> str:
        """The code, if it is right and was not used before."""
        code: str = super().clean_code()  # type: ignore[misc]  # allauth is not typed
        digest = hashlib.sha256(f"{self.user.pk}:{normalize_user_code(code)}".encode()).hexdigest()
        if not cache.add(f"dangol.code.{digest}", 1, timeout=CODE_HOLDS):
            raise get_adapter().validation_error("incorrect_code")
        return code


class CodeForm(OnceMixin, AuthenticateForm):  # type: ignore[misc]  # allauth is not typed
    """The code at sign-in: of the app, or a recovery code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code")
        self.fields["code"].widget = code_input()

    def save(self) -> None:
        """Let the person in; a recovery code leaves a trace."""
        super().save()
        if self.authenticator.type == Authenticator.Type.RECOVERY_CODES:
            left = len(self.authenticator.wrap().get_unused_codes())
            services.recovery_code_used(user=self.user, left=left)


class ConfirmingCodeForm(OnceMixin, ReauthenticateForm):  # type: ignore[misc]  # allauth is not typed
    """The same when something delicate is about to be done."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code")
        self.fields["code"].widget = code_input()


class PasskeySignInForm(LoginWebAuthnForm):  # type: ignore[misc]  # allauth is not typed
    """A passkey instead of the password, unless only providers sign people in."""

    def clean_credential(self) -> Any:
        """The passkey that proved itself."""
        authenticator = super().clean_credential()
        if not may_sign_in_without_provider(authenticator.user):
            raise get_adapter().validation_error("incorrect_code")
        return authenticator


class PasskeyForm(AddWebAuthnForm):  # type: ignore[misc]  # allauth is not typed
    """A new passkey."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name, alone = self.fields["name"], self.fields["passwordless"]
        name.label, name.max_length = _("Name"), 60
        name.widget = forms.TextInput(attrs={"maxlength": 60, "autocomplete": "off"})
        alone.label = _("Sign in with it alone, without a password")
        alone.help_text = _("Needs a fingerprint, a face or a PIN on the device.")
        alone.initial = True

    def clean_name(self) -> str:
        """At most as long as the list can show."""
        name: str = super().clean_name()
        return name[:60]


class PasskeyNameForm(forms.Form):
    """Another name for a passkey."""

    name = forms.CharField(label=_("Name"), max_length=60)
