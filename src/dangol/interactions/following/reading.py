"""Reads who follows. That the actor may see the record, the caller has checked."""

from __future__ import annotations

from dataclasses import dataclass

from dangol.interactions.models import Follow, FollowChoice
from dangol.records.types import RecordType


@dataclass(frozen=True, slots=True)
class Follower:
    """Somebody who follows a record."""

    id: int
    name: str
    reason: str


def followers(record_type: str, record_id: int) -> list[Follower]:
    """Who follows, the longest first; who has left the company does not. One query."""
    rows = Follow.objects.filter(
        record_type=record_type, record_id=record_id, off=False, user__is_active=True
    )
    return [Follower(*row) for row in rows.order_by("id").values_list("user_id", "user__name", "reason")]


def concerned(record_type: RecordType, record_id: int) -> set[int]:
    """The users to be told of what happens on a record: its followers and its owner, less those who said no. Two queries."""
    found: set[int] = set()
    off: set[int] = set()
    rows = Follow.objects.filter(record_type=record_type.name, record_id=record_id)
    for user_id, is_off in rows.values_list("user_id", "off"):
        (off if is_off else found).add(user_id)
    if record_type.table.has_scope:
        owners = record_type.model._default_manager.filter(pk=record_id, owner__isnull=False)
        found.update(owners.values_list("owner_id", flat=True))
    return found - off


def follow_choice(user_id: int) -> FollowChoice:
    """When this person comes to follow by itself. One query."""
    return FollowChoice.objects.filter(user_id=user_id).first() or FollowChoice(user_id=user_id)
