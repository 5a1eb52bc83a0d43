"""Reads the history of a record: who changed which field from what to what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.identity.actors import Actor
from dangol.records import permissions, registry
from dangol.records.fields import Field, Locale, Ref, Reference, Text
from dangol.records.fields.base import Label
from dangol.records.fields.own import Own
from dangol.records.fields.tags import marks
from dangol.records.models import Change, OwnField
from dangol.records.own import definitions
from dangol.records.types import RecordType

_FILES = Text("attachments", label=gettext_lazy("Files"))


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field before and after. Values are Python values; a Reference's are Refs with titles where they still exist."""

    name: str
    label: Label
    before: Any
    after: Any
    field: Field


@dataclass(frozen=True, slots=True)
class HistoryItem:
    """What one act did to the record."""

    id: int
    version: int
    at: datetime
    actor_id: int | None
    actor_name: str
    action: str
    origin: str
    request_id: str
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class HistoryPage:
    items: Sequence[HistoryItem]
    next: int | None


def changes_since(
    record_type: RecordType, record_id: int, version: int, *, actor: Actor
) -> list[HistoryItem]:
    """The changes a record went through after `version`, newest first, at most 50. Three queries at most."""
    rows = Change.objects.filter(table=record_type.table.name, record_id=record_id, version__gt=version)
    return _items(actor, record_type, list(rows.order_by("-id")[:50]))


def history(
    record_type: RecordType, record_id: int, *, actor: Actor, limit: int = 50, after: int | None = None
) -> HistoryPage:
    """A record's changes, newest first; `after` is the id of the last item seen. The caller has checked permission."""
    rows = Change.objects.filter(table=record_type.table.name, record_id=record_id)
    if after is not None:
        rows = rows.filter(id__lt=after)
    found = list(rows.order_by("-id")[: limit + 1])
    return HistoryPage(
        _items(actor, record_type, found[:limit]), found[limit - 1].id if len(found) > limit else None
    )


def beside(record_type: RecordType) -> dict[str, Field]:
    """What is kept beside the record and told in its history under a name of its own: tags and files."""
    found: dict[str, Field] = {"attachments": _FILES}
    if "tags" in record_type.fields:
        found["tags"] = record_type.fields["tags"]
    return found


def columns_told(actor: Actor, record_type: RecordType) -> dict[str, Field]:
    """Under what names changes of fields stand in history, of those fields that exist for the actor. No query.

    What stands there under another name is of a field that the actor may not know of, or that is gone.
    """
    known = permissions.fields_for(actor, record_type)
    columns = record_type.table.columns
    found = {columns[name].name: field for name, field in known.items() if name in columns}
    found |= {f"own.{name}": field for name, field in known.items() if isinstance(field, Own)}
    return found | {
        name: field for name, field in beside(record_type).items() if name in ("attachments", *known)
    }


def _items(actor: Actor, record_type: RecordType, rows: Sequence[Change]) -> list[HistoryItem]:
    fields = {
        record_type.table.columns[name].name: name
        for name in record_type.fields
        if name in record_type.table.columns
    }
    fields.update((name, name) for name in beside(record_type))
    kinds = {**beside(record_type), **record_type.fields, **_former(record_type, rows)}
    fields.update((f"own.{name}", name) for name, field in kinds.items() if isinstance(field, Own))
    titles = _titles(actor, kinds, rows, fields)
    users = get_user_model()._default_manager.in_bulk({row.actor_id for row in rows if row.actor_id})
    items = []
    for row in rows:
        changes = []
        action = row.action
        for column, (before, after) in row.changes.items():
            if column == "deleted_at":
                action = "restore" if after is None else "bin"
                continue
            name = fields.get(column)
            if name is None:
                continue
            field = kinds[name]
            changes.append(
                FieldChange(
                    name,
                    field.label,
                    value_of(field, before, titles.get(name, {})),
                    value_of(field, after, titles.get(name, {})),
                    field,
                )
            )
        user = users.get(row.actor_id) if row.actor_id else None
        who = getattr(user, "name", "") or _("System")
        items.append(
            HistoryItem(
                row.id,
                row.version,
                row.at,
                row.actor_id,
                who,
                action,
                row.origin,
                row.request_id,
                tuple(changes),
            )
        )
    return items


def _former(record_type: RecordType, rows: Sequence[Change]) -> dict[str, Field]:
    """Own fields that are switched off or deleted by now, as far as these changes tell of them. One query, mostly none."""
    told = {
        column.removeprefix("own.") for row in rows for column in row.changes if column.startswith("own.")
    }
    gone = told - record_type.own_fields.keys()
    if not gone:
        return {}
    found = OwnField.objects.filter(record_type=record_type.name, name__in=gone)
    return {field.name: field for field in definitions.made(found)}


def _titles(
    actor: Actor, kinds: Mapping[str, Field], rows: Sequence[Change], fields: dict[str, str]
) -> dict[str, dict[int, str]]:
    """Titles of the records that references pointed at. One query for each reference that changed."""
    wanted: dict[str, set[int]] = {}
    for row in rows:
        for column, values in row.changes.items():
            name = fields.get(column)
            if name and isinstance(kinds[name], Reference):
                wanted.setdefault(name, set()).update(value for value in values if value is not None)
    found = {}
    for name, ids in wanted.items():
        field = kinds[name]
        assert isinstance(field, Reference)
        target = registry.find(field.target or "")
        known = permissions.visible_to(actor, target) if target else field.model._default_manager.all()
        found[name] = dict(known.filter(pk__in=ids).values_list("pk", field.title))
    return found


def value_of(field: Any, raw: Any, titles: Mapping[int, str]) -> Any:
    """A value from history's JSON back as Python knows it.

    Args:
        titles: by id, for the Refs of references.
    """
    if raw is None or raw == "":
        return None
    if isinstance(field, Own) and not isinstance(field, Reference):
        return field.loaded(raw)
    match field.kind:
        case "reference":
            return Ref(id=raw, title=titles.get(raw, ""))
        case "number" | "money":
            return Decimal(str(raw))
        case "date":
            return date.fromisoformat(raw)
        case "datetime":
            return datetime.fromisoformat(raw)
        case "tags":
            return marks(raw)
    return raw


def history_json(record_type: RecordType, items: Sequence[HistoryItem]) -> list[dict[str, Any]]:
    """History as the API shows it."""
    return [
        {
            "id": item.id,
            "version": item.version,
            "at": item.at.isoformat(),
            "actor": {"id": item.actor_id, "name": item.actor_name},
            "action": item.action,
            "origin": item.origin,
            "request": item.request_id,
            "changes": [
                {
                    "field": change.name,
                    "before": change.field.to_json(change.before),
                    "after": change.field.to_json(change.after),
                }
                for change in item.fields
            ],
        }
        for item in items
    ]


def shown(record_type: RecordType, change: FieldChange, locale: Locale) -> tuple[str, str]:
    """Before and after as a person reads them."""
    field = change.field
    return field.text(change.before, locale) or "–", field.text(change.after, locale) or "–"
