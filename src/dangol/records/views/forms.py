"""Create and edit on a page of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dangol.records import fieldrules, permissions, widgets, writing
from dangol.records.fields import Field, Locale, Ref, Reference, id_in
from dangol.records.fields.masks import Masked
from dangol.records.layouts import arranging
from dangol.records.matching.views.asking import keep_in_queue, questioned
from dangol.records.own import conditions
from dangol.records.types import RecordType
from dangol.records.views.access import actor_of, guard, load, locale_of, title_of
from dangol.records.writing import locks


def new(request: HttpRequest, record_type: RecordType) -> HttpResponse:
    """A form for a new record; `?customer=12` fills in what it belongs to."""
    actor = actor_of(request)
    guard(actor, record_type, "create")
    locale = locale_of(actor)
    if request.method != "POST":
        return _form(request, record_type, _initial(request, record_type, locale), {})
    values = _values(request, record_type)
    for whose in ("owner", "team", "territory"):
        if record_type.table.has_scope and values.get(whose, "") in (None, ""):
            values.pop(whose, None)  # left open: its maker's
    if question := questioned(request, actor, record_type, values):
        return _form(request, record_type, {}, {}, data=request.POST, question=question)
    try:
        record_id = writing.create(record_type, values, actor=actor)
    except writing.WriteError as problem:
        return _form(request, record_type, {}, _errors(problem), data=request.POST)
    keep_in_queue(request, actor, record_type, record_id)
    title = fieldrules.whole(record_type).title_field.text(_plain(values.get(record_type.title)), locale)
    messages.success(request, format_html(_("{} has been created."), title or record_type.label))
    return redirect("records:detail", record_type, record_id)


def edit(request: HttpRequest, record_type: RecordType, record_id: int) -> HttpResponse:
    """The form of an existing record. Carries the version it shows, so that nobody overwrites unseen changes."""
    actor = actor_of(request)
    record = load(actor, record_type, record_id)
    if not permissions.may(actor, record_type, "edit", record_id):
        raise Http404
    locale = locale_of(actor)
    if request.method != "POST":
        return _form(request, record_type, record, {}, record=record)
    try:
        version = int(request.POST.get("version", ""))
    except ValueError:
        version = record["version"]
    try:
        written = writing.update(
            record_type, record_id, _values(request, record_type), actor=actor, version=version
        )
    except writing.Missing:
        raise Http404 from None
    except writing.WriteError as problem:
        return _form(request, record_type, {}, _errors(problem), data=request.POST, record=record)
    if written.updated:
        messages.success(request, format_html(_("{} has been saved."), title_of(record_type, record, locale)))
    return redirect("records:detail", record_type, record_id)


def _form(
    request: HttpRequest,
    record_type: RecordType,
    values: Mapping[str, Any],
    errors: Mapping[str, str],
    *,
    data: Mapping[str, Any] | None = None,
    record: dict[str, Any] | None = None,
    question: dict[str, Any] | None = None,
) -> HttpResponse:
    actor = actor_of(request)
    locale = locale_of(actor)
    away = _hidden(request, record_type) if data else conditions.hidden(record_type, values.get, actor)

    def control(name: str) -> widgets.Input:
        field = record_type.fields[name]
        if data is not None:
            made = widgets.typed(field, data, errors.get(name, ""))
            if record is not None and isinstance(field, Masked):
                made = replace(made, placeholder=field.text(record.get(name), locale))
        else:
            made = widgets.stored(field, values.get(name), locale)
        return replace(made, hidden=True) if name in away and name not in errors else made

    sections = [
        (section.label, [control(name) for name in section.fields])
        for section in arranging.form_sections(actor, record_type)
    ]
    named = _named(request, record_type)
    context = {
        "record_type": record_type,
        "sections": sections,
        "record": record,
        "title": title_of(record_type, record, locale) if record else "",
        "version": data.get("version") if data is not None else (record or {}).get("version", ""),
        "general_errors": [message for name, message in errors.items() if name not in named],
        "locks": locks.held(record_type, [record["id"]], actor).get(record["id"], ()) if record else (),
        "conditional": any(field.condition for field in record_type.own_fields.values()),
        "cancel_url": f"/{record_type.path}/{record['id']}/" if record else f"/{record_type.path}/",
        "looks_for_likes": record is None and bool(record_type.matching),
        **(question or {}),
    }
    return render(request, "records/form.html", context, status=422 if errors or question else 200)


@require_POST
def shown(request: HttpRequest, record_type: RecordType) -> JsonResponse:
    """Which fields of the form conditions hide, given what stands in it now. No queries."""
    if not any(permissions.allowed(actor_of(request), record_type, action) for action in ("create", "edit")):
        raise Http404
    return JsonResponse({"hidden": _hidden(request, record_type)})


def _hidden(request: HttpRequest, record_type: RecordType) -> list[str]:
    actor = actor_of(request)
    typed = conditions.values_in(record_type, request.POST, actor)
    return conditions.hidden(record_type, typed.get, actor)


def _values(request: HttpRequest, record_type: RecordType) -> dict[str, Any]:
    """Only what the form holds; fields that are on no form keep their values, and masked ones where nothing was typed."""
    found = {
        name: widgets.read(record_type.fields[name], request.POST) for name in _named(request, record_type)
    }
    return {
        name: value
        for name, value in found.items()
        if value not in ("", None) or not isinstance(record_type.fields[name], Masked)
    }


def _named(request: HttpRequest, record_type: RecordType) -> set[str]:
    """The fields of the form as it is arranged for whoever asks."""
    found = arranging.form_sections(actor_of(request), record_type)
    return {name for section in found for name in section.fields}


def _errors(problem: writing.WriteError) -> dict[str, str]:
    found: dict[str, str] = {}
    for error in problem.errors:
        found.setdefault(error.field, str(error.message))
    return found


def _initial(request: HttpRequest, record_type: RecordType, locale: Locale) -> dict[str, Any]:
    """Defaults, and what the address gives: a value, or the id of a record that the actor may see."""
    actor = actor_of(request)
    values: dict[str, Any] = {name: field.default for name, field in record_type.editable_fields.items()}
    if record_type.table.has_scope and actor.user_id is not None:
        values["owner"] = Ref(actor.user_id, actor.name)
        for name, node in (("team", actor.team_id), ("territory", actor.territory_id)):
            field = record_type.fields.get(name)
            if node is not None and isinstance(field, Reference):
                values[name] = _referred(field, node, request)
    for name, field in record_type.editable_fields.items():
        given = request.GET.get(name)
        if given:
            values[name] = _given(field, given, request, locale)
    return values


def _given(field: Field, given: str, request: HttpRequest, locale: Locale) -> Any:
    if isinstance(field, Reference):
        number = id_in(given)
        return None if number is None else _referred(field, number, request)
    try:
        return field.parse(given, locale)
    except ValueError:
        return field.default


def _referred(field: Reference, record_id: int, request: HttpRequest) -> Ref | None:
    from dangol.records import registry

    target = registry.find(field.target) if field.target else None
    rows = permissions.visible_to(actor_of(request), target) if target else field.model._default_manager.all()
    title = rows.filter(pk=record_id).values_list(field.title, flat=True).first()
    if title is not None and target is not None:
        title = fieldrules.masked_title(actor_of(request), target, title)
    return None if title is None else Ref(record_id, title)


def _plain(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value
