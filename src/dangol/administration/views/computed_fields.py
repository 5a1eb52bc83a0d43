"""Formulas and roll-ups: made and changed, with a look at what they give while one writes."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import connection
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from dangol.administration.computed_fields import ComputedForm, FormulaForm, RollUpForm
from dangol.administration.forms import show_errors
from dangol.administration.views.access import SignedInRequest
from dangol.records import permissions, registry
from dangol.records.expressions.checking import read, usable
from dangol.records.expressions.errors import FormulaError
from dangol.records.expressions.functions import FUNCTIONS
from dangol.records.expressions.kinds import LABELS
from dangol.records.fields import Field, Locale
from dangol.records.filters import FilterError
from dangol.records.models import OwnField, OwnKind
from dangol.records.own import checking, computing, definitions, roll_settings, services
from dangol.records.own.roll_sql import plan_of
from dangol.records.types import RecordType

EXAMPLES = 3


def new(request: SignedInRequest, record_type: RecordType, kind: str) -> HttpResponse:
    """A new formula, or a new roll-up: there it is chosen first of which records."""
    form = _form(request, record_type, kind, None)
    if form is None:
        pairs = [
            (f"{child.name}.{field.name}", child, field)
            for child, field in roll_settings.relations(record_type)
        ]
        return render(request, "administration/field_relations.html", {"type": record_type, "pairs": pairs})
    if request.method == "POST" and form.is_valid():
        try:
            definition = services.create(
                actor=request.actor,
                record_type=record_type.name,
                kind=kind,
                name=form.cleaned_data["name"],
                **form.options(),
            )
        except ValidationError as error:
            show_errors(form, error)
        else:
            messages.success(request, _said(definition) % {"name": definition})
            return redirect("administration:fields", record_type.name)
    return _page(request, form, record_type, None)


def edit(request: SignedInRequest, record_type: RecordType, definition: OwnField) -> HttpResponse:
    """A formula or roll-up that is there."""
    form = _form(request, record_type, definition.kind, definition)
    if form is None:
        raise Http404
    if request.method == "POST" and form.is_valid():
        try:
            changed = services.change(actor=request.actor, definition=definition, **form.options())
        except ValidationError as error:
            show_errors(form, error)
        else:
            messages.success(request, _said(changed) % {"name": changed})
            return redirect("administration:fields", definition.record_type)
    return _page(request, form, record_type, definition)


def preview(request: SignedInRequest, record_type: RecordType, kind: str) -> HttpResponse:
    """What stands in the form, checked, with the values it gives for some records."""
    form = _form(request, record_type, kind, None)
    if form is None:
        raise Http404
    form.is_valid()
    return render(
        request, "administration/field_computed_preview.html", _looked_at(request, form, record_type)
    )


def _said(definition: OwnField) -> str:
    if definition.kind == OwnKind.ROLL_UP and definition.index_state == "building":
        return _("%(name)s is saved. It is shown once its values are computed.")
    return _("%(name)s is saved.")


def _form(
    request: SignedInRequest, record_type: RecordType, kind: str, definition: OwnField | None
) -> ComputedForm | None:
    data = request.POST if request.method == "POST" else None
    if kind == OwnKind.FORMULA:
        return FormulaForm(data, record_type=record_type, definition=definition)
    if definition is not None:
        pair = (definition.settings["child"], definition.settings["through"])
    elif data is not None and data.get("child"):
        pair = (data.get("child", ""), data.get("through", ""))
    else:
        child_name, _dot, through = request.GET.get("of", "").partition(".")
        pair = (child_name, through)
    for child, field in roll_settings.relations(record_type):
        if (child.name, field.name) == pair:
            return RollUpForm(
                data, record_type=record_type, definition=definition, child=child, through=field.name
            )
    return None


def _page(
    request: SignedInRequest, form: ComputedForm, record_type: RecordType, definition: OwnField | None
) -> HttpResponse:
    child = registry.find(str(form.initial.get("child", ""))) if isinstance(form, RollUpForm) else None
    listed = (
        list(usable(record_type))
        if child is None
        else [(field.name, field) for field in child.fields.values()]
    )
    context = {
        "form": form,
        "type": record_type,
        "child": child,
        "field": definition,
        "kind": form.kind,
        "kind_label": OwnKind(form.kind).label,
        "fields": [item for item in listed if "." not in item[0] or item[0] in record_type.fields],
        "behind": [item for item in listed if "." in item[0] and item[0] not in record_type.fields],
        "functions": FUNCTIONS.values() if child is None else [],
        "why_no_index": computing.why_no_index(definition) if definition is not None else "",
        "indexes": services.indexes_of(record_type.name),
        "most_indexes": services.MOST_INDEXES,
        **_looked_at(request, form, record_type),
    }
    return render(request, "administration/field_computed.html", context, status=422 if form.errors else 200)


def _looked_at(request: SignedInRequest, form: ComputedForm, record_type: RecordType) -> dict[str, Any]:
    """What is wrong, or of which kind the result is and what it is for the newest records."""
    if not form.is_bound:
        if form.definition is None:
            return {}
        form = type(form)(_posted(form), **_made_of(form))
        form.is_valid()
    if isinstance(form, FormulaForm):
        written = form.data.get("formula", "")
        if not written.strip():
            return {}
        try:
            formula = read(written, record_type)
        except FormulaError as problem:
            end = problem.position + problem.length
            return {
                "problem": problem.message,
                "before": written[: problem.position],
                "wrong": written[problem.position : end] or " ",
                "after": written[end:],
                "expected": problem.expected[:6],
            }
        found: dict[str, Any] = {"result": LABELS[formula.result]}
    else:
        found = {}
    definition = form.definition_now()
    try:
        checking.check(definition, None, form.definition)
        field = definitions.field_of(definition)
        rows = _examples(request, field, record_type, definition)
    except ValidationError as error:
        return {"problem": " ".join(error.messages)}
    except (KeyError, FilterError):
        return {"problem": _("This makes no field yet.")}
    return {"result": LABELS.get(definition.settings["result"], ""), **found, "examples": rows}


def _made_of(form: ComputedForm) -> dict[str, Any]:
    made = {"record_type": form.record_type, "definition": form.definition}
    if isinstance(form, RollUpForm):
        made.update(child=registry.get(form.initial["child"]), through=form.initial["through"])
    return made


def _posted(form: ComputedForm) -> Any:
    from django.http import QueryDict

    data = QueryDict(mutable=True)
    data.update(
        {
            name: value
            for name, value in form.initial.items()
            if value is not None and not isinstance(value, list | dict)
        }
    )
    return data


def _examples(
    request: SignedInRequest, field: Field, record_type: RecordType, definition: OwnField
) -> list[tuple[Any, Any]]:
    """Title and value of the newest records. One or two queries."""
    locale = Locale(request.actor.language, ZoneInfo(request.actor.time_zone))
    title = record_type.title_field
    rows = permissions.visible_to(request.actor, record_type).order_by("-pk")
    rows = rows.annotate(
        **{f"_t{n}": item for n, item in enumerate(permissions.selected(request.actor, title))}
    )
    names = [f"_t{n}" for n in range(len(title.select()))]
    if definition.kind == OwnKind.ROLL_UP:
        found = list(rows.values_list("pk", *names)[:EXAMPLES])
        fresh = _fresh(definition, [row[0] for row in found])
        return [
            (
                title.text(title.value_of(row[1:]), locale),
                field.html(field.value_of([fresh.get(row[0])]), locale),
            )
            for row in found
        ]
    expressions = permissions.selected(request.actor, field)
    rows = rows.annotate(**{f"_v{n}": item for n, item in enumerate(expressions)})
    found = list(rows.values_list(*names, *(f"_v{n}" for n in range(len(expressions))))[:EXAMPLES])
    return [
        (
            title.text(title.value_of(row[: len(names)]), locale),
            field.html(field.value_of(row[len(names) :]), locale),
        )
        for row in found
    ]


def _fresh(definition: OwnField, ids: list[int]) -> dict[int, Any]:
    definition.pk = definition.pk or 0
    with connection.cursor() as cursor:
        cursor.execute(plan_of(definition).fresh("%s::bigint[]"), [ids])
        return dict(cursor.fetchall())
