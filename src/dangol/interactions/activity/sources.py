"""Where the stream comes from: history, comments, and what was noted down. Each is read backwards on an index.

What is read here is not yet anybody's to see: `reading` asks for every record.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from dangol.identity.actors import Actor
from dangol.records import fieldrules, permissions, registry

MOST_FOLLOWED = 2_000
"""Of more followed records the ones followed last."""
LAST = 2**63 - 1


class Scope(StrEnum):
    """Whose stream: of the records that one follows, or of all that one may see."""

    FOLLOWED = "followed"
    ALL = "all"


class What(StrEnum):
    """What kind of thing happened."""

    CHANGE = "change"
    COMMENT = "comment"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Place:
    """How far back one has read: everything below these is still to come. Ids grow with time; notes have their own."""

    change: int = LAST
    comment: int = LAST
    note: int = LAST
    note_at: datetime | None = None

    def to_text(self) -> str:
        """As a cursor."""
        at = self.note_at.isoformat() if self.note_at else ""
        return f"{self.change}~{self.comment}~{self.note}~{at}"

    @classmethod
    def from_text(cls, text: str) -> Place:
        """Raises ValueError: it is none of ours."""
        *ids, at = text.split("~")
        change, comment, note = (int(part) if part.isascii() and part.isdigit() else -1 for part in ids)
        moment = datetime.fromisoformat(at) if at else None
        if not all(0 <= number <= LAST for number in (change, comment, note)):
            raise ValueError(text)
        if moment is not None and moment.tzinfo is None:
            raise ValueError(text)
        return cls(change, comment, note, moment)

    def below(self, one: Raw) -> Place:
        """The place after this one has been read."""
        match one.what:
            case What.CHANGE:
                return replace(self, change=one.id)
            case What.COMMENT:
                return replace(self, comment=one.id)
        return replace(self, note=one.id, note_at=one.at)


@dataclass(frozen=True, slots=True)
class Raw:
    """One thing that happened, as the tables have it."""

    what: What
    id: int
    at: datetime
    record_type: str
    record_id: int
    by: int | None
    act: str = ""
    """What was done together: the request, or the transaction."""
    columns: tuple[str, ...] = ()
    """What changed, without contents."""
    restored: bool = False
    text: str = ""
    """What a comment says; the kind of a note."""
    about: int | None = None
    """The customer that a note is about."""


_FOLLOWED = """
    (SELECT record_type, record_id FROM interactions_follow WHERE user_id = %(user)s AND NOT off
     ORDER BY id DESC LIMIT %(most)s)
"""
_CHANGE = """
    c.id, c.at, t.record_type, c.record_id, c.actor_id,
    COALESCE(NULLIF(c.request_id, ''), c.changed_in::text),
    ARRAY(SELECT jsonb_object_keys(c.changes)),
    c.changes ? 'deleted_at' AND c.changes -> 'deleted_at' -> 1 = 'null'
