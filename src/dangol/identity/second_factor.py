"""Who must have a second factor, and what happens until they have one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from allauth.mfa.models import Authenticator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from dangol.identity import sessions
from dangol.identity.actors import Actor, may_administer
from dangol.identity.backends import FACTOR_TYPES
from dangol.identity.middleware import SEEING, GetResponse, is_for_programs, problem
from dangol.identity.models import FactorRule, SessionRules, User

OPEN_WHILE_MISSING: Final = frozenset(
    {
        "mfa_index",
        "mfa_activate_totp",
        "mfa_list_webauthn",
        "mfa_add_webauthn",
        "account_reauthenticate",
        "mfa_reauthenticate",
        "account_logout",
    }
)
"""The pages on which a second factor is set up, and the way out."""


def applies_to(rules: SessionRules, actor: Actor) -> bool:
    """Must this actor have a second factor. Who looks through another's eyes is an administrator still."""
    if rules.second_factor == FactorRule.EVERYONE:
        return True
    administers = may_administer(actor) or actor.seen_by is not None
    return rules.second_factor == FactorRule.ADMINISTRATORS and administers


def is_missing(request: HttpRequest) -> bool:
    """Must whoever signed in by this session set up a second factor first.

    Programs that come by token have none and need none: a token is made by somebody who had to show one.
    """
    actor: Actor | None = getattr(request, "actor", None)
    user = request.user
    if actor is None or getattr(request, "by_token", False) or not isinstance(user, User):
        return False
    if not applies_to(sessions.rules_of(user), actor) or request.session.get(sessions.FACTOR_ELSEWHERE):
        return False
    has_one = getattr(user, "has_second_factor", None)
    if has_one is None:
        has_one = Authenticator.objects.filter(user_id=user.pk, type__in=FACTOR_TYPES).exists()
    return not has_one


class SecondFactorMiddleware:
    """Lets nobody past who must have a second factor and has none: pages lead to where it is set up, the API answers
    403. Place it after ``SignInRequiredMiddleware``. Costs no query.
    """

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Refuse the view while the second factor is missing, unless it is open to all or sets one up."""
        if not getattr(view, "login_required", True) or not is_missing(request):
            return None
        # Who has to set up a second factor does so as oneself.
        request.session.pop(SEEING, None)
        match = request.resolver_match
        if match is not None and match.view_name in OPEN_WHILE_MISSING:
            request.is_confined = True  # type: ignore[attr-defined]
            return None
        if is_for_programs(request.path):
            return problem(
                status=403,
                code="second_factor_needed",
                title=_("Not allowed"),
                detail=_("Set up a second factor first, under “My profile”."),
            )
        address = reverse("mfa_index")
        if request.headers.get("HX-Request") == "true":
            response = HttpResponse(status=204)
            response["HX-Redirect"] = address
            return response
        return HttpResponseRedirect(address)
