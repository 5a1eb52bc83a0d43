"""How allauth treats those whom a provider vouches for: known by subject, else by proven address, else by the settings."""

from __future__ import annotations

from typing import Any

import structlog
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialApp, SocialLogin
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext as _

from dangol.identity.models import SignInPolicy, SignInProvider, User
from dangol.identity.services import account_connect, user_create_for_provider
from dangol.identity.services.signin import SEALED, SECRET_PURPOSE
from dangol.identity.sso import people
from dangol.identity.sso.errors import AnswerRefused
from dangol.outbound.sealing import unseal

log = structlog.get_logger(__name__)

SECONDS_TO_ANSWER = 5


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth is not typed
    """Sign-in through providers that an administrator set up."""

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """The active providers, each with its secret opened. One query.

        Raises:
            SealBroken: a secret was sealed with another secret key.
        """
        apps = SocialApp.objects.filter(sign_in__is_active=True)
        if provider:
            apps = apps.filter(Q(provider=provider) | Q(provider_id=provider))
        if client_id:
            apps = apps.filter(client_id=client_id)
        found = list(apps.order_by("pk"))
        for app in found:
            sealed = app.settings.get(SEALED)
            app.secret = unseal(sealed, purpose=SECRET_PURPOSE) if sealed else ""
        return found

    def get_requests_session(self) -> Any:
        """Every call to a provider goes through here: to checked addresses only, and noted."""
        from dangol.outbound.sessions import guarded_session

        return guarded_session(purpose="sign_in", timeout=SECONDS_TO_ANSWER)

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Nobody adds themselves; who may come in is decided before."""
        return False

    def authenticate_by_email(self, sociallogin: SocialLogin) -> None:
        """Never allauth's way, which would wipe the password; see ``pre_social_login``."""
        return

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        """Remember the name, in case an account is made."""
        user: User = super().populate_user(request, sociallogin, data)
        user.name = people.shown_name(data, sociallogin.account.extra_data)
        return user

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Find the user of somebody not seen before, or make one, or refuse. About four queries.

        Raises:
            ImmediateHttpResponse: a page that says why nobody is signed in.
        """
        if sociallogin.is_existing:
            return
        key = sociallogin.account.provider
        provider = (
            SignInProvider.objects.select_related("app", "role", "team")
            .filter(Q(app__provider_id=key) | Q(app__provider=key, app__provider_id=""), is_active=True)
            .get()
        )
        try:
            sociallogin.user = self._user_for(request, sociallogin, provider)
        except AnswerRefused as refused:
            page = render_authentication_error(request, sociallogin.provider, exception=refused)
            raise ImmediateHttpResponse(page) from refused

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """Log why somebody was not signed in; the provider's own words may hold personal data and stay out."""
        reason = str(exception) if isinstance(exception, AnswerRefused) else type(exception).__name__
        log.warning("sign_in_refused", provider=provider.sub_id, error=str(error), reason=reason)

    def _user_for(self, request: HttpRequest, login: SocialLogin, provider: SignInProvider) -> User:
        domains = SignInPolicy.current().mail_domains
        address = people.proven_address(login, provider, domains)
        request_id = getattr(request, "request_id", "")
        if not address:
            raise AnswerRefused(_("The provider did not tell a verified email address."))
        if not people.is_allowed(address, domains):
            raise AnswerRefused(_("Addresses of this domain may not sign in here."))
        user = User.objects.filter(email=address).first()
        if user is None:
            if not provider.makes_accounts:
                raise AnswerRefused(
                    _("There is no account for %(email)s. Ask your administrator.") % {"email": address}
                )
            language = translation.get_language() or settings.LANGUAGE_CODE
            try:
                user = user_create_for_provider(
                    provider=provider,
                    email=address,
                    name=login.user.name if login.user else "",
                    language=language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE,
                    request_id=request_id,
                )
            except ValidationError as error:
                raise AnswerRefused(" ".join(error.messages)) from error
        account_connect(account=login.account, user=user, provider=provider, request_id=request_id)
        return user