"""
_CHANGES_FOLLOWED = f"""
SELECT {_CHANGE}
FROM {_FOLLOWED} f
JOIN unnest(%(types)s::text[], %(tables)s::text[]) AS t(record_type, name) ON t.record_type = f.record_type
CROSS JOIN LATERAL (
    SELECT * FROM records_change o WHERE o."table" = t.name AND o.record_id = f.record_id AND o.id < %(below)s
      AND o.action = 'update'
    ORDER BY o.id DESC LIMIT %(limit)s
) c
ORDER BY c.id DESC LIMIT %(limit)s
"""  # noqa: S608 - constants
# Imports would drown everything else; what one follows is told of them too.
_CHANGES = f"""
SELECT {_CHANGE}
FROM unnest(%(types)s::text[], %(tables)s::text[]) AS t(record_type, name)
CROSS JOIN LATERAL (
    SELECT * FROM records_change o WHERE o."table" = t.name AND o.id < %(below)s AND NOT o.origin = 'import'
      AND o.action = 'update'
    ORDER BY o.id DESC LIMIT %(limit)s
) c
ORDER BY c.id DESC LIMIT %(limit)s
"""  # noqa: S608 - constants
_COMMENTS_FOLLOWED = f"""
SELECT c.id, c.created_at, c.record_type, c.record_id, c.author_id, c.body
FROM {_FOLLOWED} f
CROSS JOIN LATERAL (
    SELECT * FROM interactions_comment o
    WHERE o.record_type = f.record_type AND o.record_id = f.record_id AND o.id < %(below)s AND o.deleted_at IS NULL
    ORDER BY o.id DESC LIMIT %(limit)s
) c
WHERE c.record_type = ANY(%(types)s)
ORDER BY c.id DESC LIMIT %(limit)s
"""  # noqa: S608 - constants
_COMMENTS = """
SELECT c.id, c.created_at, c.record_type, c.record_id, c.author_id, c.body
FROM interactions_comment c
WHERE c.id < %(below)s AND c.deleted_at IS NULL AND c.record_type = ANY(%(types)s)
ORDER BY c.id DESC LIMIT %(limit)s
"""
_NOTES_FOLLOWED = f"""
SELECT c.id, c.occurred_at, c.owner_id, c.kind, c.customer_id
FROM {_FOLLOWED} f
CROSS JOIN LATERAL (
    SELECT * FROM interactions_interaction o
    WHERE o.customer_id = f.record_id AND (o.occurred_at, o.id) < (%(before)s, %(below)s) AND o.deleted_at IS NULL
    ORDER BY o.occurred_at DESC, o.id DESC LIMIT %(limit)s
) c
WHERE f.record_type = 'customer'
ORDER BY c.occurred_at DESC, c.id DESC LIMIT %(limit)s
"""  # noqa: S608 - constants


def batch(
    what: What, *, actor: Actor, scope: Scope, types: Sequence[str], place: Place, limit: int
) -> list[Raw]:
    """The next ones of a kind below the place, newest first. One query.

    Args:
        types: only of records of these types; notes are of the type `interaction`.
    """
    match what:
        case What.CHANGE:
            return _changes(actor, scope, types, place, limit)
        case What.COMMENT:
            return _comments(actor, scope, types, place, limit)
    return _notes(actor, scope, types, place, limit)


def _rows(statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _changes(actor: Actor, scope: Scope, types: Sequence[str], place: Place, limit: int) -> list[Raw]:
    rows = _rows(
        _CHANGES_FOLLOWED if scope == Scope.FOLLOWED else _CHANGES,
        user=actor.user_id,
        most=MOST_FOLLOWED,
        types=list(types),
        tables=[registry.get(name).table.name for name in types],
        below=place.change,
        limit=limit,
    )
    return [
        Raw(What.CHANGE, pk, at, name, record_id, by, act, tuple(columns), restored)
        for pk, at, name, record_id, by, act, columns, restored in rows
    ]


def _comments(actor: Actor, scope: Scope, types: Sequence[str], place: Place, limit: int) -> list[Raw]:
    rows = _rows(
        _COMMENTS_FOLLOWED if scope == Scope.FOLLOWED else _COMMENTS,
        user=actor.user_id,
        most=MOST_FOLLOWED,
        types=list(types),
        below=place.comment,
        limit=limit,
    )
    return [
        Raw(What.COMMENT, pk, at, name, record_id, by, text=body)
        for pk, at, name, record_id, by, body in rows
    ]


def _notes(actor: Actor, scope: Scope, types: Sequence[str], place: Place, limit: int) -> list[Raw]:
    if "interaction" not in types:
        return []
    if scope == Scope.FOLLOWED and not fieldrules.is_clear(actor, "interaction", "customer"):
        return []  # with whom it was noted down is hidden
    before = place.note_at or timezone.now()  # what is planned has not happened yet
    if scope == Scope.FOLLOWED:
        rows: Iterable[Any] = _rows(
            _NOTES_FOLLOWED,
            user=actor.user_id,
            most=MOST_FOLLOWED,
            before=before,
            below=place.note,
            limit=limit,
        )
    else:
        visible = permissions.visible_to(actor, registry.get("interaction"))
        older = visible.filter(occurred_at__lte=before).filter(
            Q(occurred_at__lt=before) | Q(pk__lt=place.note)
        )
        rows = older.order_by("-occurred_at", "-pk").values_list(
            "pk", "occurred_at", "owner_id", "kind", "customer_id"
        )[:limit]
    return [
        Raw(What.NOTE, pk, at, "interaction", pk, by, text=kind, about=customer)
        for pk, at, by, kind, customer in rows
    ]
