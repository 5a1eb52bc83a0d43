"""How merging is described."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from dangol.records.merging import MOST_RECORDS, mergeable
from dangol.records.openapi.contributions import Addition, contribute
from dangol.records.openapi.parts import JSON, answer, parameter, problems
from dangol.records.openapi.schemas import pascal
from dangol.records.types import RecordType

_COMMON = ("400", "401", "403", "404", "405", "429")
_ID = {"type": "integer", "minimum": 1}
_NAMED = {
    "type": "object",
    "required": ["id", "title"],
    "properties": {"id": {"type": "integer"}, "title": {"type": "string"}},
}
_WHO = {
    "type": ["object", "null"],
    "properties": {"id": {"type": ["integer", "null"]}, "name": {"type": "string"}},
}
_MERGE: dict[str, Any] = {
    "type": "object",
    "required": [
        "id",
        "type",
        "into",
        "merged",
        "values",
        "moved",
        "at",
        "by",
        "undone_at",
        "undone_by",
        "kept",
    ],
    "properties": {
        "id": {"type": "integer"},
        "type": {"type": "string"},
        "into": _NAMED,
        "merged": {"type": "array", "items": _NAMED},
        "values": {
            "type": "object",
            "description": "By field: the record whose value it has, or `both`",
            "additionalProperties": {"type": ["integer", "string"]},
        },
        "moved": {
            "type": "object",
            "description": "How many records moved, by type",
            "additionalProperties": {"type": "integer"},
        },
        "at": {"type": "string", "format": "date-time"},
        "by": _WHO,
        "origin": {"type": "string"},
        "undone_at": {"type": ["string", "null"], "format": "date-time"},
        "undone_by": _WHO,
        "kept": {
            "type": "array",
            "items": {"type": "string"},
            "description": "Fields changed since that stayed so",
        },
    },
}
_NAMES = {"type": "array", "items": {"type": "string"}}


def describe() -> None:
    """Add the paths; called once."""
    contribute(Addition("merges", _("Merges"), _paths, _of_type))


def _body(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }
    return {"required": True, "content": {JSON: {"schema": schema}}}


def _operation(name: str, text: str, responses: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"operationId": name, "tags": ["merges"], "summary": text, **more, "responses": responses}


def _paths() -> dict[str, Any]:
    number = parameter("id", "path", "", _ID, required=True)
    page = {
        "type": "object",
        "required": ["items", "next"],
        "properties": {"items": {"type": "array", "items": _MERGE}, "next": {"type": ["string", "null"]}},
    }
    return {
        "/merges": {
            "get": _operation(
                "listMerges", "Merges, newest first", {"200": answer("A page", page)} | problems(*_COMMON),
                parameters=[
                    parameter("type", "query", "Only of this record type", {"type": "string"}),
                    parameter("into", "query", "Only those into this record", _ID),
                    parameter("limit", "query", "", {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}),
                    parameter("after", "query", "`next` of the page before", {"type": "string"}),
                ],
            ),
        },
        "/merges/{id}": {
            "parameters": [number],
            "get": _operation("getMerge", "One merge", {"200": answer("The merge", _MERGE)} | problems(*_COMMON)),
        },
        "/merges/{id}/undo": {
            "parameters": [number],
            "post": _operation(
                "undoMerge", "Take a merge back",
                {"200": answer("The merge", _MERGE)} | problems(*_COMMON, "409", "413", "415", "422"),
                description="Of fields that somebody changed since, `keep` or `take_back` must name each; 409 lists them.",
                requestBody=_body({"take_back": _NAMES, "keep": _NAMES}),
            ),
        },
    }  # fmt: skip


def _of_type(record_type: RecordType) -> dict[str, Any]:
    if not mergeable(record_type):
        return {}
    name = pascal(record_type.name)
    others = {"type": "array", "items": _ID, "minItems": 1, "maxItems": MOST_RECORDS - 1}
    body = _body(
        {
            "others": {**others, "description": "The records that become part of this one"},
            "values": {
                "type": "object",
                "description": "By field: the id of the record whose value stays, or `both` for lists",
                "additionalProperties": {"anyOf": [_ID, {"enum": ["both"]}]},
            },
            "versions": {
                "type": "object",
                "description": "By id: the versions that the choice was made upon",
                "additionalProperties": _ID,
            },
        },
        "others",
    )
    return {
        f"/{record_type.path}/{{id}}/merge": {
            "parameters": [parameter("id", "path", "The record that stays", _ID, required=True)],
            "post": _operation(
                f"merge{name}", f"{record_type.label}: merge",
                {"201": answer("The merge", _MERGE)} | problems(*_COMMON, "409", "410", "413", "415", "422"),
                requestBody=body,
            ),
        }
    }  # fmt: skip
