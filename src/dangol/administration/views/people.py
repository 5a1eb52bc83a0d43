"""Users, as those who administer see them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dangol.administration.forms import UserForm, show_errors
from dangol.administration.views.access import SignedInRequest, administrators_only
from dangol.administration.views.sessions import rows
from dangol.identity import policies, selectors, services
from dangol.identity.models import User

PER_PAGE = 50
STATES = {"active": True, "deactivated": False, "all": None}


@require_safe
@administrators_only
def user_list(request: SignedInRequest) -> HttpResponse:
    """Users by name, found by part of name or address."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    state = request.GET.get("state", "active")
    if state not in STATES:
        state = "active"
    page = Paginator(selectors.users(text=text, active=STATES[state]), PER_PAGE).get_page(
        request.GET.get("page")
    )
    return render(request, "administration/users.html", {"page": page, "q": text, "state": state})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def user_new(request: SignedInRequest) -> HttpResponse:
    """A new user; the first password is made here and shown once."""
    form = _form(request)
    if request.method == "POST" and form.is_valid():
        password = services.password_generate()
        try:
            user = services.user_create(actor=request.actor, password=password, **form.cleaned_data)
        except ValidationError as error:
            show_errors(form, error)
        else:
            return _password_page(request, user, password, fresh=True)
    return _page(request, form)


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def user_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """A user: data, place, roles; below them what else can be done."""
    user = get_object_or_404(User.objects.select_related("team", "territory"), pk=pk)
    form = _form(request, user)
    if request.method == "POST" and form.is_valid():
        try:
            services.user_update(user=user, actor=request.actor, **form.cleaned_data)
        except ValidationError as error:
            show_errors(form, error)
        else:
            messages.success(request, _("%(name)s is saved.") % {"name": form.cleaned_data["name"]})
            return redirect("administration:users")
    return _page(request, form, user)


@never_cache
@require_POST
@administrators_only
def user_password(request: SignedInRequest, pk: int) -> HttpResponse:
    """Make a new password for somebody who forgot theirs, and show it once."""
    user = get_object_or_404(User, pk=pk)
    password = services.password_generate()
    services.user_set_password(user=user, password=password, actor=request.actor)
    return _password_page(request, user, password, fresh=False)


@require_POST
@administrators_only
def user_deactivate(request: SignedInRequest, pk: int) -> HttpResponse:
    """Shut somebody out."""
    user = get_object_or_404(User, pk=pk)
    try:
        services.user_deactivate(user=user, actor=request.actor)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("administration:user", pk=pk)
    messages.success(request, _("%(name)s cannot sign in any more.") % {"name": user.name})
    return redirect("administration:users")


@require_POST
@administrators_only
def user_activate(request: SignedInRequest, pk: int) -> HttpResponse:
    """Let somebody in again."""
    user = get_object_or_404(User, pk=pk)
    services.user_activate(user=user, actor=request.actor)
    messages.success(request, _("%(name)s can sign in again.") % {"name": user.name})
    return redirect("administration:user", pk=pk)


def _form(request: SignedInRequest, user: User | None = None) -> UserForm:
    return UserForm(
        request.POST if request.method == "POST" else None,
        user=user,
        may_make_administrators=request.actor.is_administrator,
    )


def _page(request: SignedInRequest, form: UserForm, user: User | None = None) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "account": user}
    if user is not None:
        context["may_change"] = policies.can_change_user(request.actor, user)
        context["may_see_as"] = (
            request.actor.is_administrator and user.is_active and not user.is_administrator
        )
        context["sessions"] = rows(user, None)
        context |= selectors.factor_kinds(user)
        context["is_self"] = user.pk == request.actor.user_id
    return render(request, "administration/user.html", context, status=422 if form.errors else 200)


def _password_page(request: SignedInRequest, user: User, password: str, *, fresh: bool) -> HttpResponse:
    context = {"account": user, "password": password, "fresh": fresh}
    return render(request, "administration/user_password.html", context)
