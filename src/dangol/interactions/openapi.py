"""How the API describes comments and followers."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from dangol.records import registry
from dangol.records.openapi.contributions import Addition, contribute
from dangol.records.openapi.parts import JSON, answer, parameter, problems
from dangol.records.openapi.schemas import pascal

_WHO = {"type": ["object", "null"], "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}
_SAID: dict[str, Any] = {
    "type": "object",
    "required": ["id", "at", "text", "deleted"],
    "properties": {
        "id": {"type": "integer"},
        "at": {"type": "string", "format": "date-time"},
        "author": _WHO,
        "text": {"type": "string"},
        "edited_at": {"type": ["string", "null"], "format": "date-time"},
        "deleted": {"type": "boolean"},
        "mentions": {"type": "array", "items": {"type": "object"}},
        "answers": {"type": "array", "items": {"type": "object"}},
    },
}
_MADE = {
    "type": "object",
    "required": ["id", "text"],
    "properties": {"id": {"type": "integer"}, "text": {"type": "string"}},
}
_TEXT = {"type": "string", "minLength": 1, "maxLength": 10_000, "description": "`@[12]` names a colleague"}
_CONFIRM = {"type": "boolean", "description": "Also where somebody named may not see the record"}


def describe() -> None:
    """Add the paths; called once."""
    contribute(Addition("together", _("Comments and followers"), _paths))


def _paths() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for record_type in registry.all_types():
        found |= _paths_of(record_type.path, pascal(record_type.name), str(record_type.label))
    return found


def _paths_of(path: str, name: str, label: str) -> dict[str, Any]:
    one = parameter("id", "path", "", {"type": "integer", "minimum": 1}, required=True)
    comment = parameter("comment", "path", "", {"type": "integer", "minimum": 1}, required=True)

    def operation(verb: str, summary: str, responses: dict[str, Any], *refusals: str, **more: Any) -> Any:
        return {
            "operationId": f"{verb}{name}",
            "tags": ["together"],
            "summary": f"{label}: {summary}",
            **more,
            "responses": responses | problems("400", "401", "403", "404", "429", *refusals),
        }

    def body(**properties: Any) -> dict[str, Any]:
        schema = {
            "type": "object",
            "required": ["text"],
            "properties": properties,
            "additionalProperties": False,
        }
        return {"required": True, "content": {JSON: {"schema": schema}}}

    def listed(item: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["items"],
            "properties": {"items": {"type": "array", "items": item}, "next": {"type": ["string", "null"]}},
        }

    refusals = ("409", "413", "415", "422")
    person = {
        "type": "object",
        "properties": {"id": {"type": "integer"}, "name": {"type": "string"}, "reason": {"type": "string"}},
    }
    return {
        f"/{path}/{{id}}/comments": {
            "parameters": [one],
            "get": operation(
                "commentsOn", "comments", {"200": answer("The newest page, oldest first", listed(_SAID))},
                parameters=[
                    parameter("limit", "query", "", {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}),
                    parameter("after", "query", "`next` of the page before", {"type": "string"}),
                ],
            ),
            "post": operation(
                "commentOn", "comment", {"201": answer("The comment", _MADE)}, *refusals,
                requestBody=body(
                    text=_TEXT, confirm=_CONFIRM,
                    parent={"type": ["integer", "null"], "minimum": 1, "description": "The comment it answers"},
                ),
            ),
        },
        f"/{path}/{{id}}/comments/{{comment}}": {
            "parameters": [one, comment],
            "patch": operation(
                "editCommentOn", "edit one's own comment", {"200": answer("The comment", _MADE)}, *refusals,
                requestBody=body(text=_TEXT, confirm=_CONFIRM),
            ),
            "delete": operation(
                "deleteCommentOn", "take a comment back", {"204": {"description": "It is taken back"}}
            ),
        },
        f"/{path}/{{id}}/followers": {
            "parameters": [one],
            "get": operation("followersOf", "who follows", {"200": answer("Followers", listed(person))}),
        },
    }  # fmt: skip
