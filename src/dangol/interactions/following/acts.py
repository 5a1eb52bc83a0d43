"""Following and not following any more."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction

from dangol.events.outbox import announce
from dangol.identity.actors import Actor
from dangol.interactions.events import Followed, Unfollowed
from dangol.interactions.models import Follow, FollowChoice
from dangol.records.types import RecordType

_CHOICES = {
    "mentioned": "when_mentioned",
    "assigned": "when_assigned",
    "commented": "when_commenting",
}


def follow(*, actor: Actor, record_type: RecordType, record_id: int) -> bool:
    """Have the actor follow a record from now on; the caller has checked that he may see it.

    Returns:
        Whether it is new. Three queries.
    """
    if actor.user_id is None:
        return False
    with transaction.atomic():
        row, made = Follow.objects.select_for_update().get_or_create(
            record_type=record_type.name,
            record_id=record_id,
            user_id=actor.user_id,
            defaults={"reason": "own"},
        )
        if not made and not row.off:
            return False
        Follow.objects.filter(pk=row.pk).update(off=False, reason="own")
        announce(
            Followed(
                record_type=record_type.name,
                record_id=record_id,
                by=actor.user_id,
                users=[actor.user_id],
            ),
            actor=actor,
        )
    return True


def unfollow(*, actor: Actor, record_type: RecordType, record_id: int) -> None:
    """Have the actor hear no more of a record, also when he is mentioned or it is given to him. Three queries."""
    if actor.user_id is None:
        return
    with transaction.atomic():
        Follow.objects.update_or_create(
            record_type=record_type.name,
            record_id=record_id,
            user_id=actor.user_id,
            defaults={"off": True},
            create_defaults={"off": True, "reason": "own"},
        )
        announce(
            Unfollowed(
                record_type=record_type.name,
                record_id=record_id,
                by=actor.user_id,
                users=[actor.user_id],
            ),
            actor=actor,
        )


def follow_others(
    *,
    users: Collection[int],
    record_type: str,
    record_id: int,
    reason: str,
    actor: Actor | None = None,
) -> list[int]:
    """Have people follow because something happened: mentioned, assigned or commented; not those who chose otherwise.

    In the caller's transaction. Returns the new followers. Three queries at most.
    """
    if not users:
        return []
    choice = _CHOICES[reason]
    declined = set(
        FollowChoice.objects.filter(user__in=users, **{choice: False}).values_list("user_id", flat=True)
    )
    there = Follow.objects.filter(record_type=record_type, record_id=record_id, user__in=users)
    declined.update(there.values_list("user_id", flat=True))
    new = sorted(set(users) - declined)
    if not new:
        return []
    Follow.objects.bulk_create(
        [
            Follow(record_type=record_type, record_id=record_id, user_id=user_id, reason=reason)
            for user_id in new
        ],
        ignore_conflicts=True,
    )
    by = actor.user_id if actor else None
    announce(
        Followed(record_type=record_type, record_id=record_id, by=by, users=new, reason=reason), actor=actor
    )
    return new


def follow_choice_save(
    *, actor: Actor, when_mentioned: bool, when_assigned: bool, when_commenting: bool
) -> None:
    """Keep when the actor comes to follow by itself. One query."""
    if actor.user_id is not None:
        FollowChoice.objects.update_or_create(
            user_id=actor.user_id,
            defaults={
                "when_mentioned": when_mentioned,
                "when_assigned": when_assigned,
                "when_commenting": when_commenting,
            },
        )
