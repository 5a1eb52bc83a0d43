"""How bulk acts and their jobs are described."""

from __future__ import annotations

from typing import Any

from dangol.records.openapi.parts import JSON, answer, parameter, problems

_NUMBER = {"type": "integer", "minimum": 0}
_KEY = {"name": "key", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}


def bulk_body() -> dict[str, Any]:
    """What POST …/bulk takes."""
    ids = {"type": "array", "items": {"type": "integer", "minimum": 1}, "maxItems": 10_000}
    return {
        "required": True,
        "content": {
            JSON: {
                "schema": {
                    "type": "object",
                    "required": ["select"],
                    "additionalProperties": False,
                    "properties": {
                        "select": {
                            "description": "By id, or all that a filter lets through but some",
                            "oneOf": [
                                {
                                    "type": "object",
                                    "required": ["ids"],
                                    "additionalProperties": False,
                                    "properties": {"ids": {**ids, "minItems": 1}},
                                },
                                {
                                    "type": "object",
                                    "required": ["filter"],
                                    "additionalProperties": False,
                                    "properties": {"filter": {"type": "string"}, "except": ids},
                                },
                            ],
                        },
                        "act": {
                            "type": "string",
                            "default": "edit",
                            "description": "edit, delete, restore, or an act of the type",
                        },
                        "change": {
                            "type": "object",
                            "description": 'For `edit`: field → `{"set": value}`, `{"clear": null}`, `{"days": 7}`, '
                            '`{"add": 5}`, `{"percent": -5}`, or for the owner `{"hand_over": id}`',
                            "additionalProperties": {
                                "type": "object",
                                "minProperties": 1,
                                "maxProperties": 1,
                            },
                        },
                        "settings": {
                            "type": "object",
                            "description": "What another act asks for: field → value",
                        },
                        "dry_run": {
                            "type": "boolean",
                            "default": False,
                            "description": "Only say what would happen; answered with 200",
                        },
                    },
                }
            }
        },
    }


def bulk_answers() -> dict[str, Any]:
    """A preview, or the job."""
    job = answer("The job; poll `Location`", {"$ref": "#/components/schemas/BulkJob"})
    job["headers"] = {"Location": {"schema": {"type": "string"}}}
    return {"200": answer("What would happen", {"$ref": "#/components/schemas/BulkPreview"}), "202": job}


def bulk_schemas() -> dict[str, Any]:
    """Preview, job and refusal."""
    refusal = {
        "type": "object",
        "required": ["id", "code", "message"],
        "properties": {
            "type": {"type": "string"},
            "id": {"type": "integer"},
            "title": {"type": ["string", "null"]},
            "field": {"type": "string"},
            "code": {"type": "string"},
            "message": {"type": "string"},
        },
    }
    counted = ("selected", "changing", "already", "forbidden", "tried")
    return {
        "BulkRefusal": refusal,
        "BulkPreview": {
            "type": "object",
            "required": [*counted, "refused", "examples"],
            "properties": {
                **dict.fromkeys(counted, _NUMBER),
                "refused": {"type": "array", "items": {"$ref": "#/components/schemas/BulkRefusal"}},
                "examples": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["id", "changes"],
                        "properties": {
                            "id": {"type": "integer"},
                            "changes": {
                                "type": "array",
                                "items": {
                                    "type": "object",
                                    "required": ["field", "before", "after"],
                                    "properties": {"field": {"type": "string"}, "before": {}, "after": {}},
                                },
                            },
                        },
                    },
                },
            },
        },
        "BulkJob": {
            "type": "object",
            "required": ["id", "type", "act", "state", "rows", "changed", "unchanged", "refused", "undo"],
            "properties": {
                "id": {"type": "string", "format": "uuid"},
                "type": {"type": "string"},
                "act": {"type": "string"},
                "state": {"enum": ["waiting", "running", "finished", "cancelled", "failed"]},
                "selected": {"type": ["integer", "null"]},
                **dict.fromkeys(("rows", "changed", "unchanged", "refused", "put_back", "kept"), _NUMBER),
                "others": {"type": "object", "additionalProperties": _NUMBER},
                "seconds": {"type": "number"},
                "seconds_left": {"type": ["number", "null"]},
                "message": {"type": "string"},
                "undo": {"enum": ["", "running", "done", "partly", "failed"]},
            },
        },
    }


def job_paths() -> dict[str, Any]:
    """The addresses of jobs."""
    job = answer("The job", {"$ref": "#/components/schemas/BulkJob"})

    def operation(
        name: str, summary: str, responses: dict[str, Any], *more: str, **rest: Any
    ) -> dict[str, Any]:
        return {
            "operationId": name,
            "tags": ["bulk"],
            "summary": summary,
            **rest,
            "responses": responses | problems("400", "401", "403", "404", "429", *more),
        }

    page = {
        "type": "object",
        "required": ["items", "next"],
        "properties": {
            "items": {"type": "array", "items": {"$ref": "#/components/schemas/BulkRefusal"}},
            "next": {"type": ["string", "null"]},
        },
    }
    return {
        "/bulk/{key}": {"parameters": [_KEY], "get": operation("bulkJob", "A bulk act", {"200": job})},
        "/bulk/{key}/refusals": {
            "parameters": [_KEY],
            "get": operation(
                "bulkRefusals",
                "Records that stayed as they were",
                {"200": answer("Refusals", page)},
                parameters=[
                    parameter(
                        "limit",
                        "query",
                        "",
                        {"type": "integer", "minimum": 1, "maximum": 500, "default": 100},
                    ),
                    parameter("after", "query", "`next` of the page before", {"type": "string"}),
                    parameter(
                        "undo", "query", "1: those that undoing left", {"enum": ["0", "1"], "default": "0"}
                    ),
                ],
            ),
        },
        "/bulk/{key}/cancel": {
            "parameters": [_KEY],
            "post": operation("bulkCancel", "Stop a bulk act", {"202": job}, "409"),
        },
        "/bulk/{key}/undo": {
            "parameters": [_KEY],
            "post": operation("bulkUndo", "Take a bulk act back", {"202": job}, "409"),
        },
    }
