"""`/api/v1/types`: which records there are for the caller, with fields, choices and acts – what a program needs to know first."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from dangol.identity.actors import Actor
from dangol.identity.models.roles import Action
from dangol.records import permissions, registry
from dangol.records.bulk import acts
from dangol.records.fields import Choice, Field, MultiChoice, Reference
from dangol.records.fields.masks import Masked
from dangol.records.filters.names import allowed_operators
from dangol.records.rest.endpoints import json_response, parameters, type_at
from dangol.records.types import RecordType

ACTIONS = (Action.VIEW, Action.CREATE, Action.EDIT, Action.DELETE)


def index(request: HttpRequest, actor: Actor) -> HttpResponse:
    """`GET /api/v1/types`: the types of records that the caller may see, and what the caller may do with them. No query."""
    parameters(request)
    seen = [
        kind
        for kind in registry.all_types()
        if not kind.scope.administered and permissions.allowed(actor, kind, "view")
    ]
    return json_response({"items": [_named(actor, kind) for kind in sorted(seen, key=lambda one: one.path)]})


def detail(request: HttpRequest, actor: Actor, path: str) -> HttpResponse:
    """`GET /api/v1/types/{records}`: fields as the caller may see and fill them, relations for filters, acts. No query."""
    record_type = type_at(path, actor)
    parameters(request)
    whole = registry.get(record_type.name)
    known = permissions.fields_for(actor, whole)
    told = {
        **_named(actor, whole),
        "fields": [_field(one) for one in known.values()],
        "relations": [
            {"name": one.name, "type": one.target}
            for one in whole.relations.values()
            if permissions.allowed(actor, registry.get(one.target), "view")
        ],
        "acts": [_act(act, known) for act in acts.acts_for(actor, whole)],
    }
    return json_response(told)


def _named(actor: Actor, kind: RecordType) -> dict[str, Any]:
    return {
        "type": kind.name,
        "path": kind.path,
        "label": str(kind.label),
        "label_plural": str(kind.label_plural),
        "actions": [str(action) for action in ACTIONS if permissions.allowed(actor, kind, action)],
    }


def _field(field: Field) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": field.name,
        "label": str(field.label),
        "kind": field.kind,
        "editable": field.editable and not isinstance(field, Masked),
        "required": field.required,
        "operators": sorted(allowed_operators(field)),
        "sortable": field.sortable,
    }
    if field.help:
        told["help"] = str(field.help)
    if isinstance(field, Choice | MultiChoice):
        told["choices"] = [{"code": str(code), "label": str(label)} for code, label in field.choices]
    if isinstance(field, Reference):
        told["target"] = field.target
    return told


def _act(act: acts.Act, known: dict[str, Field]) -> dict[str, Any]:
    return {
        "name": act.name,
        "label": str(act.label),
        "help": str(act.help),
        "danger": act.danger,
        "inputs": [name for name in act.inputs if name in known],
    }
