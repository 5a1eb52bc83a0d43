"""Forms of the sign-in policy and of the providers. They only shape input; the services decide what is allowed."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.administration.forms import NodeField
from dangol.identity.models import FactorRule, Role, SignInPolicy, SignInProvider, Team, User
from dangol.identity.models.signin import SHORTEST_PASSWORD
from dangol.identity.services.signin import FIXED_KINDS
from dangol.identity.sso import saml

KIND_NAMES = {
    "openid_connect": "OpenID Connect",
    "saml": "SAML",
    "kakao": gettext_lazy("Kakao"),
    "naver": gettext_lazy("Naver"),
    "google": "Google",
}


class PolicyForm(forms.Form):
    """The sign-in policy."""

    second_factor = forms.ChoiceField(
        label=gettext_lazy("Second factor"),
        choices=FactorRule.choices,
        help_text=gettext_lazy(
            "Who must show a code or a passkey beside the password. Who has none sets one up before anything else."
        ),
    )
    session_hours = forms.IntegerField(
        label=gettext_lazy("Session length, hours"),
        min_value=0,
        max_value=24 * 366,
        help_text=gettext_lazy(
            "After this time everybody signs in again. 0: as long as the installation sets."
        ),
    )
    idle_minutes = forms.IntegerField(
        label=gettext_lazy("Idle time, minutes"),
        min_value=0,
        max_value=60 * 24 * 31,
        help_text=gettext_lazy(
            "Who does nothing for this long signs in again. 0: never. The privacy rules ask for a limit."
        ),
    )
    password_length = forms.IntegerField(
        label=gettext_lazy("Shortest password, characters"),
        min_value=SHORTEST_PASSWORD,
        max_value=64,
        help_text=gettext_lazy(
            "For new passwords. Passwords that are often used or leaked are always refused."
        ),
    )
    mail_domains = forms.CharField(
        label=gettext_lazy("Allowed mail domains"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "example.com"}),
        help_text=gettext_lazy("For sign-in through providers; several with commas. Empty: all."),
    )
    providers_only = forms.BooleanField(
        label=gettext_lazy("Sign in through providers only"),
        required=False,
        help_text=gettext_lazy(
            "Passwords and passkeys are switched off, except for the emergency administrator."
        ),
    )
    break_glass = forms.ModelChoiceField(
        label=gettext_lazy("Emergency administrator"),
        queryset=User.objects.none(),
        required=False,
        empty_label="–",
        help_text=gettext_lazy("Gets in with a password when the provider fails."),
    )

    def __init__(self, *args: Any, policy: SignInPolicy, **kwargs: Any) -> None:
        kwargs.setdefault(
            "initial",
            {
                "second_factor": policy.second_factor,
                "session_hours": policy.session_hours,
                "idle_minutes": policy.idle_minutes,
                "password_length": policy.password_length,
                "mail_domains": ", ".join(policy.mail_domains),
                "providers_only": policy.providers_only,
                "break_glass": policy.break_glass_id,
            },
        )
        super().__init__(*args, **kwargs)
        administrators = User.objects.filter(is_administrator=True, is_active=True)
        self.fields["break_glass"].queryset = administrators  # type: ignore[attr-defined]

    def clean_mail_domains(self) -> list[str]:
        """The domains, one by one."""
        return [part for part in re.split(r"[,\s]+", self.cleaned_data["mail_domains"]) if part]


class ProviderForm(forms.Form):
    """What every provider is told; the kinds add their own."""

    kind = ""
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Stands on the button of the sign-in page."),
    )
    client_id = forms.CharField(
        label=gettext_lazy("Client ID"), max_length=191, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    secret = forms.CharField(
        label=gettext_lazy("Client secret"),
        max_length=1000,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("Kept encrypted and never shown again. Empty: stays as it is."),
    )
    is_active = forms.BooleanField(
        label=gettext_lazy("Switched on"),
        required=False,
        help_text=gettext_lazy("Shows the button on the sign-in page."),
    )
    makes_accounts = forms.BooleanField(
        label=gettext_lazy("Make accounts at the first sign-in"),
        required=False,
        help_text=gettext_lazy(
            "Otherwise only people who have an account get in, found by their verified address."
        ),
    )
    role = forms.ModelChoiceField(
        label=gettext_lazy("Role of new accounts"),
        queryset=Role.objects.all(),
        required=False,
        empty_label="–",
    )
    team = NodeField(Team, label=gettext_lazy("Team of new accounts"))
    trusts_mail = forms.BooleanField(
        label=gettext_lazy("Trust its addresses"),
        required=False,
        help_text=gettext_lazy(
            "For a provider of your own that does not say whether an address is verified. Only within the allowed domains."
        ),
    )
    checks_factor = forms.BooleanField(
        label=gettext_lazy("It asks for the second factor itself"),
        required=False,
        help_text=gettext_lazy("Then none is asked for here."),
    )

    def __init__(self, *args: Any, provider: SignInProvider | None = None, **kwargs: Any) -> None:
        if provider is not None:
            kwargs.setdefault("initial", self.initial_of(provider))
        super().__init__(*args, **kwargs)
        team = self.fields["team"]
        assert isinstance(team, NodeField)
        team.fill()
        if provider is not None:
            self.fields.pop("key", None)

    def initial_of(self, provider: SignInProvider) -> dict[str, Any]:
        """What there is; never the secret."""
        return {
            "name": provider.app.name,
            "client_id": provider.app.client_id,
            "is_active": provider.is_active,
            "makes_accounts": provider.makes_accounts,
            "role": provider.role_id,
            "team": provider.team_id,
            "trusts_mail": provider.trusts_mail,
            "checks_factor": provider.checks_factor,
        }

    def details(self) -> dict[str, Any]:
        """What the protocol needs, in the words of allauth."""
        return {}


class KeyField(forms.SlugField):
    """The name of a provider in addresses."""

    def __init__(self) -> None:
        super().__init__(
            label=gettext_lazy("Name in addresses"),
            max_length=40,
            help_text=gettext_lazy("Small Latin letters, digits and hyphens; cannot be changed later."),
        )


class OpenIDForm(ProviderForm):
    """An OpenID Connect provider: Keycloak, Microsoft Entra ID, Okta, Google Workspace …"""

    kind = "openid_connect"
    key = KeyField()
    server_url = forms.URLField(
        label=gettext_lazy("Issuer address"),
        assume_scheme="https",
        max_length=500,
        widget=forms.URLInput(attrs={"autocomplete": "off", "placeholder": "https://login.example.com"}),
        help_text=gettext_lazy(
            "As the provider calls itself (issuer). What else is needed is read from there."
        ),
    )
    field_order = ("name", "key", "server_url", "client_id", "secret")

    def initial_of(self, provider: SignInProvider) -> dict[str, Any]:
        """What there is; never the secret."""
        return {**super().initial_of(provider), "server_url": provider.app.settings.get("server_url", "")}

    def details(self) -> dict[str, Any]:
        """Where the provider is."""
        return {"server_url": self.cleaned_data["server_url"]}


class SAMLForm(ProviderForm):
    """A SAML 2.0 identity provider."""

    kind = "saml"
    key = KeyField()
    entity_id = forms.CharField(
        label=gettext_lazy("Entity ID of the provider"),
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    sso_url = forms.URLField(
        label=gettext_lazy("Sign-in address of the provider"),
        assume_scheme="https",
        max_length=500,
        help_text=gettext_lazy("With the binding HTTP-Redirect."),
    )
    certificate = forms.CharField(
        label=gettext_lazy("Certificate of the provider"),
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text=gettext_lazy("X.509, as text. Assertions must be signed with it."),
    )
    field_order = ("name", "key", "entity_id", "sso_url", "certificate")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["client_id"], self.fields["secret"]

    def initial_of(self, provider: SignInProvider) -> dict[str, Any]:
        """What there is."""
        idp = provider.app.settings.get("idp", {})
        return {
            **super().initial_of(provider),
            "entity_id": idp.get("entity_id", ""),
            "sso_url": idp.get("sso_url", ""),
            "certificate": idp.get("x509cert", ""),
        }

    def clean_certificate(self) -> str:
        """The certificate in one form, whether it was given with or without its frame."""
        from cryptography import x509
        from cryptography.hazmat.primitives.serialization import Encoding

        text = re.sub(r"-----[A-Z ]+-----|\s+", "", self.cleaned_data["certificate"])
        lines = "\n".join(text[start : start + 64] for start in range(0, len(text), 64))
        frame = f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n"
        try:
            return x509.load_pem_x509_certificate(frame.encode()).public_bytes(Encoding.PEM).decode()
        except ValueError as error:
            raise ValidationError(
                _("This is no certificate. It begins with -----BEGIN CERTIFICATE-----."), code="certificate"
            ) from error

    def details(self) -> dict[str, Any]:
        """How to reach the provider and how to know it."""
        data = self.cleaned_data
        return saml.details(
            entity_id=data["entity_id"], sso_url=data["sso_url"], certificate=data["certificate"]
        )


class KakaoForm(ProviderForm):
    """Kakao: its client ID is the REST API key."""

    kind = "kakao"

    def details(self) -> dict[str, Any]:
        """The address is asked for; without it nobody is found."""
        return {"scope": ["account_email", "profile_nickname"]}


class NaverForm(ProviderForm):
    """Naver."""

    kind = "naver"


class GoogleForm(ProviderForm):
    """Google."""

    kind = "google"

    def details(self) -> dict[str, Any]:
        """Google gives an ID token only where it is asked for."""
        return {"scope": ["openid", "profile", "email"], "oauth_pkce_enabled": True}


FORMS: dict[str, type[ProviderForm]] = {
    form.kind: form for form in (OpenIDForm, SAMLForm, KakaoForm, NaverForm, GoogleForm)
}


def key_of(form: ProviderForm) -> str:
    """The name in addresses that a form asks for."""
    return form.kind if form.kind in FIXED_KINDS else str(form.cleaned_data.get("key", ""))
