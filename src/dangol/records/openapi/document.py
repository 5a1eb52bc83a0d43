"""The OpenAPI 3.1 document: every record type's routes, and those that higher rooms contribute."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils import translation

from dangol.records import registry
from dangol.records.openapi.attachments import SCHEMA as ATTACHMENT
from dangol.records.openapi.attachments import attachment_paths
from dangol.records.openapi.bulk import bulk_answers, bulk_body, bulk_schemas, job_paths
from dangol.records.openapi.contributions import contributed
from dangol.records.openapi.duplicates import duplicate_paths, duplicate_schemas, refuse_parameter
from dangol.records.openapi.exports import export_answer, export_parameters
from dangol.records.openapi.parts import JSON, PROBLEMS, answer, parameter, problem_response, problems
from dangol.records.openapi.schemas import (
    change_schema,
    common_schemas,
    item_schema,
    items_schema,
    new_schema,
    page_schema,
    pascal,
)
from dangol.records.openapi.views import view_paths, view_schemas
from dangol.records.types import RecordType

VERSION = "1"
ABOUT = """\
Every record type has the same operations. Send `Authorization: Bearer TOKEN`.

**Errors** are RFC 9457 problem details; `code` is stable, `detail` and `errors[].message` are in the language of the \
caller.

**Versions.** Each record carries `version`; its ETag is `W/"version"`. Send it back in `If-Match` with PATCH and \
DELETE and a change of someone else in between is answered with 412 instead of being overwritten; `version` in the \
body of a PATCH does the same with 409. Without either the change is made whatever the version is.

**Repeating.** With an `Idempotency-Key` a POST that was sent twice is done once: for 24 hours the same key gives the \
first answer again (`Idempotency-Replayed: true`). The same key with another body is refused with 422.

