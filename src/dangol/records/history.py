"""Reads the history of a record: who changed which field from what to what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, BooleanField, F, Func, Q, Value
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.identity.actors import Actor
from dangol.records import fieldrules, origins, permissions, registry
from dangol.records.fields import Field, Locale, Ref, Reference, Text
from dangol.records.fields.base import Label
from dangol.records.fields.masks import Mask, Masked, unmasked
from dangol.records.fields.own import Own
from dangol.records.fields.tags import marks
from dangol.records.models import Change, Merged, OwnField
from dangol.records.own import definitions
from dangol.records.types import RecordType

_FILES = Text("attachments", label=gettext_lazy("Files"))
_MERGED = Text("merged", label=gettext_lazy("Merged records"))


class _IsAny(Func):
    """Whether an id is one of an array, so that an index leads to the rows."""

    template = "(%(expressions)s))"
    arg_joiner = " = ANY ("
    output_field = BooleanField()
    conditional = True


@dataclass(frozen=True, slots=True)
class Doer:
    """What stands behind changes with one origin, where it was no person's hand: told by their request ids.

    `names` gives what each of them is called, `url` where more about one is told; both empty where it is not known.
    """

    names: Callable[[Iterable[str]], Mapping[str, str]]
    url: Callable[[str], str]


_doers: dict[str, Doer] = {}


def add_doer(origin: str, doer: Doer) -> None:
    """Have changes with this origin told in the name of what made them. Called while the project starts."""
    _doers[origin] = doer


def url_of(item: HistoryItem) -> str:
    """Where more about what made the change is told; empty where nowhere. No query."""
    doer = _doers.get(item.origin)
    return doer.url(item.request_id) if doer else ""


def _done_by(rows: Sequence[Change]) -> dict[str, str]:
    """Request id → what did it, of the changes that no person made by hand. One query for each kind; mostly none."""
    found: dict[str, str] = {}
    for origin, doer in _doers.items():
        requests = {row.request_id for row in rows if row.origin == origin}
        if requests:
            found.update(doer.names(requests))
    return found


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
    record_id: int = 0
    """Whose change it was: the record's, or that of one that was merged into it."""


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
    rows = Change.objects.filter(_of(record_type, record_id), table=record_type.table.name)
    if after is not None:
        rows = rows.filter(id__lt=after)
    found = list(rows.order_by("-id")[: limit + 1])
    return HistoryPage(
        _items(actor, record_type, found[:limit]), found[limit - 1].id if len(found) > limit else None
    )


def _of(record_type: RecordType, record_id: int) -> Q:
    """The record itself, and those that were merged into it: their history is its own, but for their leaving."""
    merged = Merged.objects.filter(record_type=record_type.name, into_id=record_id).values("record_id")
    ids = Func(
        ArraySubquery(merged),
        Value(record_id),
        function="array_append",
        output_field=ArrayField(BigIntegerField()),
    )
    left = ~Q(record_id=record_id) & Q(origin__in=("merge", "undo"), changes__has_key="deleted_at")
    return Q(_IsAny(F("record_id"), ids)) & ~left


def beside(record_type: RecordType) -> dict[str, Field]:
    """What is kept beside the record and told in its history under a name of its own: tags, files, merged records."""
    found: dict[str, Field] = {"attachments": _FILES, "merged": _MERGED}
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
    found |= {f"own.{name}": field for name, field in known.items() if isinstance(unmasked(field), Own)}
    return (
        found
        | {name: field for name, field in beside(record_type).items() if name in ("attachments", "merged")}
        | {name: known[name] for name in beside(record_type) if name in known}
    )


def history_keys(record_type: RecordType, names: Iterable[str]) -> dict[str, str]:
    """What history calls these fields → the field: the column, `column.field` for one that is kept within a column,
    or the field's own name for what is kept beside the record."""
    columns = record_type.table.columns
    found = {}
    for name in names:
        if name in columns:
            found[columns[name].name] = name
        elif name in beside(record_type):
            found[name] = name
        else:
            found[f"{record_type.fields[name].column}.{name}"] = name
    return found


