"""OpenID Connect, with what allauth leaves out: a nonce, PKCE always, and ID tokens checked whatever way they came."""

from __future__ import annotations

import secrets
from typing import Any

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from dangol.identity.sso import tokens
from dangol.identity.sso.errors import AnswerRefused

WELL_KNOWN = "/.well-known/openid-configuration"
NEEDED = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
KEPT = frozenset(
    {"iss", "sub", "email", "email_verified", "name", "given_name", "family_name", "preferred_username"}
)


class OpenIDAdapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # allauth is not typed
    """Talks to one provider."""

    nonce = ""

    @property
    def openid_config(self) -> dict[str, Any]:
        """What the provider publishes about itself. One call, once per request.

        Raises:
            AnswerRefused: it is somebody else's, or something is missing.
            requests.RequestException: the provider cannot be reached.
        """
        if not hasattr(self, "_openid_config"):
            address = self.get_provider().server_url
            config = self._read(address)
            missing = [name for name in NEEDED if not config.get(name)]
            if missing:
                raise AnswerRefused(
                    _("The provider does not publish %(names)s.") % {"names": ", ".join(missing)}
                )
            if str(config["issuer"]).rstrip("/") != address.removesuffix(WELL_KNOWN).rstrip("/"):
                raise AnswerRefused(
                    _("The provider calls itself by another address than the one that was set.")
                )
            self._openid_config = config
        return self._openid_config

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        """Who signed in, from the ID token; where it has no address, from the user info of the same subject."""
        id_token = kwargs["response"].get("id_token")
        if not isinstance(id_token, str):
            raise AnswerRefused(_("The provider sent no ID token."))
        config = self.openid_config
        claims = tokens.claims_of(
            id_token,
            keys=self._read(config["jwks_uri"]),
            issuer=config["issuer"],
            client_id=app.client_id,
            nonce=self.nonce,
        )
        if "email" not in claims and config.get("userinfo_endpoint"):
            about = self._read(config["userinfo_endpoint"], token.token)
            if about.get("sub") != claims["sub"]:
                raise AnswerRefused(_("The user info is about somebody else."))
            claims = {**about, **claims}
        return self.get_provider().sociallogin_from_response(request, claims)

    def _read(self, address: str, bearer: str = "") -> dict[str, Any]:
        with get_adapter().get_requests_session() as session:
            answer = session.get(address, headers={"Authorization": f"Bearer {bearer}"} if bearer else {})
            answer.raise_for_status()
            found = answer.json()
        if not isinstance(found, dict):
            raise AnswerRefused(_("The provider sent something else than expected."))
        return found


class OpenIDProvider(OpenIDConnectProvider):  # type: ignore[misc]  # allauth is not typed
    """A provider set up in the settings; several may be."""

    oauth2_adapter_class = OpenIDAdapter
    pkce_enabled_default = True

    def redirect(
        self, request: HttpRequest, process: str, next_url: str | None = None, data: Any = None, **kwargs: Any
    ) -> HttpResponse:
        """To the provider, with a nonce that only this session knows. What the address asks for is not passed on."""
        nonce = secrets.token_urlsafe(32)
        answer: HttpResponse = super().redirect(
            request,
            process,
            next_url,
            data,
            scope=self.get_scope(),
            auth_params={**self.get_auth_params(), "nonce": nonce},
            nonce=nonce,
        )
        return answer

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """Only what tells who it is."""
        return {key: value for key, value in data.items() if key in KEPT}

    def extract_uid(self, data: dict[str, Any]) -> str:
        """The subject: the one claim that never changes hands."""
        return str(data["sub"])


class CallbackView(OAuth2CallbackView):  # type: ignore[misc]  # allauth is not typed
    """Takes the answer of the provider."""

    def _get_state(self, request: HttpRequest, provider: Any) -> Any:
        state, response = super()._get_state(request, provider)
        if state is not None:
            self.adapter.nonce = state.get("nonce", "")
        return state, response
