"""What the tools do: what the API does, through the same doors – permissions, field rules, the one writer."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.identity.actors import Actor
from dangol.integrations.mcp.registry import Tool, register
from dangol.records import fieldrules, permissions, ports, registry, writing
from dangol.records.bulk import acts, runs
from dangol.records.fields import Choice, MultiChoice
from dangol.records.filters.messages import did_you_mean, nearest
from dangol.records.filters.names import allowed_operators
from dangol.records.lists import record_get, record_list
from dangol.records.rest import showing
from dangol.records.rest.bulk import asked, job
from dangol.records.rest.endpoints import not_found
from dangol.records.rest.problems import Problem
from dangol.records.rest.reading import MAX_SEARCH, filter_of, sort_of
from dangol.records.search.page import find
from dangol.records.types import RecordType
from dangol.records.writing import Missing

ORIGIN = "mcp"
ACTIONS = ("view", "create", "edit", "delete")
_ID: dict[str, Any] = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
_TEXT: dict[str, Any] = {"type": "string"}
_TYPE: dict[str, Any] = {"type": "string", "description": "A record type of describe_types, such as customer"}
_FIELDS: dict[str, Any] = {
    "type": "array",
    "items": _TEXT,
    "description": "Names of fields; without it the usual ones",
}
_VALUES: dict[str, Any] = {"type": "object", "description": "Field names and values; references as ids"}


def _type(actor: Actor, name: str, action: str = "view") -> RecordType:
    found = registry.find(name) or registry.by_path(name)
    if found is None:
        known = [kind.name for kind in registry.all_types() if permissions.allowed(actor, kind, "view")]
        message = _("There is no record type “%(name)s”.") % {"name": name[:40]}
        raise Problem(404, "not_found", message + did_you_mean(nearest(name, known)))
    if not permissions.allowed(actor, found, action):
        text = _("Your roles do not allow this with %(records)s.") % {"records": found.label_plural}
        raise Problem(403, "forbidden", text)
    return fieldrules.seen_by(actor, found)


def describe_types(actor: Actor, given: dict[str, Any]) -> dict[str, Any]:
    """The record types that the actor may see, and what may be done with each. No query."""
    found = []
    for kind in registry.all_types():
        may = [action for action in ACTIONS if permissions.allowed(actor, kind, action)]
        if may:
            label, plural = str(kind.label), str(kind.label_plural)
            found.append({"type": kind.name, "label": label, "plural": plural, "may": may})
    return {"types": found}


def describe_fields(actor: Actor, given: dict[str, Any]) -> dict[str, Any]:
    """The fields of a type as they are for the actor. No query."""
    kind = _type(actor, given["type"])
    fields = []
    for name, field in permissions.fields_for(actor, kind).items():
        shown: dict[str, Any] = {
            "name": name,
            "label": str(field.label),
            "kind": field.kind,
            "editable": name in kind.editable_fields,
            "operators": allowed_operators(field),
        }
        if field.required:
            shown["required"] = True
        if field.target:
            shown["refers_to"] = field.target
        if isinstance(field, Choice | MultiChoice):
            shown["choices"] = list(field.codes())
        fields.append(shown)
    return {"type": kind.name, "title": kind.title, "fields": fields}


def search(actor: Actor, given: dict[str, Any]) -> dict[str, Any]:
    """Records of all types by name, number or phone, best first."""
    text = given["query"].strip()[:MAX_SEARCH]
    if not text:
        raise Problem(422, "invalid", _("Write the text to look for."))
    types = [_type(actor, name) for name in given.get("types", [])] or None
    hits = find(actor=actor, q=text, types=types, limit=given.get("limit", 10))
    return {
        "items": [
            {"type": one.record_type.name, "id": one.id, "title": one.title, "subtitle": one.subtitle}
            for one in hits
        ]
    }


def list_records(actor: Actor, given: dict[str, Any]) -> dict[str, Any]:
    """One page of records that match a filter. One query."""
    kind = _type(actor, given["type"])
    wanted = ",".join(given["fields"]) if "fields" in given else None
    names = showing.names_in(wanted, kind, (kind.title, *kind.list_fields), actor=actor)
    names = list(dict.fromkeys(names))
    page = record_list(
        actor=actor,
        record_type=kind,
        tree=filter_of(given.get("filter", ""), kind, actor),
        sort=sort_of(given.get("sort")),
        limit=given.get("limit", 20),
        after=given.get("after") or None,
        columns=names or [kind.title],
    )
    return {"items": [showing.item(kind, row, names) for row in page.rows], "next": page.next}


def read_record(actor: Actor, given: dict[str, Any]) -> dict[str, Any]:
    """One record. One query."""
    kind = _type(actor, given["type"])
    wanted = ",".join(given["fields"]) if "fields" in given else None
    names = showing.names_in(wanted, kind, kind.fields, actor=actor)
    row = record_get(actor=actor, record_type=kind, record_id=given["id"], columns=names)
    if row is None:
        raise not_found()
    return showing.item(kind, row, names)


def create_record(actor: Actor, given: dict[str, Any]) -> dict[str, Any]:
    """Make a record, checked as everywhere."""
    kind = _type(actor, given["type"], "create")
    number = writing.create(kind, given["values"], actor=actor, origin=ORIGIN)
    return _stored(actor, kind, number)


def update_record(actor: Actor, given: dict[str, Any]) -> dict[str, Any]:
    """Change fields of a record; with `version` only if nobody was faster."""
    kind = _type(actor, given["type"])
    try:
        writing.update(
            kind, given["id"], given["values"], actor=actor, version=given.get("version"), origin=ORIGIN
        )
    except Missing as error:
        raise _refused(actor, kind, given["id"], error) from None
    return _stored(actor, kind, given["id"])


def delete_record(actor: Actor, given: dict[str, Any]) -> dict[str, Any]:
    """Put a record into the recycle bin."""
    kind = _type(actor, given["type"])
    try:
        writing.delete(kind, [given["id"]], actor=actor, origin=ORIGIN)
    except Missing as error:
        raise _refused(actor, kind, given["id"], error) from None
    return {"deleted": given["id"], "type": kind.name}


def timeline(actor: Actor, given: dict[str, Any]) -> dict[str, Any]:
    """What happened with a record, newest first. Two queries."""
    kind = _type(actor, given["type"])
    if record_get(actor=actor, record_type=kind, record_id=given["id"], columns=[]) is None:
        raise not_found()
    kept = ports.timeline()
    if kept is None:
        return {"items": [], "next": None}
    try:
        page = kept.page(
            actor=actor,
            record_type=kind,
            record_id=given["id"],
            limit=given.get("limit", 20),
            after=given.get("after") or None,
        )
    except ValueError:
        text = _("The cursor is not valid for this list. Start from the first page.")
        raise Problem(400, "parameter", text) from None
    return {"items": [entry.to_json() for entry in page.entries], "next": page.next}


def list_acts(actor: Actor, given: dict[str, Any]) -> dict[str, Any]:
    """What may be done to many records of a type at once. No query."""
    kind = _type(actor, given["type"])
    found = [
        {
            "act": act.name,
            "label": str(act.label),
            "help": str(act.help),
            "inputs": list(act.inputs),
            "in_bin": in_bin,
        }
        for in_bin in (False, True)
        for act in acts.acts_for(actor, kind, in_bin=in_bin)
    ]
    return {"type": kind.name, "acts": found}


def run_act(actor: Actor, given: dict[str, Any]) -> dict[str, Any]:
    """Carry an act out on a selection: few records at once, many in the background; `dry_run` only counts."""
    kind = _type(actor, given["type"])
    body = {name: value for name, value in given.items() if name != "type"}
    plan, dry = asked(body, kind, actor)
    return dry if dry is not None else job(runs.run_start(plan, actor=actor, origin=ORIGIN, wait=True))


def _stored(actor: Actor, kind: RecordType, number: int) -> dict[str, Any]:
    row = record_get(actor=actor, record_type=kind, record_id=number)
    names = showing.names_in(None, kind, kind.fields, actor=actor)
    return {"id": number} if row is None else showing.item(kind, row, names)


def _refused(actor: Actor, kind: RecordType, number: int, error: Missing) -> Exception:
    if record_get(actor=actor, record_type=kind, record_id=number, columns=[]) is None:
        return not_found()
    if any(item.code == "missing" and item.field == "id" for item in error.errors):
        return Problem(403, "forbidden", _("You may see this record but not change it."))
    return error


def register_all() -> None:
    """Make the tools known; called once, when Django is ready."""
    limit: dict[str, Any] = {"type": "integer", "minimum": 1, "maximum": 100}
    after: dict[str, Any] = {"type": "string", "description": "next of the page before"}
    one: dict[str, dict[str, Any]] = {"type": _TYPE, "id": _ID}
    select: dict[str, Any] = {
        "type": "object",
        "description": '{"ids": [1, 2]} or {"filter": "…", "except": []}',
    }
    for tool in (
        Tool(
            "describe_types",
            gettext_lazy("Kinds of records"),
            gettext_lazy("What kinds of records there are, and what you may do with them."),
            describe_types,
        ),
        Tool(
            "describe_fields",
            gettext_lazy("Fields of a kind"),
            gettext_lazy("The fields of a kind of record, their choices and filter operators."),
            describe_fields,
            {"type": _TYPE},
            ("type",),
        ),
        Tool(
            "search",
            gettext_lazy("Search"),
            gettext_lazy("Find records by part of a name, initials (ㅅㅅㅈㅈ), number, mail or phone."),
            search,
            {"query": _TEXT, "types": {"type": "array", "items": _TYPE}, "limit": limit},
            ("query",),
        ),
        Tool(
            "list_records",
            gettext_lazy("List records"),
            gettext_lazy("Records that match a filter, page by page."),
            list_records,
            {
                "type": _TYPE,
                "filter": _TEXT,
                "sort": {
                    "type": "string",
                    "description": "Field names with commas between them, - in front for descending",
                },
                "fields": _FIELDS,
                "limit": limit,
                "after": after,
            },
            ("type",),
        ),
        Tool(
            "read_record",
            gettext_lazy("Read a record"),
            gettext_lazy("All fields of one record, or those named."),
            read_record,
            {**one, "fields": _FIELDS},
            ("type", "id"),
        ),
        Tool(
            "timeline",
            gettext_lazy("Timeline of a record"),
            gettext_lazy("Notes, calls, orders and changes of a record, newest first."),
            timeline,
            {**one, "limit": limit, "after": after},
            ("type", "id"),
        ),
        Tool(
            "create_record",
            gettext_lazy("Create a record"),
            gettext_lazy("Make a record. Wrong values are named in the answer."),
            create_record,
            {"type": _TYPE, "values": _VALUES},
            ("type", "values"),
            reads=False,
        ),
        Tool(
            "update_record",
            gettext_lazy("Change a record"),
            gettext_lazy(
                "Change fields of a record; give the version you read, so that nobody's change is lost."
            ),
            update_record,
            {**one, "values": _VALUES, "version": {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}},
            ("type", "id", "values"),
            reads=False,
        ),
        Tool(
            "delete_record",
            gettext_lazy("Delete a record"),
            gettext_lazy("Put a record into the recycle bin."),
            delete_record,
            one,
            ("type", "id"),
            reads=False,
            destroys=True,
        ),
        Tool(
            "list_acts",
            gettext_lazy("Acts on many records"),
            gettext_lazy("What can be done to many records of a kind at once."),
            list_acts,
            {"type": _TYPE},
            ("type",),
        ),
        Tool(
            "run_act",
            gettext_lazy("Act on many records"),
            gettext_lazy("Carry out an act of list_acts on a selection. Try it with dry_run first."),
            run_act,
            {
                "type": _TYPE,
                "act": _TEXT,
                "select": select,
                "change": {"type": "object"},
                "settings": {"type": "object"},
                "dry_run": {"type": "boolean"},
            },
            ("type", "select"),
            reads=False,
            destroys=True,
        ),
    ):
        register(tool)
