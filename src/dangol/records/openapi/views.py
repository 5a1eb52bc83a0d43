"""How saved views are described."""

from __future__ import annotations

from typing import Any

from dangol.records.openapi.parts import JSON, answer, parameter, problems
from dangol.records.saved_views import KEYS, KINDS

_COMMON = ("400", "401", "403", "404", "405")


def view_schemas() -> dict[str, Any]:
    """The schemas of saved views."""
    parts: dict[str, Any] = {key: {"type": "string"} for key in KEYS}
    parts["as"] = {"enum": list(KINDS)}
    state = {
        "type": "object",
        "description": "What stands in the list's address",
        "properties": parts,
        "additionalProperties": False,
    }
    values = {
        "name": {"type": "string", "minLength": 1, "maxLength": 80},
        "name_en": {"type": "string", "maxLength": 80},
        "audience": {"enum": ["private", "team", "everyone"]},
        "pinned": {"type": "boolean"},
        "state": state,
    }
    text = {"type": ["string", "null"]}
    shown: dict[str, Any] = {
        "id": {"type": "integer"},
        "version": {"type": "integer"},
        **values,
        "name_en": text,
        "owner": text,
        "mine": {"type": "boolean"},
        "favourite": {"type": "boolean", "description": "Whether it stands in the caller's left menu"},
        "default": text,
        "left_out": {
            "type": "array",
            "items": {"enum": list(KEYS)},
            "description": "Parts of the state that are kept from the caller, since they name fields that are hidden",
        },
    }
    return {
        "View": {"type": "object", "properties": shown, "required": list(shown)},
        "ViewValues": {
            "type": "object",
            "properties": {**values, "version": {"type": "integer"}},
            "additionalProperties": False,
        },
        "ViewPage": {
            "type": "object",
            "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/View"}}},
            "required": ["items"],
        },
    }


def view_paths(paths: list[str]) -> dict[str, Any]:
    """The routes of saved views; `paths` are those of the record types."""
    view = {"$ref": "#/components/schemas/View"}
    body = {"required": True, "content": {JSON: {"schema": {"$ref": "#/components/schemas/ViewValues"}}}}
    records = parameter("path", "path", "The type of the list", {"enum": paths}, required=True)
    number = parameter("id", "path", "", {"type": "integer", "minimum": 1}, required=True)

    def operation(name: str, text: str, responses: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {"operationId": name, "tags": ["views"], "summary": text, "responses": responses, **more}

    many = answer("The views that the caller finds", {"$ref": "#/components/schemas/ViewPage"})
    one = answer("The view", view, etag=True)
    return {
        "/views/{path}": {
            "parameters": [records],
            "get": operation("listViews", "Saved views of a list", {"200": many, **problems(*_COMMON)}),
            "post": operation(
                "createView", "Keep a view",
                {"201": one, **problems(*_COMMON, "409", "413", "415", "422")}, requestBody=body,
            ),
        },
        "/views/{path}/{id}": {
            "parameters": [records, number],
            "get": operation("getView", "One saved view", {"200": one, **problems(*_COMMON)}),
            "patch": operation(
                "changeView", "Change a view; what the body does not name stays",
                {"200": one, **problems(*_COMMON, "409", "412", "413", "415", "422")}, requestBody=body,
            ),
            "delete": operation(
                "deleteView", "Take a view away",
                {"204": {"description": "It is gone"}, **problems(*_COMMON)},
            ),
        },
        "/views/{path}/{id}/favourite": {
            "parameters": [records, number],
            "put": operation(
                "favourView", "Put a view into one's left menu",
                {"204": {"description": "It stands there"}, **problems(*_COMMON, "422")},
            ),
            "delete": operation(
                "unfavourView", "Take a view out of one's left menu",
                {"204": {"description": "It stands there no more"}, **problems(*_COMMON)},
            ),
        },
    }  # fmt: skip
