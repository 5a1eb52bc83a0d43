"""The way to a provider and back."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import requests
import structlog
from allauth.account.utils import get_next_redirect_url
from allauth.core.internal.ratelimit import consume_or_429
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.google import views as google
from allauth.socialaccount.providers.kakao import views as kakao
from allauth.socialaccount.providers.naver import views as naver
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from dangol.identity.sso.errors import AnswerRefused
from dangol.identity.sso.openid import CallbackView, OpenIDAdapter
from dangol.outbound.errors import SealBroken

log = structlog.get_logger(__name__)

View = Callable[..., HttpResponse]

# What a provider that is down, set up wrongly, or hostile can cause. Anything else is our mistake.
FAULTS = (
    requests.RequestException,
    OAuth2Error,
    SealBroken,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
)


def guarded(view: View) -> View:
    """For everybody, at most thirty times a minute from one address; a fault of the provider becomes a page."""

    @login_not_required
    @never_cache
    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        refusal: HttpResponse | None = consume_or_429(
            request, app="allauth.account", action="provider", limit_get=True
        )
        if refusal is not None:
            return refusal
        try:
            return view(request, *args, **kwargs)
        except (SocialApp.DoesNotExist, SocialApp.MultipleObjectsReturned) as error:
            raise Http404 from error
        except PermissionDenied:
            return _problem(request, None, AnswerRefused(_("This sign-in is over already. Start again.")))
        except FAULTS as error:
            log.warning("provider_failed", error=type(error).__name__, detail=str(error)[:300])
            return _problem(request, None, error)

    return inner


@require_POST
@guarded
def begin(request: HttpRequest, provider_key: str) -> HttpResponse:
    """To the provider.

    By a page and not by a redirect: the policy on forms (`form-action 'self'`) also holds for where a form is
    redirected to, at every hop, and nobody knows over which hosts a provider leads its visitors.
    """
    provider = get_adapter().get_provider(request, provider_key)
    answer: HttpResponse = provider.redirect(
        request, process="login", next_url=get_next_redirect_url(request)
    )
    if answer.status_code != 302:
        return answer
    return render(
        request, "socialaccount/leaving.html", {"address": answer["Location"], "name": provider.app.name}
    )


@require_GET
@guarded
def openid_callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Back from an OpenID Connect provider."""
    answer: HttpResponse = CallbackView.adapter_view(OpenIDAdapter(request, provider_id))(request)
    return answer


kakao_callback = require_GET(guarded(kakao.oauth2_callback))
naver_callback = require_GET(guarded(naver.oauth2_callback))
google_callback = require_GET(guarded(google.oauth2_callback))


@csrf_exempt
@require_POST
@guarded
def saml_acs(request: HttpRequest, organization_slug: str) -> HttpResponse:
    """The answer of an identity provider. It is posted from there, and no cookie of ours comes along: so it waits in a
    session of its own until the visitor asks for the next page."""
    from allauth.socialaccount.providers.saml import views

    answer: HttpResponse = views.acs(request, organization_slug=organization_slug)
    return answer


@require_GET
@guarded
def saml_finish(request: HttpRequest, organization_slug: str) -> HttpResponse:
    """Sign in whom the answer is about."""
    # The XML libraries come to those processes only that need them.
    from allauth.socialaccount.providers.saml import views
    from lxml.etree import LxmlError  # type: ignore[import-untyped]

    try:
        answer: HttpResponse = views.finish_acs(request, organization_slug=organization_slug)
    except LxmlError as error:
        raise AnswerRefused(_("The provider sent something else than expected.")) from error
    return answer


@require_GET
@guarded
def saml_metadata(request: HttpRequest, organization_slug: str) -> HttpResponse:
    """What an identity provider has to know about us. Signing out stays each side's own."""
    from allauth.socialaccount.providers.saml import utils
    from onelogin.saml2.auth import OneLogin_Saml2_Settings  # type: ignore[import-untyped]

    provider = get_adapter().get_provider(request, organization_slug)
    if provider.id != "saml":
        raise Http404
    config = utils.build_saml_config(request, provider.app.settings, organization_slug)
    del config["sp"]["singleLogoutService"]
    metadata = OneLogin_Saml2_Settings(settings=config, sp_validation_only=True).get_sp_metadata()
    return HttpResponse(metadata, content_type="application/samlmetadata+xml")


@login_not_required
def saml_no_logout(request: HttpRequest, organization_slug: str) -> HttpResponse:
    """There is no single logout; the address only has a name because allauth asks for one."""
    raise Http404


@login_not_required
@never_cache
def cancelled(request: HttpRequest) -> HttpResponse:
    """Somebody turned back at the provider."""
    return render(request, "socialaccount/login_cancelled.html")


def _problem(request: HttpRequest, provider: Any, error: Exception) -> HttpResponse:
    context = {"auth_error": {"provider": provider, "code": "unknown", "exception": error}}
    return render(request, "socialaccount/authentication_error.html", context, status=401)
