"""Who else looks at a record, and what they are editing."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.db.models.functions import Now

from dangol.events import wire
from dangol.identity.actors import Actor
from dangol.interactions.models.presence import Presence
from dangol.records import permissions
from dangol.records.types import RecordType

GONE_AFTER = timedelta(seconds=60)
_ARRIVE = """
INSERT INTO interactions_presence (key, record_type, record_id, user_id, field, seen_at) VALUES (%s, %s, %s, %s, '', now())
ON CONFLICT (key) DO UPDATE SET record_type = EXCLUDED.record_type, record_id = EXCLUDED.record_id, seen_at = now()
"""


@dataclass(frozen=True)
class Present:
    """Somebody else at the record; `field` is what that person edits, with its label, where the reader may see it."""

    user_id: int
    name: str
    field: str = ""
    label: str = ""


def arrive(*, key: uuid.UUID, user_id: int, record_type: str, record_id: int) -> None:
    """Note that a page of the record is open. That its user may see the record, the caller has checked. Two statements."""
    with connection.cursor() as cursor:
        cursor.execute(_ARRIVE, [key, record_type, record_id, user_id])
    wire.tell("present", [record_id], record_type=record_type, by=user_id)


def leave(key: uuid.UUID) -> None:
    """The page has been closed. Two statements."""
    gone = list(Presence.objects.filter(pk=key).values_list("record_type", "record_id", "user_id"))
    Presence.objects.filter(pk=key).delete()
    for record_type, record_id, user_id in gone:
        wire.tell("present", [record_id], record_type=record_type, by=user_id)


def edit(*, key: uuid.UUID, actor: Actor, field: str) -> bool:
    """Say which field is being edited in an open page of the actor's; an empty name for none. Two statements.

    Returns false when there is no such page of his.
    """
    rows = Presence.objects.filter(pk=key, user_id=actor.user_id or 0)
    page = rows.values("record_type", "record_id", "field").first()
    if page is None:
        return False
    if page["field"] != field:
        rows.update(field=field, seen_at=Now())
        wire.tell("present", [page["record_id"]], record_type=page["record_type"], by=actor.user_id)
    return True


def touch(keys: Iterable[uuid.UUID]) -> None:
    """These pages are still open; rows of pages that have gone are taken away. Two statements."""
    Presence.objects.filter(pk__in=list(keys)).update(seen_at=Now())
    Presence.objects.filter(seen_at__lt=Now() - GONE_AFTER).delete()


def others(*, actor: Actor, record_type: RecordType, record_id: int) -> Sequence[Present]:
    """Who else is at the record now, those who edit first. That the actor may see it, the caller has checked. One query."""
    known = permissions.fields_for(actor, record_type)
    rows = (
        Presence.objects.filter(
            record_type=record_type.name, record_id=record_id, seen_at__gte=Now() - GONE_AFTER
        )
        .exclude(user_id=actor.user_id or 0)
        .order_by("user__name", "user_id", "-field")
        .values_list("user_id", "user__name", "field")
    )
    found: dict[tuple[int, str], Present] = {}
    for user_id, name, field in rows:
        shown = field if field in known else ""
        if shown or not any(other == user_id for other, _field in found):
            label = str(known[shown].label) if shown else ""
            found[user_id, shown] = Present(user_id, name, shown, label)
    busy = {one.user_id for one in found.values() if one.field}
    return sorted(
        (one for one in found.values() if one.field or one.user_id not in busy),
        key=lambda one: (not one.field, one.name),
    )
