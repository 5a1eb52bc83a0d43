"""The tools: what an assistant can do, each of them one call of the API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from dangol.integrations.assistants.calling import Call

Given = Mapping[str, Any]

INSTRUCTIONS = """Dangol is a CRM: customers, contacts, orders, what was said with them, and records of the company's own types.
Begin with describe_types, then describe_type for the type you need: names of fields, choices, filters and acts stand there.
Filters are text: stage = active and rfm.monetary >= 1000000 and orders.any(status = placed), name contains "한빛",
updated_at >= today - 30d, owner = me. References are given by id. Dates are ISO, moments UTC. You see and change what the
owner of the key may see and change; what is refused says why. Personal data are for the task at hand only."""


class Unclear(ValueError):
    """What was given makes no call; the text says what would be right."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: its schema in JSON Schema, whether it changes nothing, whether it takes something away, and its call."""

    name: str
    title: str
    description: str
    properties: dict[str, Any]
    required: tuple[str, ...]
    call: Callable[[Given], Call]
    reads: bool = True
    destroys: bool = False
    repeats: bool = True

    @property
    def schema(self) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": self.properties,
            "required": list(self.required),
            "additionalProperties": False,
        }


_TYPE = {
    "type": "string",
    "pattern": "^[a-z][a-z0-9-]{0,62}$",
    "description": "Path of a type, such as customers or x-equipment",
}
_ID = {"type": "integer", "minimum": 1}
_FIELDS = {
    "type": "array",
    "items": {"type": "string"},
    "description": "Names of the fields to return; else those of lists",
}
_VALUES = {"type": "object", "description": "Values by name of field; null empties a field"}
_LIMIT = {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}


def _path(*parts: Any) -> str:
    return "/".join(quote(str(part), safe="") for part in parts)


def _list(given: Given) -> Call:
    query = {
        "filter": given.get("filter"),
        "sort": ",".join(given.get("sort", ())),
        "fields": ",".join(given.get("fields", ())),
        "limit": given.get("limit", 50),
        "after": given.get("after"),
    }
    return Call("GET", _path(given["type"]), query)


def _act(given: Given) -> Call:
    if "ids" in given:
        select: dict[str, Any] = {"ids": given["ids"]}
    elif "filter" in given:
        select = {"filter": given["filter"]}
    else:
        raise Unclear("Give ids, or a filter; an empty filter means all records of the type.")
    body = {"select": select, "act": given["act"], "dry_run": given.get("dry_run", True)}
    for name in ("change", "settings"):
        if name in given:
            body[name] = given[name]
    return Call("POST", _path(given["type"], "bulk"), {}, body)


TOOLS = (
    Tool(
        "describe_types", "Types of records", "Which types of records there are, and what you may do with each.",
        {}, (), lambda given: Call("GET", "types", {}),
    ),
    Tool(
        "describe_type", "Fields of a type",
        "Fields with kind, choices and the operators of filters, relations for conditions such as orders.any(…), and acts.",
        {"type": _TYPE}, ("type",), lambda given: Call("GET", _path("types", given["type"]), {}),
    ),
    Tool(
        "search", "Search",
        "Find records of all types by name, initials (ㅎㅂ), digits of a phone, business number, order number.",
        {"query": {"type": "string", "minLength": 1, "maxLength": 200}}, ("query",),
        lambda given: Call("GET", "search", {"q": given["query"]}),
    ),
    Tool(
        "list_records", "List records",
        "Records of a type by filter and order, with a count. `next` of the answer is `after` of the next page.",
        {
            "type": _TYPE, "filter": {"type": "string"},
            "sort": {"type": "array", "items": {"type": "string"}, "description": "Names of fields, with - in front descending"},
            "fields": _FIELDS, "limit": _LIMIT, "after": {"type": "string"},
        },
        ("type",), _list,
    ),
    Tool(
        "read_record", "Read a record", "One record with all its fields.",
        {"type": _TYPE, "id": _ID, "fields": _FIELDS}, ("type", "id"),
        lambda given: Call("GET", _path(given["type"], given["id"]), {"fields": ",".join(given.get("fields", ()))}),
    ),
    Tool(
        "read_timeline", "Read the timeline", "What happened with a record, newest first: talks, orders, changes.",
        {"type": _TYPE, "id": _ID, "after": {"type": "string"}}, ("type", "id"),
        lambda given: Call("GET", _path(given["type"], given["id"], "timeline"), {"after": given.get("after")}),
    ),
    Tool(
        "create_record", "Create a record",
        "A new record. A note, call, meeting, mail or task is a record of the type interactions.",
        {"type": _TYPE, "values": _VALUES}, ("type", "values"),
        lambda given: Call("POST", _path(given["type"]), {}, given["values"]), reads=False, repeats=False,
    ),
    Tool(
        "update_record", "Change a record",
        "Changes the named fields. Give the `version` that you read: what somebody changed since is then not overwritten.",
        {"type": _TYPE, "id": _ID, "values": _VALUES, "version": _ID}, ("type", "id", "values"),
        lambda given: Call(
            "PATCH", _path(given["type"], given["id"]), {},
            {**given["values"], **({"version": given["version"]} if "version" in given else {})},
        ),
        reads=False, destroys=True,
    ),
    Tool(
        "delete_record", "Delete a record", "Puts a record into the recycle bin, from where people can restore it.",
        {"type": _TYPE, "id": _ID}, ("type", "id"),
        lambda given: Call("DELETE", _path(given["type"], given["id"]), {}), reads=False, destroys=True,
    ),
    Tool(
        "act_on_records", "Act on many records",
        "An act of describe_type on the records with these ids or of a filter: edit (with `change`, such as "
        '{"stage": {"set": "active"}}), delete, restore, and those of the type with `settings`. '
        "First with dry_run, which only says what would happen; then with dry_run false. It can be undone.",
        {
            "type": _TYPE, "act": {"type": "string"},
            "ids": {"type": "array", "items": _ID, "minItems": 1, "maxItems": 1000}, "filter": {"type": "string"},
            "change": {"type": "object"}, "settings": {"type": "object"}, "dry_run": {"type": "boolean", "default": True},
        },
        ("type", "act"), _act, reads=False, destroys=True, repeats=False,
    ),
    Tool(
        "follow_act", "How far an act is", "State, counts and refusals of an act on many records.",
        {"key": {"type": "string", "pattern": "^[0-9a-f-]{36}$"}}, ("key",),
        lambda given: Call("GET", _path("bulk", given["key"]), {}),
    ),
)  # fmt: skip
BY_NAME = {tool.name: tool for tool in TOOLS}
