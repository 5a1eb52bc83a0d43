"""How the API describes comments, followers and the activity stream."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from dangol.interactions.activity import What
from dangol.interactions.models.notifications import Kind
from dangol.records.openapi.contributions import Addition, contribute
from dangol.records.openapi.parts import JSON, answer, parameter, problems
from dangol.records.openapi.schemas import pascal
from dangol.records.types import RecordType

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
_NAMED = {
    "type": "object",
    "required": ["type", "id", "title"],
    "properties": {"type": {"type": "string"}, "id": {"type": "integer"}, "title": {"type": "string"}},
}
_HAPPENED: dict[str, Any] = {
    "type": "object",
    "required": ["kind", "at", "by", "record", "records", "fields", "restored", "comment", "customer"],
    "properties": {
        "kind": {"type": "string", "enum": [what.value for what in What]},
        "at": {"type": "string", "format": "date-time"},
        "by": {**_WHO, "description": "null: the system"},
        "record": _NAMED,
        "records": {"type": "integer", "minimum": 1, "description": "How many records one act changed"},
        "fields": {"type": "array", "items": {"type": "string"}, "description": "What changed"},
        "restored": {"type": "boolean", "description": "Brought back from the recycle bin"},
        "comment": {
            "type": ["object", "null"],
            "properties": {"id": {"type": "integer"}, "text": {"type": "string"}},
        },
        "customer": {
            "type": ["object", "null"],
            "properties": {"id": {"type": "integer"}, "title": {"type": "string"}},
            "description": "Whom a note is about",
        },
    },
}
_TOLD: dict[str, Any] = {
    "type": "object",
    "required": ["id", "kind", "at", "read", "text", "title", "page"],
    "properties": {
        "id": {"type": "integer"},
        "kind": {"type": "string", "enum": Kind.values},
        "at": {"type": "string", "format": "date-time"},
        "read": {"type": "boolean"},
        "text": {"type": "string"},
        "title": {"type": "string", "description": "What it is about"},
        "page": {"type": "string", "format": "uri-reference"},
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
    contribute(Addition("together", _("Comments and followers"), of_type=_of_type))
    contribute(Addition("activity", _("Activity stream and notifications"), _stream))


def _stream() -> dict[str, Any]:
    def choice(*values: str) -> dict[str, Any]:
        return {"type": "string", "enum": list(values)}

    def page(item: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["items", "next"],
            "properties": {"items": {"type": "array", "items": item}, "next": {"type": ["string", "null"]}},
        }

    return {
        "/activity": {
            "get": {
                "operationId": "activity",
                "tags": ["activity"],
                "summary": "What happened, newest first",
                "description": "Changes, comments and notes on records that one follows, or on all that one may see. A page "
                "may be short, or empty, and have a next one all the same.",
                "parameters": [
                    parameter("scope", "query", "", {**choice("followed", "all"), "default": "followed"}),
                    parameter("kind", "query", "Only these", choice(*(what.value for what in What))),
                    parameter("type", "query", "Only of records of this type", {"type": "string"}),
                    parameter(
                        "limit", "query", "", {"type": "integer", "minimum": 1, "maximum": 100, "default": 30}
                    ),
                    parameter("after", "query", "`next` of the page before", {"type": "string"}),
                ],
                "responses": {"200": answer("A page of the stream", page(_HAPPENED))}
                | problems("400", "401", "403", "429"),
            }
        },
        "/notifications": {
            "get": {
                "operationId": "notifications",
                "tags": ["activity"],
                "summary": "What you were told, newest first",
                "description": "Only about what you may see now.",
                "parameters": [
                    parameter("kind", "query", "Only these", choice(*Kind.values)),
                    parameter("unread", "query", "", {**choice("true", "false"), "default": "false"}),
                    parameter(
                        "limit", "query", "", {"type": "integer", "minimum": 1, "maximum": 100, "default": 30}
                    ),
                    parameter("after", "query", "`next` of the page before", {"type": "string"}),
                ],
                "responses": {"200": answer("A page of notifications", page(_TOLD))}
                | problems("400", "401", "403", "429"),
            }
        },
    }


def _of_type(record_type: RecordType) -> dict[str, Any]:
    return _paths_of(record_type.path, pascal(record_type.name), str(record_type.label))


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
