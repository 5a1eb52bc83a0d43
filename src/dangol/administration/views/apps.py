"""Programs of others: which there are, what they may ask for, who lets them act."""

from __future__ import annotations

from allauth.idp.oidc.models import Client
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dangol.administration.app_forms import AppForm
from dangol.administration.forms import show_errors
from dangol.administration.scope_words import permissions
from dangol.administration.views.access import SignedInRequest, administrators_only
from dangol.identity import selectors, services
from dangol.identity.models import App

PER_PAGE = 50


@require_safe
@administrators_only
def app_list(request: SignedInRequest) -> HttpResponse:
    """All apps. One query."""
    rows = [(one, permissions(one.client.get_scopes())) for one in selectors.apps()]
    return render(request, "administration/apps.html", {"rows": rows})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def app_new(request: SignedInRequest) -> HttpResponse:
    """A new app; its secret stands in the answer to this one request."""
    form = AppForm(request.POST if request.method == "POST" else None, app=None)
    if request.method == "POST" and form.is_valid():
        is_public = form.cleaned_data["kind"] == Client.Type.PUBLIC
        try:
            made, secret = services.app_save(actor=request.actor, is_public=is_public, **form.values())
        except ValidationError as error:
            show_errors(form, error)
        else:
            return render(request, "administration/app_secret.html", {"app": made, "secret": secret})
    context = {"form": form, "app": None}
    return render(request, "administration/app.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def app(request: SignedInRequest, app_id: int) -> HttpResponse:
    """An app, with who lets it act. Three queries."""
    found = _found(app_id)
    form = AppForm(request.POST if request.method == "POST" else None, app=found)
    if request.method == "POST" and form.is_valid():
        try:
            services.app_save(actor=request.actor, app=found, **form.values())
        except ValidationError as error:
            show_errors(form, error)
        else:
            messages.success(request, _("The app is saved."))
            return redirect("administration:app", app_id=found.pk)
    page = Paginator(selectors.grants_to(found), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "app": found,
        "page": page,
        "rows": [(grant, permissions(grant.scopes or ())) for grant in page.object_list],
    }
    return render(request, "administration/app.html", context, status=422 if form.errors else 200)


@never_cache
@require_POST
@administrators_only
def app_secret(request: SignedInRequest, app_id: int) -> HttpResponse:
    """A new secret, shown this once."""
    found = _found(app_id)
    try:
        secret = services.secret_renew(app=found, actor=request.actor)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("administration:app", app_id=found.pk)
    return render(request, "administration/app_secret.html", {"app": found, "secret": secret})


@require_POST
@administrators_only
def app_switch(request: SignedInRequest, app_id: int) -> HttpResponse:
    """Switch it on or off."""
    found = _found(app_id)
    on = not found.is_active
    services.app_switch(app=found, actor=request.actor, on=on)
    text = (
        _("“%(name)s” is switched on.")
        if on
        else _("“%(name)s” is switched off; none of its tokens is good.")
    )
    messages.success(request, text % {"name": found})
    return redirect("administration:app", app_id=found.pk)


@require_POST
@administrators_only
def app_delete(request: SignedInRequest, app_id: int) -> HttpResponse:
    """Take it away, with all that people let it do."""
    found = _found(app_id)
    name = str(found)
    services.app_delete(app=found, actor=request.actor)
    messages.success(request, _("%(name)s is deleted.") % {"name": name})
    return redirect("administration:apps")


@require_POST
@administrators_only
def grant_revoke(request: SignedInRequest, app_id: int, token_id: int) -> HttpResponse:
    """Let the app act for this person no more."""
    found = _found(app_id)
    grant = selectors.grants_to(found).filter(pk=token_id).first() if token_id < 2**63 else None
    if grant is None:
        raise Http404
    services.token_revoke(token=grant, actor=request.actor)
    text = _("“%(name)s” cannot act for %(person)s any more.")
    messages.success(request, text % {"name": found, "person": grant.user.name})
    return redirect("administration:app", app_id=found.pk)


def _found(app_id: int) -> App:
    found = selectors.apps().filter(pk=app_id).first() if app_id < 2**63 else None
    if found is None:
        raise Http404
    return found
