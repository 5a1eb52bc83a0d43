"""How the search for duplicates is described."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dangol.records.openapi.parts import JSON, answer, parameter
from dangol.records.types import RecordType

_EVIDENCE = {
    "type": "object",
    "description": "Compared field → how far the two agree: same, typing, sound, near, ending, mailbox, different",
    "additionalProperties": {"type": "string"},
}
_SHARE = {"type": "number", "minimum": 0, "maximum": 1}
STATES = ["open", "later", "different", "merged"]


def refuse_parameter() -> dict[str, Any]:
    """The header with which creating is refused."""
    return parameter(
        "Duplicates",
        "header",
        "`refuse`: create nothing that may be there already (409)",
        {"enum": ["refuse"]},
    )


def duplicate_schemas() -> dict[str, Any]:
    """What a check answers, and a pair."""
    likes = {
        "type": "object",
        "required": ["id", "title", "probability", "evidence"],
        "properties": {
            "id": {"type": "integer"},
            "title": {"type": "string"},
            "probability": _SHARE,
            "evidence": _EVIDENCE,
        },
    }
    elsewhere = {
        "type": "object",
        "description": "Similar records of others: how many, and of which teams; nothing of the records",
        "required": ["count", "teams"],
        "properties": {
            "count": {"type": "integer", "minimum": 0},
            "teams": {"type": "array", "items": {"type": "string"}},
        },
    }
    return {
        "Similar": {
            "type": "object",
            "required": ["items", "elsewhere"],
            "properties": {"items": {"type": "array", "items": likes}, "elsewhere": elsewhere},
        },
        "DuplicatePair": {
            "type": "object",
            "required": ["id", "records", "probability", "evidence", "state", "found_by", "found_at"],
            "properties": {
                "id": {"type": "integer"},
                "records": {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2},
                "probability": _SHARE,
                "evidence": _EVIDENCE,
                "state": {"enum": STATES},
                "found_by": {"enum": ["scan", "entry", "import"]},
                "found_at": {"type": "string", "format": "date-time"},
                "decided_by": {"type": ["integer", "null"]},
                "decided_at": {"type": ["string", "null"], "format": "date-time"},
            },
        },
    }


def duplicate_paths(
    record_type: RecordType, name: str, operation: Callable[..., dict[str, Any]]
) -> dict[str, Any]:
    """The addresses of a type whose records are compared."""
    if not record_type.matching:
        return {}
    base, plural = f"/{record_type.path}/duplicates", str(record_type.label_plural)
    pair = {"$ref": "#/components/schemas/DuplicatePair"}
    page = {
        "type": "object",
        "required": ["items", "next"],
        "properties": {"items": {"type": "array", "items": pair}, "next": {"type": ["string", "null"]}},
    }
    body = {"required": True, "content": {JSON: {"schema": {"$ref": f"#/components/schemas/{name}New"}}}}
    decision = {
        "type": "object",
        "required": ["state"],
        "additionalProperties": False,
        "properties": {"state": {"enum": ["open", "later", "different"]}},
    }
    return {
        base: {
            "get": operation(
                "listDuplicatesOf", f"{plural}: pairs that may be the same", {"200": answer("A page", page)}, "400",
                parameters=[
                    parameter("state", "query", "", {"enum": STATES, "default": "open"}),
                    parameter("limit", "query", "", {"type": "integer", "minimum": 1, "maximum": 500, "default": 50}),
                    parameter("after", "query", "`next` of the page before", {"type": "string"}),
                ],
            ),
            "post": operation(
                "findDuplicatesOf", f"{plural}: is it there already", {
                    "200": answer("What is like it", {"$ref": "#/components/schemas/Similar"})
                }, "400", "413", "415", "422", requestBody=body,
            ),
        },
        f"{base}/{{id}}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}],
            "patch": operation(
                "decideDuplicateOf", f"{plural}: decide about a pair", {"200": answer("The pair", pair)},
                "400", "409", "413", "415", "422",
                requestBody={"required": True, "content": {JSON: {"schema": decision}}},
            ),
        },
    }  # fmt: skip
