"""Own fields: which there are, new ones, changes, indexes, removal."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dangol.administration.fields import TONES, OwnFieldForm
from dangol.administration.forms import show_errors
from dangol.administration.views.access import SignedInRequest, administrators_only
from dangol.records import registry, widgets
from dangol.records.fields import Locale
from dangol.records.models import OwnField, OwnKind, OwnState
from dangol.records.own import definitions, indexing, services, usage
from dangol.records.types import RecordType

ICONS = {
    OwnKind.TEXT: "forms", OwnKind.LONG_TEXT: "note", OwnKind.INTEGER: "numbers", OwnKind.NUMBER: "decimal",
    OwnKind.MONEY: "coin", OwnKind.PERCENT: "discount", OwnKind.DATE: "calendar",
    OwnKind.DATETIME: "clock", OwnKind.BOOLEAN: "checkbox", OwnKind.CHOICE: "list", OwnKind.MULTI_CHOICE: "checklist",
    OwnKind.REFERENCE: "link", OwnKind.PHONE: "phone", OwnKind.EMAIL: "mail", OwnKind.URL: "world",
    OwnKind.BUSINESS_NUMBER: "id",
}  # fmt: skip
THERE = (OwnState.ACTIVE, OwnState.INACTIVE, OwnState.DELETING)


@require_safe
@administrators_only
def type_list(request: SignedInRequest) -> HttpResponse:
    """All types of records, with how many own fields each has."""
    counted = OwnField.objects.filter(state__in=THERE).values_list("record_type").annotate(number=Count("pk"))
    counts = dict(counted.order_by())
    rows = [
        {"type": item, "count": counts.get(item.name, 0), "built_in": len(item.fields) - len(item.own_fields)}
        for item in _types()
    ]
    return render(request, "administration/field_types.html", {"rows": rows})


@require_safe
@administrators_only
def field_list(request: SignedInRequest, record_type: str) -> HttpResponse:
    """The own fields of one type in the order of its forms."""
    found = _type(record_type)
    used = usage.usage(record_type)
    rows = []
    for definition in OwnField.objects.filter(record_type=record_type, state__in=THERE):
        share = used.shares.get(definition.name, 0.0)
        lacking = definition.required and definition.state == OwnState.ACTIVE and share < 1 and used.records
        rows.append(
            {
                "field": definition,
                "percent": round(share * 100),
                "kind": OwnKind(definition.kind).label,
                "icon": ICONS.get(OwnKind(definition.kind), "forms"),
                "progress": indexing.progress(definition) if definition.index_state == "building" else None,
                "lacking_url": f"/{found.path}/?" + urlencode({"filter": f"{definition.name} is empty"})
                if lacking
                else "",
            }
        )
    context = {
        "type": found,
        "rows": rows,
        "records": used.records,
        "indexes": services.indexes_of(record_type),
        "most_indexes": services.MOST_INDEXES,
    }
    return render(request, "administration/field_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def field_new(request: SignedInRequest, record_type: str) -> HttpResponse:
    """First the kind is chosen, then what belongs to it is entered."""
    found = _type(record_type)
    kind = request.GET.get("kind", "")
    if kind not in OwnKind.values:
        kinds = [(item.value, item.label, ICONS.get(item, "forms")) for item in OwnKind]
        return render(request, "administration/field_kinds.html", {"type": found, "kinds": kinds})
    form = OwnFieldForm(request.POST if request.method == "POST" else None, kind=kind, definition=None)
    if request.method == "POST" and form.is_valid():
        try:
            definition = services.create(
                actor=request.actor,
                record_type=record_type,
                kind=kind,
                name=form.cleaned_data["name"],
                **form.options(),
            )
        except ValidationError as error:
            show_errors(form, error)
        else:
            messages.success(request, _("%(name)s is saved.") % {"name": definition})
            return redirect("administration:fields", record_type)
    return _page(request, form, found, None)


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def field_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """One own field: what it is called, what it takes, its index."""
    definition = get_object_or_404(OwnField, pk=pk, state__in=THERE)
    found = _type(definition.record_type)
    form = OwnFieldForm(
        request.POST if request.method == "POST" else None, kind=definition.kind, definition=definition
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.change(actor=request.actor, definition=definition, **form.options())
        except ValidationError as error:
            show_errors(form, error)
        else:
            messages.success(request, _("%(name)s is saved.") % {"name": form.cleaned_data["label_ko"]})
            return redirect("administration:fields", definition.record_type)
    return _page(request, form, found, definition)


@require_POST
@administrators_only
def field_preview(request: SignedInRequest, record_type: str) -> HttpResponse:
    """The widget as the form would show it, of what stands in the page now."""
    found = _type(record_type)
    kind = request.GET.get("kind", "")
    if kind not in OwnKind.values:
        raise Http404
    form = OwnFieldForm(request.POST, kind=kind, definition=None)
    form.is_valid()
    return render(request, "administration/field_preview.html", {"preview": _preview(request, form, found)})


@require_POST
@administrators_only
def field_move(request: SignedInRequest, pk: int) -> HttpResponse:
    """One place up or down."""
    definition = get_object_or_404(OwnField, pk=pk)
    rows = OwnField.objects.filter(Q(state__in=THERE), record_type=definition.record_type)
    ids = list(rows.values_list("pk", flat=True))
    if pk in ids:
        place = ids.index(pk)
        other = place + (-1 if request.POST.get("step") == "up" else 1)
        if 0 <= other < len(ids):
            ids[place], ids[other] = ids[other], ids[place]
            services.order(actor=request.actor, record_type=definition.record_type, ids=ids)
    return redirect("administration:fields", definition.record_type)


@require_POST
@administrators_only
def field_switch(request: SignedInRequest, pk: int) -> HttpResponse:
    """Off every page, or back."""
    definition = get_object_or_404(OwnField, pk=pk, state__in=THERE)
    return _done(
        request,
        definition,
        services.switch,
        active=definition.state == OwnState.INACTIVE,
        text=_("%(name)s is saved."),
    )


@require_POST
@administrators_only
def field_index(request: SignedInRequest, pk: int) -> HttpResponse:
    """Have an index built, or with `drop` dropped."""
    definition = get_object_or_404(OwnField, pk=pk, state__in=THERE)
    if "drop" in request.POST:
        return _done(
            request, definition, services.make_slow, text=_("The index of %(name)s is being dropped.")
        )
    return _done(request, definition, services.make_fast, text=_("The index of %(name)s is being built."))


@require_POST
@administrators_only
def field_delete(request: SignedInRequest, pk: int) -> HttpResponse:
    """Delete a field; its values go in the background."""
    definition = get_object_or_404(OwnField, pk=pk, state__in=THERE)
    return _done(
        request, definition, services.delete, text=_("%(name)s is deleted. Its values are being removed.")
    )


def _done(
    request: SignedInRequest, definition: OwnField, act: Any, *, text: str, **options: Any
) -> HttpResponse:
    try:
        act(actor=request.actor, definition=definition, **options)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, text % {"name": definition})
    return redirect("administration:fields", definition.record_type)


def _page(
    request: SignedInRequest, form: OwnFieldForm, record_type: RecordType, definition: OwnField | None
) -> HttpResponse:
    held, exact = usage.about(definition) if definition else (0, True)
    context = {
        "form": form,
        "type": record_type,
        "field": definition,
        "kind": form.kind,
        "kind_label": OwnKind(form.kind).label,
        "tones": TONES,
        "preview": _preview(request, form, record_type),
        "held": held,
        "exact": exact,
        "settings": [form[name] for name in form.settings_names],
        "progress": indexing.progress(definition) if definition else None,
        "indexes": services.indexes_of(record_type.name),
        "most_indexes": services.MOST_INDEXES,
        "may_index": form.kind != OwnKind.LONG_TEXT,
        "needs_index": definition is not None and (definition.unique or definition.kind == OwnKind.REFERENCE),
        "sections": [section.label for section in record_type.sections],
    }
    status = 422 if form.errors else 200
    return render(request, "administration/field.html", context, status=status)


def _preview(request: SignedInRequest, form: OwnFieldForm, record_type: RecordType) -> widgets.Input | None:
    """The field as it stands in the form; None while it makes none."""
    data = form.data if form.is_bound else form.initial
    settings = (
        {name: form.cleaned_data.get(name) for name in form.settings_names}
        if form.is_bound
        else dict(form.initial)
    )
    plain = ("label_ko", "label_en", "help_ko", "help_en")
    definition = OwnField(
        record_type=record_type.name,
        name=(form.definition.name if form.definition else "") or "x_preview",
        kind=form.kind,
        required=bool(data.get("required")),
        settings={
            **{key: value for key, value in settings.items() if value not in (None, "")},
            **({"choices": form.choice_rows} if form.has_choices else {}),
        },
        **{name: data.get(name) or "" for name in plain},
    )
    definition.label_ko = definition.label_ko or definition.label_en or "…"
    try:
        field = definitions.field_of(definition)
        value = field.parse(data.get("default"), _locale(request))
    except (KeyError, TypeError, ValueError):
        # What is wrong stands beside the input that is wrong; there is nothing to show yet.
        return None
    return widgets.stored(field, value, _locale(request))


def _locale(request: SignedInRequest) -> Locale:
    return Locale(request.actor.language, ZoneInfo(request.actor.time_zone))


def _types() -> list[RecordType]:
    return [item for item in registry.all_types() if not item.scope.administered]


def _type(name: str) -> RecordType:
    found = registry.find(name)
    if found is None or found.scope.administered:
        raise Http404
    return found
