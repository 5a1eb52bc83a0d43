"""What comes out and goes in, as JSON Schema."""

from __future__ import annotations

from typing import Any

from dangol.records.fields import Choice, Field, Integer, MultiChoice, Reference, Text
from dangol.records.filters.names import allowed_operators
from dangol.records.types import RecordType


def pascal(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def item_schema(record_type: RecordType) -> dict[str, Any]:
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


def new_schema(record_type: RecordType) -> dict[str, Any]:
    """What POST takes: the fields, those first that it cannot do without."""
    defaults = record_type.table.defaults
    needed = [
        name
        for name, field in record_type.editable_fields.items()
        if field.required
        and not getattr(field, "condition", "")
        and defaults.get(name) in (None, "")
        and getattr(field, "default", None) is None
    ]
    schema = _values(record_type)
    return {**schema, "required": needed} if needed else schema


def change_schema(record_type: RecordType) -> dict[str, Any]:
    """What PATCH takes: the fields that change, and the version that the change is based on."""
    schema = _values(record_type)
    schema["properties"]["version"] = {"type": "integer", "minimum": 1, "description": "Instead of If-Match"}
    return schema


def _values(record_type: RecordType) -> dict[str, Any]:
    properties = {name: _described(field, _in(field)) for name, field in record_type.editable_fields.items()}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _described(field: Field, schema: dict[str, Any]) -> dict[str, Any]:
    text = str(field.label)
    if field.help:
        text += f". {field.help}"
    shown = {key: value for key, value in schema.items() if not (key == "readOnly" and not value)}
    operators = allowed_operators(field)
    return {**shown, "description": text, "x-kind": field.kind, "x-operators": operators}


def _out(field: Field) -> dict[str, Any]:
    """The JSON in which a value comes out."""
    if isinstance(field, MultiChoice):
        return {"type": ["array", "null"], "items": {"enum": field.codes()}}
    if isinstance(field, Choice):
        return {"enum": [*field.codes(), None]}
    if isinstance(field, Reference):
        return {"anyOf": [{"$ref": "#/components/schemas/Reference"}, {"type": "null"}]}
    match field.kind:
        case "tags":
            return {"type": ["array", "null"], "items": {"type": "string"}}
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
    if isinstance(field, MultiChoice):
        return {"type": ["array", "string", "null"], "items": {"enum": field.codes()}, "uniqueItems": True}
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
        case "tags":
            return {"type": ["array", "null"], "items": {"type": "string", "maxLength": 50}, "maxItems": 30}
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


def page_schema(name: str) -> dict[str, Any]:
    page = items_schema(name)
    page["required"] = ["items", "next", "count"]
    page["properties"]["count"] = {"$ref": "#/components/schemas/Count"}
    return page


def items_schema(name: str) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["items", "next"],
        "properties": {
            "items": {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}},
            "next": {"type": ["string", "null"], "description": "Cursor of the next page"},
        },
    }


def common_schemas() -> dict[str, Any]:
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
                "merged_into": {
                    "type": "object",
                    "description": "With 410: the record that stands for this one now",
                    "properties": {
                        "id": {"type": "integer"},
                        "url": {"type": "string", "format": "uri-reference"},
                    },
                },
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
                "comments": {"type": "integer", "minimum": 0},
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
                "record": {
                    "type": "integer",
                    "description": "Another id: of a record that was merged into this one",
                },
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