**Numbers** with decimal places are strings, so that no digit is lost; they are accepted as numbers too.
"""


def document(record_types: Iterable[RecordType] | None = None, language: str = "en") -> dict[str, Any]:
    """The whole description; of all registered types when none are given. No queries."""
    with translation.override(language):
        return _document(registry.all_types() if record_types is None else record_types)


def _document(record_types: Iterable[RecordType]) -> dict[str, Any]:
    types = sorted(record_types, key=lambda item: item.path)
    paths: dict[str, Any] = {"/search": {"get": _search(types)}} | job_paths()
    schemas = {**common_schemas(), **bulk_schemas(), **duplicate_schemas(), "Attachment": ATTACHMENT}
    tags = [
        {"name": "search", "description": "Search over all types"},
        {"name": "bulk", "description": "Acts on many records, in the background"},
    ]
    for record_type in types:
        name = pascal(record_type.name)
        tags.append({"name": record_type.path, "description": str(record_type.label_plural)})
        schemas[name] = item_schema(record_type)
        schemas[f"{name}New"] = new_schema(record_type)
        schemas[f"{name}Change"] = change_schema(record_type)
        schemas[f"{name}Page"] = page_schema(name)
        paths |= _paths(record_type, name)
    tags.append({"name": "views", "description": "Saved views of lists"})
    schemas |= view_schemas()
    paths |= view_paths([record_type.path for record_type in types])
    for addition in contributed():
        tags.append({"name": addition.tag, "description": str(addition.label)})
        paths |= addition.paths()
        if addition.of_type is not None:
            for record_type in types:
                paths |= addition.of_type(record_type)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Dangol", "version": VERSION, "description": ABOUT},
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}, {"session": []}],
        "tags": tags,
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "sessionid"},
            },
            "schemas": schemas,
            "responses": {f"Problem{status}": problem_response(status) for status in PROBLEMS},
        },
    }


# operations


def _paths(record_type: RecordType, name: str) -> dict[str, Any]:
    base = f"/{record_type.path}"
    body = {"required": True, "content": {JSON: {"schema": {"$ref": f"#/components/schemas/{name}New"}}}}
    patch = {
        "required": True,
        "content": {
            media: {"schema": {"$ref": f"#/components/schemas/{name}Change"}}
            for media in (JSON, "application/merge-patch+json")
        },
    }
    one = [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}]
    label, plural = str(record_type.label), str(record_type.label_plural)
    match = parameter("If-Match", "header", "The ETag that the change is based on", {"type": "string"})
    item = answer("The record", {"$ref": f"#/components/schemas/{name}"}, etag=True)

    def operation(
        verb: str, summary: str, responses: dict[str, Any], *refusals: str, **more: Any
    ) -> dict[str, Any]:
        return {
            "operationId": f"{verb}{name}",
            "tags": [record_type.path],
            "summary": summary,
            **more,
            "responses": responses | problems("401", "403", "404", "429", *refusals),
        }

    return {
        base: {
            "get": operation(
                "list", f"{plural}: list", {"200": answer("A page", {"$ref": f"#/components/schemas/{name}Page"})},
                "400", parameters=_list_parameters(record_type),
            ),
            "post": operation(
                "create", f"{label}: create",
                {"201": {**item, "headers": item["headers"] | {"Location": {"schema": {"type": "string"}}}}},
                "400", "409", "413", "415", "422", requestBody=body,
                parameters=[_idempotency(), *([refuse_parameter()] if record_type.matching else [])],
            ),
        },
        f"{base}/export": {
            "get": operation(
                "export", f"{plural}: export", {"200": export_answer()}, "400", "422",
                parameters=export_parameters(record_type, _list_parameters(record_type)),
            ),
        },
        f"{base}/bulk": {
            "post": operation(
                "bulk", f"{plural}: change many", bulk_answers(), "400", "409", "413", "415", "422",
                requestBody=bulk_body(), parameters=[_idempotency()],
            ),
        },
        f"{base}/{{id}}": {
            "parameters": one,
            "get": operation(
                "get", f"{label}: read", {"200": item, "304": {"description": "As in `If-None-Match`"}}, "400", "410",
                parameters=[
                    _fields_parameter(record_type, "all fields"),
                    parameter("If-None-Match", "header", "An ETag known already", {"type": "string"}),
                ],
            ),
            "patch": operation(
                "update", f"{label}: change", {"200": item}, "400", "409", "410", "412", "413", "415", "422",
                requestBody=patch, parameters=[match],
            ),
            "delete": operation(
                "delete", f"{label}: put into the recycle bin",
                {"204": {"description": "It is in the recycle bin"}}, "400", "409", "410", "412", parameters=[match],
            ),
        },
        **duplicate_paths(record_type, name, operation),
        **attachment_paths(base, label, operation),
        f"{base}/{{id}}/timeline": {
            "parameters": one,
            "get": operation(
                "timelineOf", f"{label}: timeline", {"200": answer("Entries, newest first", items_schema("TimelineEntry"))},
                "400", "410", parameters=_page_parameters(200),
            ),
        },
        f"{base}/{{id}}/history": {
            "parameters": one,
            "get": operation(
                "historyOf", f"{label}: history", {"200": answer("Changes, newest first", items_schema("HistoryItem"))},
                "400", "410", parameters=_page_parameters(200),
            ),
        },
    }  # fmt: skip


def _idempotency() -> dict[str, Any]:
    return parameter(
        "Idempotency-Key", "header", "Chosen by the caller for each new record",
        {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    )  # fmt: skip


def _search(types: list[RecordType]) -> dict[str, Any]:
    names = [record_type.name for record_type in types]
    return {
        "operationId": "search",
        "tags": ["search"],
        "summary": "Records of all types by name, initials, phone digits, numbers; best first",
        "parameters": [
            parameter("q", "query", "What to look for", {"type": "string", "minLength": 1, "maxLength": 200}, required=True),
            parameter("types", "query", f"Only these types, commas between them: {', '.join(names)}", {"type": "string"}),
            parameter("limit", "query", "", {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}),
        ],
        "responses": {
            "200": answer(
                "Hits",
                {
                    "type": "object",
                    "required": ["items"],
                    "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Hit"}}},
                },
            )
        }
        | problems("400", "401", "403", "429"),
    }  # fmt: skip


def _list_parameters(record_type: RecordType) -> list[dict[str, Any]]:
    sortable = [name for name, field in record_type.fields.items() if field.sortable]
    default = ",".join(record_type.default_sort)
    return [
        parameter(
            "filter", "query",
            "A filter as text (`stage = active and amount > 100`) or as canonical JSON", {"type": "string"},
        ),
        parameter(
            "sort", "query",
            f"Fields with commas between them, `-` in front for descending: {', '.join(sortable)}",
            {"type": "string", "default": default},
        ),
        _fields_parameter(record_type, "the columns of the list"),
        *_page_parameters(500, 50),
    ]  # fmt: skip


def _page_parameters(most: int, default: int = 30) -> list[dict[str, Any]]:
    return [
        parameter(
            "limit", "query", "", {"type": "integer", "minimum": 1, "maximum": most, "default": default}
        ),
        parameter("after", "query", "`next` of the page before", {"type": "string"}),
    ]


def _fields_parameter(record_type: RecordType, default: str) -> dict[str, Any]:
    return parameter(
        "fields",
        "query",
        f"Fields to return, commas between them, `*` for all; without it {default}",
        {"type": "string"},
    )