def _items(actor: Actor, record_type: RecordType, rows: Sequence[Change]) -> list[HistoryItem]:
    """The changes as the actor may see them; one that changed nothing but what is hidden is not there."""
    record_type = fieldrules.seen_by(actor, record_type)
    fields = {
        record_type.table.columns[name].name: name
        for name in record_type.fields
        if name in record_type.table.columns
    }
    rules = record_type.rules or {}
    fields.update((name, name) for name in beside(record_type))
    kinds = {**beside(record_type), **record_type.fields, **_former(record_type, rows)}
    fields.update((f"own.{name}", name) for name, field in kinds.items() if isinstance(unmasked(field), Own))
    known = {column.name for column in record_type.table.columns.values()} if rules else set()
    known |= beside(fieldrules.whole(record_type)).keys()
    known |= {f"own.{name}" for of, name in rules if of == record_type.name}
    known |= {f"own.{name}" for name in fieldrules.whole(record_type).own_fields if name not in kinds}
    titles = _titles(actor, kinds, rows, fields)
    users = get_user_model()._default_manager.in_bulk({row.actor_id for row in rows if row.actor_id})
    done_by = _done_by(rows)
    apps = origins.app_names(row.origin for row in rows)
    items = []
    for row in rows:
        changes = []
        hidden = False
        action = row.action
        for column, (before, after) in row.changes.items():
            if column == "deleted_at":
                action = "restore" if after is None else "bin"
                continue
            name = fields.get(column)
            if name is None:
                hidden = hidden or column in known
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
        if hidden and not changes and action == row.action:
            continue
        user = users.get(row.actor_id) if row.actor_id else None
        who = done_by.get(row.request_id) or getattr(user, "name", "") or _("System")
        if row.origin in apps:
            who = f"{who} ({apps[row.origin]})"
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
                row.record_id,
            )
        )
    return items


def _former(record_type: RecordType, rows: Sequence[Change]) -> dict[str, Field]:
    """Own fields that are switched off or deleted by now, as far as these changes tell of them. One query, mostly none.

    The rules of roles hold for them on: those hidden are not there, those masked stand behind their mask.
    """
    told = {
        column.removeprefix("own.") for row in rows for column in row.changes if column.startswith("own.")
    }
    rules = record_type.rules or {}
    gone = told - fieldrules.whole(record_type).own_fields.keys()
    gone = {name for name in gone if rules.get((record_type.name, name)) != fieldrules.HIDDEN}
    if not gone:
        return {}
    found = OwnField.objects.filter(record_type=record_type.name, name__in=gone)
    return {
        field.name: Masked(field) if rules.get((record_type.name, field.name)) == fieldrules.MASKED else field
        for field in definitions.made(found)
    }


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
        if target is not None and not fieldrules.is_clear(actor, target.name, target.title):
            found[name] = {
                key: fieldrules.masked_title(actor, target, title) for key, title in found[name].items()
            }
    return found


def value_of(field: Any, raw: Any, titles: Mapping[int, str]) -> Any:
    """A value from history's JSON back as Python knows it.

    Args:
        titles: by id, for the Refs of references.
    """
    if raw is None or raw == "":
        return None
    if isinstance(field, Masked):
        return field.masked(value_of(field.behind, raw, titles))
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
            "record": item.record_id,
            "changes": [
                {
                    "field": change.name,
                    "before": _json(change.field, change.before),
                    "after": _json(change.field, change.after),
                }
                for change in item.fields
            ],
        }
        for item in items
    ]


def _json(field: Field, value: Any) -> Any:
    return str(value) if isinstance(value, Mask) else field.to_json(value)


def shown(record_type: RecordType, change: FieldChange, locale: Locale) -> tuple[str, str]:
    """Before and after as a person reads them."""
    field = change.field

    def text(value: Any) -> str:
        return str(value) if isinstance(value, Mask) else field.text(value, locale)

    return text(change.before) or "–", text(change.after) or "–"
