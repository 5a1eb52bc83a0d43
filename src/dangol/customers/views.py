"""Noting down what a customer says to being addressed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from dangol.customers.forms import ConsentForm
from dangol.customers.models import ConsentChannel, ConsentPurpose
from dangol.identity.actors import Actor
from dangol.records import permissions, registry, writing
from dangol.records.fields import Locale
from dangol.records.lists import record_get


@require_http_methods(["GET", "HEAD", "POST"])
def consent_add(request: HttpRequest) -> HttpResponse:
    """GET asks what was said and how it can be shown; POST adds it to the ledger – a withdrawal by one click."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    ledger = registry.get("consent")
    if not permissions.allowed(actor, ledger, "create"):
        raise Http404
    form = ConsentForm(request.POST if request.method == "POST" else None, initial=request.GET.dict())
    given = request.POST if request.method == "POST" else request.GET
    whose = "contact" if given.get("contact", "").isdigit() else "customer"
    number = given.get(whose, "")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise Http404
    record_type = registry.get(whose)
    record = record_get(
        actor=actor, record_type=record_type, record_id=int(number), columns=[record_type.title]
    )
    if record is None:
        raise Http404
    back = f"/{record_type.path}/{number}/"
    purpose = ConsentPurpose.objects.filter(code=given.get("purpose", "")[:40], is_active=True).first()
    if purpose is None:
        raise Http404
    if request.method == "POST" and form.is_valid() and _added(form, actor, purpose):
        messages.success(request, _("It stands in the ledger."))
        return redirect(back)
    wording = purpose.wordings.order_by("since", "number").last()
    context = {
        "form": form,
        "title": record_type.title_field.text(record[record_type.title], Locale(actor.language)),
        "purpose": purpose,
        "purpose_name": (purpose.name_en if actor.language == "en" else "") or purpose.name,
        "channel": dict(ConsentChannel.choices).get(given.get("channel", ""), ""),
        "wording": (wording.text_en if actor.language == "en" and wording.text_en else wording.text)
        if wording
        else "",
        "back": back,
    }
    return render(request, "customers/consent.html", context, status=422 if form.errors else 200)


def _added(form: ConsentForm, actor: Actor, purpose: ConsentPurpose) -> bool:
    """Whether it went in; what is wrong stands in the form."""
    values: dict[str, Any] = {
        name: value for name, value in form.cleaned_data.items() if value not in ("", None)
    }
    values["purpose"] = purpose.pk
    try:
        writing.create(registry.get("consent"), values, actor=actor)
    except writing.Missing:
        raise Http404 from None
    except writing.WriteError as problem:
        for error in problem.errors:
            form.add_error(error.field if error.field in form.fields else None, str(error.message))
        return False
    return True
