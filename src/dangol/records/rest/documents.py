"""What the API says about itself."""

from __future__ import annotations

from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dangol.identity.actors import Actor
from dangol.records import fieldrules, openapi, permissions, registry
from dangol.records.rest.endpoints import parameters
from dangol.records.types import RecordType

_documents: dict[tuple[Any, ...], bytes] = {}
DOCUMENTS_KEPT = 16
"""So many descriptions, each for the fields there are and the rules of somebody."""


def openapi_json(request: HttpRequest, actor: Actor) -> HttpResponse:
    """`GET /api/v1/openapi.json`, in English for everybody. No queries.

    Whom field rules keep something from gets a description without it.
    """
    parameters(request)
    rules = {} if actor.is_administrator else actor.field_rules
    key = (
        tuple((item.name, item.edition, *item.fields) for item in registry.all_types()),
        frozenset(rules.items()),
    )
    if key not in _documents:
        if len(_documents) >= DOCUMENTS_KEPT:
            _documents.clear()
        seen = [fieldrules.seen_by(actor, item) for item in registry.all_types()]
        _documents[key] = orjson.dumps(openapi.document(seen))
    return HttpResponse(
        _documents[key], content_type="application/json", headers={"Cache-Control": "private, no-cache"}
    )


def reference(request: HttpRequest) -> HttpResponse:
    """`GET /api/v1/docs`: the same for people, of the record types that they may see. No queries."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    seen = [fieldrules.seen_by(actor, item) for item in registry.all_types() if actor.may(item.name, "view")]
    context = {
        "types": [_described(item, actor) for item in seen],
        "problems": openapi.PROBLEMS.items(),
        "example": seen[0].path if seen else "customers",
    }
    return render(request, "records/api/reference.html", context)


def _described(record_type: RecordType, actor: Actor) -> dict[str, Any]:
    fields = [
        {
            "name": name,
            "label": field.label,
            "kind": field.kind,
            "required": field.required,
            "editable": field.editable,
            "codes": getattr(field, "choices", ()),
            "target": field.target,
        }
        for name, field in permissions.fields_for(actor, record_type).items()
    ]
    return {
        "path": record_type.path,
        "label": record_type.label_plural,
        "icon": record_type.icon,
        "fields": fields,
        "relations": [
            {"name": name, "label": item.label, "target": item.target}
            for name, item in record_type.relations.items()
        ],
        "keys": record_type.keys,
    }
