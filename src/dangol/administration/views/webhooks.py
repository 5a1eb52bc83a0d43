"""Webhooks: who is told of what, what was sent, and what came of it."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dangol.administration.forms import show_errors
from dangol.administration.views.access import SignedInRequest, administrators_only
from dangol.administration.webhook_forms import ReplayForm, WebhookForm
from dangol.integrations import selectors, services
from dangol.integrations.models import DeliveryState, WebhookEndpoint

PER_PAGE = 30
WHY_STOPPED = {
    "failing": gettext_lazy("It has failed for five days."),
    "gone": gettext_lazy("The receiver says that it is gone (410)."),
    "owner": gettext_lazy("The person whose rights it uses is deactivated."),
    "secret": gettext_lazy("Its secret cannot be opened any more. Make a new one."),
}
TONES = {
    DeliveryState.SENT.value: "p",
    DeliveryState.FAILED.value: "r",
    DeliveryState.PENDING.value: "b",
    DeliveryState.SKIPPED.value: "",
}


@require_safe
@administrators_only
def webhook_list(request: SignedInRequest) -> HttpResponse:
    """All webhooks. One query."""
    rows = [(one, one.pk) for one in selectors.endpoints_counted()]
    return render(request, "administration/webhooks.html", {"rows": rows})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def webhook_new(request: SignedInRequest) -> HttpResponse:
    """A new webhook; its secret stands in the answer to this one request."""
    form = WebhookForm(request.POST if request.method == "POST" else None, actor=request.actor, endpoint=None)
    if request.method == "POST" and form.is_valid():
        try:
            made, secret = services.endpoint_save(actor=request.actor, **form.cleaned_data)
        except ValidationError as error:
            show_errors(form, error)
        else:
            return render(
                request,
                "administration/webhook_secret.html",
                {"endpoint": made, "secret": secret, "new": True},
            )
    context = {"form": form, "endpoint": None}
    return render(request, "administration/webhook.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def webhook(request: SignedInRequest, webhook_id: int) -> HttpResponse:
    """A webhook with its log. Five queries."""
    endpoint = _found(webhook_id)
    form = WebhookForm(
        request.POST if request.method == "POST" else None, actor=request.actor, endpoint=endpoint
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.endpoint_save(actor=request.actor, endpoint=endpoint, **form.cleaned_data)
        except ValidationError as error:
            show_errors(form, error)
        else:
            messages.success(request, _("The webhook is saved."))
            return redirect("administration:webhook", webhook_id=endpoint.pk)
    state = request.GET.get("state", "")
    state = state if state in DeliveryState.values else ""
    page = Paginator(selectors.deliveries(endpoint, state=state), PER_PAGE).get_page(request.GET.get("page"))
    tabs = [{"label": _("All"), "url": "?", "on": not state}]
    tabs += [
        {"label": choice.label, "url": f"?state={choice.value}", "on": state == choice.value}
        for choice in DeliveryState
    ]
    context = {
        "form": form,
        "endpoint": endpoint,
        "page": page,
        "rows": [(one, DeliveryState(one.state).label, TONES[one.state]) for one in page.object_list],
        "tabs": tabs,
        "state": state,
        "why_stopped": WHY_STOPPED.get(endpoint.stopped_why, ""),
        "replay": ReplayForm(initial={"since": timezone.localtime() - timedelta(hours=1)}),
    }
    return render(request, "administration/webhook.html", context, status=422 if form.errors else 200)


@never_cache
@require_POST
@administrators_only
def webhook_secret(request: SignedInRequest, webhook_id: int) -> HttpResponse:
    """A new secret, shown this once."""
    endpoint = _found(webhook_id)
    secret = services.secret_rotate(endpoint=endpoint, actor=request.actor)
    context = {"endpoint": endpoint, "secret": secret, "new": False}
    return render(request, "administration/webhook_secret.html", context)


@require_POST
@administrators_only
def webhook_test(request: SignedInRequest, webhook_id: int) -> HttpResponse:
    """Send a test."""
    endpoint = _found(webhook_id)
    try:
        services.endpoint_test(endpoint=endpoint, actor=request.actor)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("The test is on its way; it stands in the log below."))
    return redirect("administration:webhook", webhook_id=endpoint.pk)


@require_POST
@administrators_only
def webhook_start(request: SignedInRequest, webhook_id: int) -> HttpResponse:
    """Start it again."""
    endpoint = _found(webhook_id)
    try:
        services.endpoint_start(endpoint=endpoint, actor=request.actor)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("The webhook works again; what has waited goes out."))
    return redirect("administration:webhook", webhook_id=endpoint.pk)


@require_POST
@administrators_only
def webhook_delete(request: SignedInRequest, webhook_id: int) -> HttpResponse:
    """Take it away, with its messages."""
    endpoint = _found(webhook_id)
    name = endpoint.name
    services.endpoint_delete(endpoint=endpoint, actor=request.actor)
    messages.success(request, _("%(name)s is deleted.") % {"name": name})
    return redirect("administration:webhooks")


@require_POST
@administrators_only
def webhook_replay(request: SignedInRequest, webhook_id: int) -> HttpResponse:
    """Send one message once more, or all since a moment."""
    endpoint = _found(webhook_id)
    one = request.POST.get("message", "")
    form = ReplayForm(request.POST)
    try:
        if one.isascii() and one.isdigit() and len(one) < 19:
            count = services.deliveries_replay(endpoint=endpoint, actor=request.actor, ids=[int(one)])
        elif form.is_valid():
            count = services.deliveries_replay(
                endpoint=endpoint,
                actor=request.actor,
                since=form.cleaned_data["since"],
                failed_only=not form.cleaned_data["everything"],
            )
        else:
            raise ValidationError(_("Say since when."))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Messages that are sent once more: %(count)s") % {"count": count})
    return redirect("administration:webhook", webhook_id=endpoint.pk)


def _found(webhook_id: int) -> WebhookEndpoint:
    if webhook_id >= 2**63:
        raise Http404
    found = selectors.endpoint_named(webhook_id)
    if found is None:
        raise Http404
    return found
