"""The page on which people are asked whether an app may act for them (the authorization endpoint of OAuth 2.0)."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from dangol.administration.scope_words import permissions
from dangol.administration.views.access import SignedInRequest, signed_in
from dangol.identity import services
from dangol.integrations.oauth.server import errors, parts_of, parts_of_query, server
from dangol.integrations.oauth.validator import app_of

SALT: Final = "oauth.consent"
ANSWERED_WITHIN: Final = 600


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def authorize(request: SignedInRequest) -> HttpResponse:
    """Ask, and send the answer back to the app. It asks each time, also for what was allowed before.

    An app or an address to return to that is not known gets a page here, never a redirect; whatever else is wrong goes back to
    the app (RFC 6749, section 4.1.2.1). Three queries.
    """
    try:
        if request.method == "POST":
            return _answered(request)
        uri, _method, _body, headers = parts_of(request)
        scopes, asked = server().validate_authorization_request(uri, "GET", "", headers)
    except errors.FatalClientError as error:
        return _page_of(request, error)
    except errors.OAuth2Error as error:
        return _back(error.in_uri(error.redirect_uri))
    app = app_of(asked["request"].client)
    sent = {"query": request.META.get("QUERY_STRING", ""), "user": request.user.pk}
    context = {
        "app": app,
        "permissions": permissions(scopes),
        "changes": any(not scope.endswith(":read") for scope in scopes),
        "host": urlsplit(asked["redirect_uri"]).netloc,
        "account": request.user,
        "sent": signing.dumps(sent, salt=SALT),
    }
    response = render(request, "administration/consent.html", context)
    # Browsers hold the answer to a form to this policy also where it leads on.
    parts = urlsplit(asked["redirect_uri"])
    response._csp_update = {"form-action": [f"{parts.scheme}://{parts.netloc}"]}  # type: ignore[attr-defined]
    return response


def _answered(request: SignedInRequest) -> HttpResponse:
    """What somebody said on the page. The request of the app is checked once more: much may have changed since."""
    try:
        sent: dict[str, Any] = signing.loads(request.POST.get("sent", ""), salt=SALT, max_age=ANSWERED_WITHIN)
    except signing.BadSignature:
        sent = {}
    if sent.get("user") != request.user.pk:
        return _refusal(
            request, _("This page was open for too long, or for somebody else. Begin anew in the app.")
        )
    parts = parts_of_query(sent["query"])
    scopes, asked = server().validate_authorization_request(*parts)
    asking = asked["request"]
    if request.POST.get("answer") != "allow":
        refused = errors.AccessDeniedError(request=asking)
        return _back(refused.in_uri(asked["redirect_uri"]))
    try:
        services.grant_make(app=app_of(asking.client), user=request.user, scopes=scopes, actor=request.actor)
    except ValidationError as error:
        return _refusal(request, " ".join(error.messages))
    headers, _body, _status = server().create_authorization_response(
        *parts, scopes=scopes, credentials={"user": request.user}
    )
    return _back(headers["Location"])


def _back(address: str) -> HttpResponse:
    """To the app, as a new request without what the form held."""
    response = HttpResponse(status=303)
    response["Location"] = address
    response["Referrer-Policy"] = "no-referrer"
    return response


def _page_of(request: HttpRequest, error: errors.FatalClientError) -> HttpResponse:
    if isinstance(error, errors.InvalidClientIdError | errors.MissingClientIdError):
        return _refusal(request, _("This app is not registered here, or it is switched off."))
    if isinstance(
        error,
        errors.MismatchingRedirectURIError | errors.InvalidRedirectURIError | errors.MissingRedirectURIError,
    ):
        return _refusal(request, _("The app wants to send you to an address that is not registered for it."))
    return _refusal(
        request, _("The request of the app is not right: %(reason)s") % {"reason": error.description}
    )


def _refusal(request: HttpRequest, text: str) -> HttpResponse:
    return render(request, "administration/consent_refused.html", {"text": text}, status=400)
