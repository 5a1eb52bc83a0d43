"""How people sign in: the policy, and the providers that vouch for them."""

from __future__ import annotations

from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from dangol.administration.forms import show_errors
from dangol.administration.signin_forms import FORMS, KIND_NAMES, PolicyForm, ProviderForm, key_of
from dangol.administration.views.access import SignedInRequest, system_administrators_only
from dangol.identity import services
from dangol.identity.models import SignInPolicy, SignInProvider


@require_http_methods(["GET", "HEAD", "POST"])
@system_administrators_only
def policy(request: SignedInRequest) -> HttpResponse:
    """The rules of signing in, with the providers beside them."""
    form = PolicyForm(request.POST if request.method == "POST" else None, policy=SignInPolicy.current())
    if request.method == "POST" and form.is_valid():
        try:
            services.policy_save(actor=request.actor, **form.cleaned_data)
        except ValidationError as error:
            show_errors(form, error)
        else:
            messages.success(request, _("The policy is in force."))
            return redirect("administration:sign-in")
    providers = list(SignInProvider.objects.select_related("app"))
    there = {provider.kind for provider in providers}
    context = {
        "form": form,
        "providers": [{"provider": one, "kind": KIND_NAMES[one.kind]} for one in providers],
        "kinds": [
            {"kind": kind, "name": name}
            for kind, name in KIND_NAMES.items()
            if kind in ("openid_connect", "saml") or kind not in there
        ],
    }
    return render(request, "administration/sign_in.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@system_administrators_only
def provider_new(request: SignedInRequest, provider_kind: str) -> HttpResponse:
    """A new provider of a kind."""
    if provider_kind not in FORMS:
        raise Http404
    initial = {"name": KIND_NAMES[provider_kind]}
    form = FORMS[provider_kind](request.POST if request.method == "POST" else None, initial=initial)
    return _save(request, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
@system_administrators_only
def provider_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """A provider."""
    provider = get_object_or_404(SignInProvider.objects.select_related("app"), pk=pk)
    form = FORMS[provider.kind](request.POST if request.method == "POST" else None, provider=provider)
    return _save(request, form, provider)


@require_POST
@system_administrators_only
def provider_delete(request: SignedInRequest, pk: int) -> HttpResponse:
    """Delete a provider."""
    provider = get_object_or_404(SignInProvider.objects.select_related("app"), pk=pk)
    name = provider.app.name
    try:
        services.provider_delete(provider=provider, actor=request.actor)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("administration:provider", pk=pk)
    messages.success(request, _("%(name)s is deleted.") % {"name": name})
    return redirect("administration:sign-in")


def _save(request: SignedInRequest, form: ProviderForm, provider: SignInProvider | None) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            saved = services.provider_save(
                actor=request.actor,
                kind=form.kind,
                key=provider.key if provider else key_of(form),
                secret=data.get("secret", ""),
                provider=provider,
                name=data["name"],
                client_id=data.get("client_id", ""),
                details=form.details(),
                is_active=data["is_active"],
                makes_accounts=data["makes_accounts"],
                role=data["role"],
                team=data["team"],
                trusts_mail=data["trusts_mail"],
                checks_factor=data["checks_factor"],
            )
        except ValidationError as error:
            show_errors(form, error)
        else:
            messages.success(request, _("%(name)s is saved.") % {"name": saved.app.name})
            return redirect("administration:provider", pk=saved.pk)
    context: dict[str, Any] = {
        "form": form,
        "provider": provider,
        "kind": form.kind,
        "kind_name": KIND_NAMES[form.kind],
        "addresses": _addresses(request, provider) if provider else [],
        "links": SocialAccount.objects.filter(provider=provider.key).count() if provider else 0,
    }
    return render(request, "administration/provider.html", context, status=422 if form.errors else 200)


def _addresses(request: SignedInRequest, provider: SignInProvider) -> list[tuple[str, str]]:
    """What the provider has to be told about us."""
    if provider.kind == "saml":
        slug = [provider.key]
        return [
            (_("Metadata and entity ID"), request.build_absolute_uri(reverse("saml_metadata", args=slug))),
            (_("Answers go to (ACS)"), request.build_absolute_uri(reverse("saml_acs", args=slug))),
        ]
    if provider.kind == "openid_connect":
        address = reverse("openid_connect_callback", args=[provider.key])
    else:
        address = reverse(f"{provider.kind}_callback")
    return [(_("Redirect address"), request.build_absolute_uri(address))]
