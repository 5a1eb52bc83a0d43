"""My profile: what everybody sets for themselves."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from dangol.administration.forms import PasswordForm, ProfileForm, TokenForm, show_errors
from dangol.administration.scope_words import permissions
from dangol.administration.views.access import SignedInRequest, signed_in
from dangol.administration.views.sessions import rows
from dangol.identity import selectors, services, sessions


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def profile(request: SignedInRequest) -> HttpResponse:
    """Name, language, time zone and theme; below them password, sessions and tokens."""
    user = request.user
    form = ProfileForm(request.POST if request.method == "POST" else None, user=user)
    if request.method == "POST" and form.is_valid():
        try:
            services.user_update(user=user, actor=request.actor, **form.cleaned_data)
        except ValidationError as error:
            show_errors(form, error)
        else:
            with translation.override(form.cleaned_data["language"]):
                messages.success(request, _("Your profile is saved."))
            return redirect("administration:profile")
    context = {
        "form": form,
        "account": user,
        "tokens": selectors.tokens_of(user),
        "apps": [(grant, permissions(grant.scopes or ())) for grant in selectors.grants_of(user)],
        "sessions": rows(user, request.session.session_key),
        "accounts": selectors.accounts_of(user),
        **selectors.factor_kinds(user),
    }
    return render(request, "administration/profile.html", context, status=422 if form.errors else 200)


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def password(request: SignedInRequest) -> HttpResponse:
    """A new password; every other session of the user ends."""
    user = request.user
    form = PasswordForm(request.POST if request.method == "POST" else None, user=user)
    if request.method == "POST" and form.is_valid():
        try:
            changed = services.user_set_password(
                user=user, password=form.cleaned_data["password"], actor=request.actor
            )
        except ValidationError as error:
            show_errors(form, error)
        else:
            sessions.keep_only_this(request, changed)
            messages.success(request, _("The new password is in force. Other devices have been signed out."))
            return redirect("administration:profile")
    return render(request, "administration/password.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
@signed_in
def sessions_end(request: SignedInRequest) -> HttpResponse:
    """Sign out on every other device."""
    changed = services.user_end_sessions(user=request.user, actor=request.actor)
    sessions.keep_only_this(request, changed)
    messages.success(request, _("All other devices have been signed out."))
    return redirect("administration:profile")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def token_new(request: SignedInRequest) -> HttpResponse:
    """A new API token; its text stands in the answer to this one request and nowhere else."""
    form = TokenForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            token, text = services.token_create(
                user=request.user,
                name=form.cleaned_data["name"],
                actions=form.actions(),
                expires_at=form.expires_at(),
                **form.limits(),
                actor=request.actor,
            )
        except ValidationError as error:
            show_errors(form, error)
        else:
            return render(request, "administration/token_made.html", {"token": token, "text": text})
    return render(
        request, "administration/token_new.html", {"form": form}, status=422 if form.errors else 200
    )


@require_POST
@signed_in
def token_revoke(request: SignedInRequest, pk: int) -> HttpResponse:
    """End one of one's own tokens."""
    token = get_object_or_404(request.user.tokens.select_related("user"), pk=pk)
    services.token_revoke(token=token, actor=request.actor)
    messages.success(request, _("The token “%(name)s” is revoked.") % {"name": token.name})
    return redirect("administration:profile")


@require_POST
@signed_in
def grant_revoke(request: SignedInRequest, pk: int) -> HttpResponse:
    """Let an app act for oneself no more."""
    grant = get_object_or_404(selectors.grants_of(request.user), pk=pk)
    services.token_revoke(token=grant, actor=request.actor)
    messages.success(request, _("“%(name)s” has no access any more.") % {"name": grant.name})
    return redirect("administration:profile")
