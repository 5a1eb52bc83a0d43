"""How the files of a record are described."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dangol.records.openapi.parts import answer

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["id", "name", "size", "type", "state", "created_at", "content"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "name": {"type": "string"},
        "size": {"type": "integer", "description": "Bytes"},
        "type": {"type": "string", "description": "Media type, by the contents"},
        "width": {"type": ["integer", "null"]},
        "height": {"type": ["integer", "null"]},
        "state": {
            "enum": ["waiting", "ready", "refused"],
            "description": "Waiting: being made ready; pictures lose what the camera wrote into them",
        },
        "reason": {"type": ["string", "null"], "description": "Why it was refused"},
        "sha256": {"type": ["string", "null"]},
        "created_at": {"type": "string", "format": "date-time"},
        "created_by": {
            "type": ["object", "null"],
            "properties": {"id": {"type": "integer"}, "name": {"type": "string"}},
        },
        "content": {"type": "string", "format": "uri-reference"},
    },
}
_ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}
_KEY = {"name": "file", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
_FORM = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {"file": {"type": "string", "contentMediaType": "application/octet-stream"}},
            }
        }
    },
}


def attachment_paths(base: str, label: str, operation: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """The paths under one record type. `operation` builds an operation of that type."""
    one = {"$ref": "#/components/schemas/Attachment"}
    items = {
        "type": "object",
        "required": ["items"],
        "properties": {"items": {"type": "array", "items": one}},
    }
    whole: dict[str, Any] = {"content": {"application/octet-stream": {}}}
    return {
        f"{base}/{{id}}/attachments": {
            "parameters": [_ID],
            "get": operation(
                "attachmentsOf", f"{label}: files", {"200": answer("Newest first", items)}, "400"
            ),
            "post": operation(
                "attachTo", f"{label}: attach a file", {"201": answer("The file", one)},
                "400", "413", "415", "422", requestBody=_FORM,
            ),
        },
        f"{base}/{{id}}/attachments/{{file}}": {
            "parameters": [_ID, _KEY],
            "get": operation(
                "attachmentOf", f"{label}: about one file", {"200": answer("The file", one)}, "400"
            ),
            "delete": operation(
                "detachFrom", f"{label}: put a file into the bin",
                {"204": {"description": "It is in the bin for a month"}}, "400",
            ),
        },
        f"{base}/{{id}}/attachments/{{file}}/content": {
            "parameters": [_ID, _KEY],
            "get": operation(
                "fetchFrom", f"{label}: fetch a file",
                {
                    "200": {"description": "The contents", **whole},
                    "206": {"description": "The range asked for", **whole},
                    "416": {"description": "The range lies beyond the end"},
                },
                "400", "409",
            ),
        },
    }  # fmt: skip
