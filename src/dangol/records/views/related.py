"""What refers to a record by an own field, as cards on the record's page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from dangol.identity.actors import Actor
from dangol.records import fieldrules, filters, permissions, registry
from dangol.records.fields import Locale
from dangol.records.fields.own import OwnReference
from dangol.records.lists import record_list
from dangol.records.ports import Panel
from dangol.records.types import RecordType

SHOWN = 5
BESIDE = 2
"""So many further columns stand beside the title."""
ORDER = 80

_elsewhere: set[str] = set()


def stands_elsewhere(record_type: str) -> None:
    """Records of this type need no card: another part of the page shows them. Called while the project starts."""
    _elsewhere.add(record_type)


def panels(record_type: RecordType) -> Iterator[Panel]:
    """A card for each own field, of any type, that refers to records of this type. No query."""
    for other in registry.all_types():
        if other.name in _elsewhere:
            continue
        for field in other.own_fields.values():
            if isinstance(field, OwnReference) and field.target == record_type.name:
                key = f"{other.name}.{field.name}"
                yield Panel(
                    key, other.label_plural, "records/related.html", _reader(other, field), "right", ORDER
                )


def _reader(
    other: RecordType, field: OwnReference
) -> Callable[[Actor, Mapping[str, Any]], Mapping[str, Any] | None]:
    def build(actor: Actor, record: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The newest records that refer to this one, as far as the actor may see them. One query."""
        seen = fieldrules.seen_by(actor, other)
        if not permissions.allowed(actor, other, "view") or field.name not in seen.fields:
            return None
        condition = f"{field.name} = {record['id']}"
        beside = _beside(actor, seen, field)
        page = record_list(
            actor=actor,
            record_type=seen,
            tree=filters.parse(condition, seen, actor=actor),
            limit=SHOWN,
            columns=[other.title, *beside],
        )
        may_add = permissions.allowed(actor, other, "create") and seen.fields[field.name].editable
        if not page.rows and not may_add:
            return None
        locale = Locale(actor.language, ZoneInfo(actor.time_zone))
        return {
            "other": other,
            "field": field,
            "rows": [
                {
                    "id": row["id"],
                    "title": seen.title_field.text(row[other.title], locale),
                    "beside": [
                        text for name in beside if (text := seen.fields[name].text(row[name], locale))
                    ],
                }
                for row in page.rows
            ],
            "all_url": f"/{other.path}/?{urlencode({'filter': condition})}" if page.rows else "",
            "add_url": f"/{other.path}/new/?{urlencode({field.name: record['id']})}" if may_add else "",
        }

    return build


def _beside(actor: Actor, other: RecordType, field: OwnReference) -> list[str]:
    known = permissions.fields_for(actor, other)
    left_out = {other.title, field.name, "owner", "updated_at"}
    return [name for name in other.list_fields if name in known and name not in left_out][:BESIDE]
