"""The OpenAPI 3.1 description of the generic API, out of the registry."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from dangol.records import registry
from dangol.records.fields import Choice, Field, Integer, Reference, Text
from dangol.records.filters.names import allowed_operators
from dangol.records.types import RecordType

VERSION = "1"
JSON = "application/json"
PROBLEM = "application/problem+json"
PROBLEMS = {
    "400": _("The request is malformed: a parameter, the filter or the JSON"),
    "401": _("No session and no valid token"),
    "403": _("The roles or the token of the caller do not allow this"),
    "404": _("No such record or address, or none that the caller may see"),
    "405": _("The address does not know this method"),
    "409": _(
        "In conflict with the present state: changed since `version`, or a unique value was taken at this moment"
    ),
    "412": _("The record has changed since the version in `If-Match`"),
    "413": _("The body is too large"),
    "415": _("The body is not JSON"),
    "422": _("Some values cannot be stored; `errors` names them"),
    "429": _("Too many requests; wait for the seconds in `Retry-After`"),
}
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
    paths: dict[str, Any] = {"/search": {"get": _search(types)}}
    schemas = _common_schemas()
    tags = [{"name": "search", "description": "Search over all types"}]
    for record_type in types:
        name = _pascal(record_type.name)
        tags.append({"name": record_type.path, "description": str(record_type.label_plural)})
        schemas[name] = _item_schema(record_type)
        schemas[f"{name}Values"] = _values_schema(record_type)
        schemas[f"{name}Page"] = _page_schema(name)
        paths |= _paths(record_type, name)
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
            "responses": {f"Problem{status}": _problem_response(status) for status in PROBLEMS},
        },
    }


# operations


def _paths(record_type: RecordType, name: str) -> dict[str, Any]:
    base = f"/{record_type.path}"
    body = {"required": True, "content": {JSON: {"schema": {"$ref": f"#/components/schemas/{name}Values"}}}}
    patch = {
        "required": True,
        "content": {
            media: {
                "schema": {
                    "allOf": [
                        {"$ref": f"#/components/schemas/{name}Values"},
                        {"type": "object", "properties": {"version": {"type": "integer", "minimum": 1}}},
                    ]
                }
            }
            for media in (JSON, "application/merge-patch+json")
        },
    }
    one = [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}]
    label, plural = str(record_type.label), str(record_type.label_plural)
    match = _parameter("If-Match", "header", "The ETag that the change is based on", {"type": "string"})
    item = _answer("The record", {"$ref": f"#/components/schemas/{name}"}, etag=True)

    def operation(
        verb: str, summary: str, responses: dict[str, Any], *problems: str, **more: Any
    ) -> dict[str, Any]:
        return {
            "operationId": f"{verb}{name}",
            "tags": [record_type.path],
            "summary": summary,
            **more,
            "responses": responses | _problems("401", "403", "404", "429", *problems),
        }

    return {
        base: {
            "get": operation(
                "list", f"{plural}: list", {"200": _answer("A page", {"$ref": f"#/components/schemas/{name}Page"})},
                "400", parameters=_list_parameters(record_type),
            ),
            "post": operation(
                "create", f"{label}: create",
                {"201": {**item, "headers": item["headers"] | {"Location": {"schema": {"type": "string"}}}}},
                "400", "409", "413", "415", "422", requestBody=body,
                parameters=[
                    _parameter(
                        "Idempotency-Key", "header", "Chosen by the caller for each new record",
                        {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
                    )
                ],
            ),
        },
        f"{base}/{{id}}": {
            "parameters": one,
            "get": operation(
                "get", f"{label}: read", {"200": item, "304": {"description": "As in `If-None-Match`"}}, "400",
                parameters=[
                    _fields_parameter(record_type, "all fields"),
                    _parameter("If-None-Match", "header", "An ETag known already", {"type": "string"}),
                ],
            ),
            "patch": operation(
                "update", f"{label}: change", {"200": item}, "400", "409", "412", "413", "415", "422",
                requestBody=patch, parameters=[match],
            ),
            "delete": operation(
                "delete", f"{label}: put into the recycle bin",
                {"204": {"description": "It is in the recycle bin"}}, "400", "409", "412", parameters=[match],
            ),
        },
        f"{base}/{{id}}/timeline": {
            "parameters": one,
            "get": operation(
                "timelineOf", f"{label}: timeline", {"200": _answer("Entries, newest first", _items("TimelineEntry"))},
                "400", parameters=_page_parameters(200),
            ),
        },
        f"{base}/{{id}}/history": {
            "parameters": one,
            "get": operation(
                "historyOf", f"{label}: history", {"200": _answer("Changes, newest first", _items("HistoryItem"))},
                "400", parameters=_page_parameters(200),
            ),
        },
    }  # fmt: skip


def _search(types: list[RecordType]) -> dict[str, Any]:
    names = [record_type.name for record_type in types]
    return {
        "operationId": "search",
        "tags": ["search"],
        "summary": "Records of all types by name, initials, phone digits, numbers; best first",
        "parameters": [
            _parameter("q", "query", "What to look for", {"type": "string", "minLength": 1, "maxLength": 200}, required=True),
            _parameter("types", "query", f"Only these types, commas between them: {', '.join(names)}", {"type": "string"}),
            _parameter("limit", "query", "", {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}),
        ],
        "responses": {
            "200": _answer(
                "Hits",
                {
                    "type": "object",
                    "required": ["items"],
                    "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Hit"}}},
                },
            )
        }
        | _problems("400", "401", "403", "429"),
    }  # fmt: skip


def _list_parameters(record_type: RecordType) -> list[dict[str, Any]]:
    sortable = [name for name, field in record_type.fields.items() if field.sortable]
    default = ",".join(record_type.default_sort)
    return [
        _parameter(
            "filter", "query",
            "A filter as text (`stage = active and amount > 100`) or as canonical JSON", {"type": "string"},
        ),
        _parameter(
            "sort", "query",
            f"Fields with commas between them, `-` in front for descending: {', '.join(sortable)}",
            {"type": "string", "default": default},
        ),
        _fields_parameter(record_type, "the columns of the list"),
        *_page_parameters(500, 50),
    ]  # fmt: skip


def _page_parameters(most: int, default: int = 30) -> list[dict[str, Any]]:
    return [
        _parameter(
            "limit", "query", "", {"type": "integer", "minimum": 1, "maximum": most, "default": default}
        ),
        _parameter("after", "query", "`next` of the page before", {"type": "string"}),
    ]


def _fields_parameter(record_type: RecordType, default: str) -> dict[str, Any]:
    return _parameter(
        "fields",
        "query",
        f"Fields to return, commas between them, `*` for all; without it {default}",
        {"type": "string"},
    )


def _parameter(
    name: str, place: str, text: str, schema: dict[str, Any], *, required: bool = False
) -> dict[str, Any]:
    found: dict[str, Any] = {"name": name, "in": place, "required": required, "schema": schema}
    return {**found, "description": text} if text else found


def _answer(text: str, schema: dict[str, Any], *, etag: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = {"description": text, "content": {JSON: {"schema": schema}}}
    if etag:
        found["headers"] = {"ETag": {"schema": {"type": "string"}}}
    return found


def _problems(*statuses: str) -> dict[str, Any]:
    return {status: {"$ref": f"#/components/responses/Problem{status}"} for status in sorted(set(statuses))}


def _problem_response(status: str) -> dict[str, Any]:
    return {
        "description": str(PROBLEMS[status]),
        "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


# schemas


def _pascal(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _item_schema(record_type: RecordType) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "id": {"type": "integer"},
        "version": {"type": "integer", "minimum": 1},
    }
    for name, field in record_type.fields.items():
        if name != "id":
            properties[name] = _described(field, {**_out(field), "readOnly": not field.editable})
    return {
        "type": "object",
        "title": str(record_type.label),
        "required": ["id"],
        "properties": properties,
        "additionalProperties": False,
    }


def _values_schema(record_type: RecordType) -> dict[str, Any]:
    """What POST and PATCH take. What POST cannot do without is said in words: PATCH shares the schema."""
    properties = {
        name: _described(field, _in(field), needed=field.required)
        for name, field in record_type.editable_fields.items()
    }
    return {"type": "object", "properties": properties}


def _described(field: Field, schema: dict[str, Any], *, needed: bool = False) -> dict[str, Any]:
    text = str(field.label)
    if field.help:
        text += f". {field.help}"
    if needed:
        text += ". Required in a new record"
    shown = {key: value for key, value in schema.items() if not (key == "readOnly" and not value)}
    operators = allowed_operators(field)
    return {**shown, "description": text, "x-kind": field.kind, "x-operators": operators}


def _out(field: Field) -> dict[str, Any]:
    """The JSON in which a value comes out."""
    if isinstance(field, Choice):
        return {"enum": [*field.codes(), None]}
    if isinstance(field, Reference):
        return {"anyOf": [{"$ref": "#/components/schemas/Reference"}, {"type": "null"}]}
    match field.kind:
        case "integer":
            return {"type": ["integer", "null"]}
        case "number" | "money":
            return {"type": ["string", "null"], "pattern": r"^-?\d+(\.\d+)?$"}
        case "boolean":
            return {"type": ["boolean", "null"]}
        case "date":
            return {"type": ["string", "null"], "format": "date"}
        case "datetime":
            return {"type": ["string", "null"], "format": "date-time"}
    return {"type": ["string", "null"]}


def _in(field: Field) -> dict[str, Any]:
    """The JSON that is taken. Labels of choices and numbers as text are understood too."""
    if isinstance(field, Choice):
        return {"enum": [*field.codes(), None]}
    if isinstance(field, Reference):
        return {
            "anyOf": [
                {"type": "integer", "minimum": 1},
                {"type": "object", "minProperties": 1, "description": "By id or by a unique field"},
                {"type": "null"},
            ]
        }
    if isinstance(field, Integer):
        return {"type": ["integer", "null"], "minimum": field.low, "maximum": field.high}
    match field.kind:
        case "number" | "money":
            return {"type": ["string", "number", "null"]}
        case "boolean":
            return {"type": ["boolean", "null"]}
        case "date":
            return {"type": ["string", "null"], "format": "date"}
        case "datetime":
            return {"type": ["string", "null"], "format": "date-time"}
    found: dict[str, Any] = {"type": ["string", "null"]}
    if isinstance(field, Text) and field.max_length:
        found["maxLength"] = field.max_length
    return found


def _page_schema(name: str) -> dict[str, Any]:
    page = _items(name)
    page["required"] = ["items", "next", "count"]
    page["properties"]["count"] = {"$ref": "#/components/schemas/Count"}
    return page


def _items(name: str) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["items", "next"],
        "properties": {
            "items": {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}},
            "next": {"type": ["string", "null"], "description": "Cursor of the next page"},
        },
    }


def _common_schemas() -> dict[str, Any]:
    who = {
        "type": ["object", "null"],
        "properties": {"id": {"type": ["integer", "null"]}, "name": {"type": "string"}},
    }
    return {
        "Problem": {
            "type": "object",
            "description": "RFC 9457",
            "required": ["type", "title", "status", "detail"],
            "properties": {
                "type": {"type": "string", "format": "uri-reference"},
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "code": {"type": "string"},
                "detail": {"type": "string"},
                "instance": {"type": "string", "format": "uri-reference"},
                "request": {"type": "string"},
                "errors": {"type": "array", "items": {"$ref": "#/components/schemas/FieldError"}},
            },
        },
        "FieldError": {
            "type": "object",
            "required": ["field", "code", "message"],
            "properties": {
                "field": {
                    "type": "string",
                    "description": "Field or parameter; empty for the body as a whole",
                },
                "code": {"type": "string"},
                "message": {"type": "string"},
                "position": {"type": "integer", "description": "Character of the filter or the body"},
                "length": {"type": "integer"},
                "pointer": {"type": "string", "description": "Place in a JSON filter, RFC 6901"},
                "expected": {"type": "array", "items": {"type": "string"}},
            },
        },
        "Reference": {
            "type": "object",
            "required": ["id", "title"],
            "properties": {"id": {"type": "integer"}, "title": {"type": "string"}},
        },
        "Count": {
            "type": "object",
            "required": ["value", "exact"],
            "properties": {
                "value": {"type": "integer", "minimum": 0},
                "exact": {"type": "boolean", "description": "False: there are at least `value`"},
            },
        },
        "Hit": {
            "type": "object",
            "required": ["type", "id", "title", "url"],
            "properties": {
                "type": {"type": "string"},
                "id": {"type": "integer"},
                "title": {"type": "string"},
                "url": {"type": "string"},
                "matched": {"type": "string"},
                "score": {"type": "number"},
            },
        },
        "TimelineEntry": {
            "type": "object",
            "required": ["id", "at", "kind", "title"],
            "properties": {
                "id": {"type": "integer"},
                "at": {"type": "string", "format": "date-time"},
                "kind": {"type": "string"},
                "title": {"type": "string"},
                "body": {"type": "string"},
                "source": {
                    "type": "object",
                    "properties": {"type": {"type": "string"}, "id": {"type": "integer"}},
                },
                "actor": who,
                "data": {"type": "object"},
            },
        },
        "HistoryItem": {
            "type": "object",
            "required": ["id", "version", "at", "action", "changes"],
            "properties": {
                "id": {"type": "integer"},
                "version": {"type": "integer"},
                "at": {"type": "string", "format": "date-time"},
                "actor": who,
                "action": {"type": "string"},
                "origin": {"type": "string"},
                "request": {"type": "string"},
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
    }
