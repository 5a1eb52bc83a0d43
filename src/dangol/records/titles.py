"""What records are called, for those who may see them: for pages, lists of news and mails that name records of any type."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from dangol.identity.actors import Actor
from dangol.records import permissions
from dangol.records.arrays import one_of
from dangol.records.fields import Locale
from dangol.records.types import RecordType


@dataclass(frozen=True, slots=True)
class Titled:
    """A record by name. `version` is the one that has this name."""

    id: int
    title: str
    version: int


def titles(actor: Actor, record_type: RecordType, ids: Collection[int]) -> dict[int, Titled]:
    """Those of these records that the actor may see, as the actor may read their titles; `#12` where that is not at all.

    One query, none where the actor may see no record of the type.
    """
    if not ids or not permissions.allowed(actor, record_type, "view"):
        return {}
    field = permissions.fields_for(actor, record_type).get(record_type.title)
    locale = Locale(actor.language, ZoneInfo(actor.time_zone))
    columns = permissions.selected(actor, field) if field is not None else ()
    rows = permissions.visible_to(actor, record_type).filter(pk__in=one_of(ids, "bigint"))
    found = {}
    for record_id, version, *values in rows.values_list("pk", "version", *columns):
        title = field.text(field.value_of(values), locale) if field is not None else ""
        found[record_id] = Titled(record_id, title or f"#{record_id}", version)
    return found
