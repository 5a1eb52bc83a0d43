"""How revealing a masked value is described."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from dangol.records.openapi.contributions import Addition, contribute
from dangol.records.openapi.parts import JSON, answer, problems
from dangol.records.types import RecordType

_ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}
_ASKED: dict[str, Any] = {
    "type": "object",
    "required": ["field", "reason"],
    "properties": {
        "field": {"type": "string", "description": "A field that the caller sees masked"},
        "reason": {
            "type": "string",
            "minLength": 5,
            "maxLength": 500,
            "description": "Kept in the access log",
        },
    },
}
_SHOWN = {
    "type": "object",
    "required": ["field", "value"],
    "properties": {"field": {"type": "string"}, "value": {}},
}


def describe() -> None:
    """Contribute the paths; called once, when Django is ready."""
    contribute(Addition("privacy", _("Personal data"), of_type=_paths))


def _paths(record_type: RecordType) -> dict[str, Any]:
    if not record_type.personal:
        return {}
    return {
        f"/{record_type.path}/{{id}}/reveal": {
            "parameters": [_ID],
            "post": {
                "operationId": f"{record_type.name}_reveal",
                "tags": ["privacy"],
                "summary": "See one masked value, for a reason",
                "requestBody": {"required": True, "content": {JSON: {"schema": _ASKED}}},
                "responses": {
                    "200": answer("The value", _SHOWN),
                    **problems("400", "401", "403", "404", "415", "422", "429"),
                },
            },
        }
    }
