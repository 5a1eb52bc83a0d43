"""Own objects: which there are, new ones, changes, switching off, removal."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dangol.administration.forms import show_errors
from dangol.administration.objects import OwnObjectForm
from dangol.administration.views.access import SignedInRequest, administrators_only
from dangol.administration.views.own_fields import THERE as FIELDS_THERE
from dangol.identity.models import Action, Grant
from dangol.identity.models.roles import EVERY_TYPE
from dangol.records.models import ObjectState, OwnField, OwnObject
from dangol.records.objects import services

THERE = (ObjectState.ACTIVE, ObjectState.INACTIVE)


@require_safe
@administrators_only
def object_list(request: SignedInRequest) -> HttpResponse:
    """All own objects in the order of the menu, with how many fields each has."""
    counted = (
        OwnField.objects.filter(state__in=FIELDS_THERE)
        .values_list("record_type")
        .annotate(number=Count("pk"))
    )
    counts = dict(counted.order_by())
    rows = [
        {"object": item, "fields": counts.get(item.name, 0)}
        for item in OwnObject.objects.exclude(state=ObjectState.DELETED)
    ]
    return render(request, "administration/objects.html", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def object_new(request: SignedInRequest) -> HttpResponse:
    """A new own object; its fields come next."""
    form = OwnObjectForm(request.POST if request.method == "POST" else None, definition=None)
    if request.method == "POST" and form.is_valid():
        try:
            definition = services.create(
                actor=request.actor, name=form.cleaned_data["name"], **form.options()
            )
        except ValidationError as error:
            show_errors(form, error)
        else:
            messages.success(request, _("%(name)s is saved.") % {"name": definition})
            return redirect("administration:object", definition.pk)
    return _page(request, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def object_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """One own object: what it is called and can do, and where to go on from here."""
    definition = get_object_or_404(OwnObject, pk=pk, state__in=THERE)
    form = OwnObjectForm(request.POST if request.method == "POST" else None, definition=definition)
    if request.method == "POST" and form.is_valid():
        try:
            definition = services.change(actor=request.actor, definition=definition, **form.options())
        except ValidationError as error:
            show_errors(form, error)
        else:
            messages.success(request, _("%(name)s is saved.") % {"name": definition})
            return redirect("administration:object", pk)
    return _page(request, form, definition)


@require_POST
@administrators_only
def object_move(request: SignedInRequest, pk: int) -> HttpResponse:
    """One place up or down in the menu."""
    ids = list(OwnObject.objects.filter(state__in=THERE).values_list("pk", flat=True))
    if pk in ids:
        place = ids.index(pk)
        other = place + (-1 if request.POST.get("step") == "up" else 1)
        if 0 <= other < len(ids):
            ids[place], ids[other] = ids[other], ids[place]
            services.order(actor=request.actor, ids=ids)
    return redirect("administration:objects")


@require_POST
@administrators_only
def object_switch(request: SignedInRequest, pk: int) -> HttpResponse:
    """Off every page, or back."""
    definition = get_object_or_404(OwnObject, pk=pk, state__in=THERE)
    try:
        services.switch(
            actor=request.actor, definition=definition, active=definition.state == ObjectState.INACTIVE
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("%(name)s is saved.") % {"name": definition})
    return redirect("administration:object", pk)


@require_POST
@administrators_only
def object_delete(request: SignedInRequest, pk: int) -> HttpResponse:
    """Delete an object with its records; one that has any only by its name."""
    definition = get_object_or_404(OwnObject, pk=pk, state__in=THERE)
    try:
        services.delete(
            actor=request.actor, definition=definition, confirmed=request.POST.get("confirmed", "")
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("administration:object", pk)
    messages.success(request, _("%(name)s is deleted.") % {"name": definition})
    return redirect("administration:objects")


def _page(request: SignedInRequest, form: OwnObjectForm, definition: OwnObject | None) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "object": definition}
    if definition is not None:
        fields = OwnField.objects.filter(record_type=definition.name, state__in=FIELDS_THERE)
        seen = Q(record_type__in=(definition.name, EVERY_TYPE), action=Action.VIEW)
        context |= {
            "held": services.held(definition),
            "fields": fields.count(),
            "roles": Grant.objects.filter(seen).values("role").distinct().count(),
            "active": definition.state == ObjectState.ACTIVE,
        }
    return render(request, "administration/object.html", context, status=422 if form.errors else 200)
