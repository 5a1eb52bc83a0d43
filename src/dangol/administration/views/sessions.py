"""Where somebody is signed in: one's own devices, and, for those who administer, everybody's."""

from __future__ import annotations

from typing import Any

from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dangol.administration.labels import device_label
from dangol.administration.views.access import SignedInRequest, administrators_only, signed_in
from dangol.identity import selectors, services
from dangol.identity.models import User


def rows(user: User, this: str | None) -> list[dict[str, Any]]:
    """The devices of a user, the last used first. `this`: the session key of whoever looks. Two queries."""
    return [
        {
            "session": session,
            "device": device_label(session.user_agent),
            "is_this": session.session_key == this,
        }
        for session in selectors.sessions_of(user)
    ]


@require_POST
@signed_in
def session_end(request: SignedInRequest, pk: int) -> HttpResponse:
    """Sign out on one of one's own devices; on this one, too."""
    session = get_object_or_404(UserSession.objects.select_related("user"), pk=pk, user=request.user)
    is_this = session.session_key == request.session.session_key
    services.session_end(session=session, actor=request.actor)
    if is_this:
        logout(request)
        return redirect("account_login")
    messages.success(request, _("That device has been signed out."))
    return redirect("administration:profile")


@require_POST
@signed_in
def account_disconnect(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take away one's own link to a provider, unless it is the only way in."""
    account = get_object_or_404(SocialAccount.objects.select_related("user"), pk=pk, user=request.user)
    if not request.user.has_usable_password():
        messages.error(request, _("You have no password: this is your only way in."))
        return redirect("administration:profile")
    services.account_disconnect(account=account, actor=request.actor)
    messages.success(request, _("It does not sign you in any more."))
    return redirect("administration:profile")


@require_POST
@administrators_only
def user_sessions_end(request: SignedInRequest, pk: int) -> HttpResponse:
    """Sign somebody out on all devices."""
    user = get_object_or_404(User, pk=pk)
    services.user_end_sessions(user=user, actor=request.actor)
    messages.success(request, _("%(name)s has been signed out everywhere.") % {"name": user.name})
    return redirect("administration:user", pk=pk)


@require_POST
@administrators_only
def user_factors_reset(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take the second factors from somebody who lost them."""
    user = get_object_or_404(User, pk=pk)
    services.factors_reset(user=user, actor=request.actor)
    messages.success(request, _("%(name)s can set up a second factor anew.") % {"name": user.name})
    return redirect("administration:user", pk=pk)
