"""One's own second factors: authenticator app, passkeys, recovery codes."""

from __future__ import annotations

from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.core.internal.ratelimit import consume_or_429
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView, RemoveWebAuthnView
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from dangol.administration.factor_forms import PasskeyForm, PasskeyNameForm, code_input
from dangol.administration.views.access import SignedInRequest, signed_in
from dangol.identity import second_factor, selectors, services, sessions


@never_cache
@require_safe
@signed_in
def index(request: SignedInRequest) -> HttpResponse:
    """What there is, and what can be added. Two queries."""
    context = {**selectors.factors_of(request.user), "is_missing": second_factor.is_missing(request)}
    return render(request, "mfa/index.html", context)


@require_safe
@signed_in
def keys(request: SignedInRequest) -> HttpResponse:
    """The passkeys stand on the page of all factors."""
    return redirect("mfa_index")


class OwnFactorMixin:
    """For whoever signed in; at most thirty changes a minute; a change is logged and ends all other sessions."""

    request: Any
    act = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Count the request."""
        if request.user.is_authenticated:
            refusal: HttpResponse | None = consume_or_429(
                request, app="allauth.account", action="factor", user=request.user
            )
            if refusal is not None:
                return refusal
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        return answer

    def noted(self, name: str = "") -> None:
        """Log the change and let only this session live on."""
        changed = services.factor_changed(
            user=self.request.user, actor=self.request.actor, act=self.act, name=name
        )
        sessions.keep_only_this(self.request, changed)

    def form_valid(self, form: Any) -> HttpResponse:
        """Do it and note it, or neither."""
        with transaction.atomic():
            answer: HttpResponse = super().form_valid(form)  # type: ignore[misc]
            self.noted(self.name_of(form))
        return answer

    def name_of(self, form: Any) -> str:
        """What the log calls the factor."""
        return ""


@method_decorator(never_cache, name="dispatch")
class AppAddView(OwnFactorMixin, ActivateTOTPView):  # type: ignore[misc]  # allauth is not typed
    """Set up an authenticator app."""

    template_name = "mfa/totp/activate_form.html"
    act = "totp_added"

    def get_form(self, form_class: Any = None) -> Any:
        """The form with our words."""
        form = super().get_form(form_class)
        form.fields["code"].label = _("Code in the app")
        form.fields["code"].widget = code_input()
        return form

    def get_success_url(self) -> str:
        """To the recovery codes, when they were just made."""
        return (
            reverse("mfa_view_recovery_codes") if self.did_generate_recovery_codes else reverse("mfa_index")
        )


class AppRemoveView(OwnFactorMixin, DeactivateTOTPView):  # type: ignore[misc]  # allauth is not typed
    """Take the authenticator app away."""

    template_name = "mfa/totp/deactivate_form.html"
    act = "totp_removed"


@method_decorator(never_cache, name="dispatch")
class PasskeyAddView(OwnFactorMixin, AddWebAuthnView):  # type: ignore[misc]  # allauth is not typed
    """Set up a passkey."""

    form_class = PasskeyForm
    template_name = "mfa/webauthn/add_form.html"
    act = "passkey_added"

    def name_of(self, form: Any) -> str:
        """As the user calls it."""
        return str(form.cleaned_data["name"])


class PasskeyRemoveView(OwnFactorMixin, RemoveWebAuthnView):  # type: ignore[misc]  # allauth is not typed
    """Take a passkey away."""

    template_name = "mfa/webauthn/authenticator_confirm_delete.html"
    act = "passkey_removed"

    def get_success_url(self) -> str:
        """Back to all factors."""
        return reverse("mfa_index")

    def form_valid(self, form: Any) -> HttpResponse:
        """The name is read before the passkey is gone."""
        self.removed_name = self.get_object().wrap().name
        return super().form_valid(form)

    def name_of(self, form: Any) -> str:
        """As the user called it."""
        return str(self.removed_name)


class CodesNewView(OwnFactorMixin, GenerateRecoveryCodesView):  # type: ignore[misc]  # allauth is not typed
    """Make new recovery codes; the old ones stop working."""

    template_name = "mfa/recovery_codes/generate.html"
    act = "codes_made"


@method_decorator(never_cache, name="dispatch")
class CodesView(ViewRecoveryCodesView):  # type: ignore[misc]  # allauth is not typed
    """The recovery codes, readable once."""

    template_name = "mfa/recovery_codes/index.html"


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@reauthentication_required(app="allauth.mfa")  # type: ignore[untyped-decorator]
def key_rename(request: SignedInRequest, pk: int) -> HttpResponse:
    """Call a passkey by another name."""
    key = get_object_or_404(Authenticator, pk=pk, user=request.user, type=Authenticator.Type.WEBAUTHN)
    form = PasskeyNameForm(
        request.POST if request.method == "POST" else None, initial={"name": key.data["name"]}
    )
    if request.method == "POST" and form.is_valid():
        key.data["name"] = form.cleaned_data["name"]
        key.save(update_fields=["data"])
        messages.success(request, _("%(name)s is saved.") % {"name": form.cleaned_data["name"]})
        return HttpResponseRedirect(reverse("mfa_index"))
    status = 422 if form.errors else 200
    return render(request, "mfa/webauthn/edit_form.html", {"form": form, "key": key}, status=status)
