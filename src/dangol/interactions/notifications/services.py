"""Telling people, and what they do with what they were told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import time, timedelta

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from dangol.events import wire
from dangol.identity.actors import Actor
from dangol.identity.models import User
from dangol.interactions.models.notifications import Channel, Kind, Notification, NotificationSetting

KEPT_DAYS = 90
NOBODY = 0  # the id of no user: what the system itself is told
_TELL = """
INSERT INTO interactions_notification AS n (user_id, kind, target_type, target_id, by_id, count, fact, channel, created_at, at)
SELECT u.id, %(kind)s, %(target_type)s, %(target_id)s, %(by)s, %(count)s, %(fact)s, u.channel, now(), clock_timestamp()
FROM unnest(%(users)s::bigint[], %(channels)s::text[]) AS u (id, channel)
WHERE %(fact)s = '' OR NOT EXISTS (
    SELECT FROM interactions_notification o WHERE o.user_id = u.id AND o.fact = %(fact)s AND o.fact <> ''
)
ORDER BY u.id
ON CONFLICT (user_id, kind, target_type, target_id) WHERE read_at IS NULL
DO UPDATE SET count = n.count + EXCLUDED.count, by_id = EXCLUDED.by_id, at = EXCLUDED.at,
              fact = CASE WHEN EXCLUDED.fact = '' THEN n.fact ELSE EXCLUDED.fact END
RETURNING user_id
"""


def notify(
    *,
    kind: str,
    users: Iterable[int],
    target_type: str,
    target_id: int,
    by: int | None = None,
    count: int = 1,
    fact: str = "",
) -> list[int]:
    """Tell people about something, each as that person wants it. Three statements, and a hint to open pages.

    Whoever did it is not told, nor whoever has left or does not want to know. While the last notification of the kind
    about the same thing is unread, the new one counts into it.

    Args:
        kind: one of `Kind`.
        users: ids of those concerned.
        target_type, target_id: what it is about: a record, or a kind of thing that `targets` knows.
        by: who did it.
        count: how many facts this is.
        fact: a name for what is told at most once to each.

    Returns:
        The ids of those who were told.
    """
    wanted = {user for user in users if user != by}
    if not wanted:
        return []
    active = set(User.objects.filter(pk__in=wanted, is_active=True).values_list("pk", flat=True))
    channels = {
        user: channel for user, channel in channels_of(active, kind).items() if channel != Channel.NONE
    }
    if not channels:
        return []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            _TELL,
            {
                "kind": kind,
                "target_type": target_type,
                "target_id": target_id,
                "by": by,
                "count": count,
                "fact": fact,
                "users": list(channels),
                "channels": list(channels.values()),
            },
        )
        told = sorted(user for (user,) in cursor.fetchall())
        if told:
            wire.tell("user", told)
    return told


def channels_of(users: Iterable[int], kind: str) -> dict[int, str]:
    """How each of these wants to hear of a kind, in the order of their ids. One query."""
    known = NotificationSetting.objects.in_bulk(list(users))
    nothing = NotificationSetting()
    return {user: known.get(user, nothing).channel(kind) for user in sorted(users)}


def mark_read(*, actor: Actor, ids: Sequence[int] | None = None, is_read: bool = True) -> int:
    """Mark some or all of the actor's notifications as read, or some as unread again. Two statements.

    One that is to be unread again while a newer one about the same thing is unread stays read.

    Returns how many were changed.
    """
    with transaction.atomic():
        rows: QuerySet[Notification] = Notification.objects.filter(
            user_id=actor.user_id or NOBODY, read_at__isnull=is_read
        )
        if ids is not None:
            rows = rows.filter(pk__in=ids)
        if not is_read:
            if ids is None:
                return 0
            taken = set(
                Notification.objects.filter(user_id=actor.user_id or NOBODY, read_at=None).values_list(
                    "kind", "target_type", "target_id"
                )
            )
            free: dict[tuple[str, str, int], int] = {}
            for pk, kind, target_type, target_id in rows.order_by("pk").values_list(
                "pk", "kind", "target_type", "target_id"
            ):
                if (kind, target_type, target_id) not in taken:
                    free[kind, target_type, target_id] = pk
            rows = Notification.objects.filter(pk__in=free.values())
        changed = rows.update(read_at=timezone.now() if is_read else None)
        if changed and actor.user_id is not None:
            wire.tell("user", [actor.user_id])
    return changed


def setting_save(
    *,
    actor: Actor,
    channels: Mapping[str, str],
    quiet_from: time | None,
    quiet_until: time | None,
    quiet_weekends: bool,
    digest_at: time,
) -> NotificationSetting:
    """Keep what the actor wants to be told, and when not. One statement.

    Raises:
        ValidationError: an unknown kind or channel; a quiet time with one end.
    """
    for kind, channel in channels.items():
        if kind not in Kind.values or channel not in Channel.values:
            raise ValidationError({f"channel_{kind}"[:60]: _("This choice is not offered.")})
    if (quiet_from is None) != (quiet_until is None):
        raise ValidationError({"quiet_until": _("A quiet time needs a beginning and an end.")})
    setting, _made = NotificationSetting.objects.update_or_create(
        user_id=actor.user_id or NOBODY,
        defaults={
            "channels": dict(channels),
            "quiet_from": quiet_from,
            "quiet_until": quiet_until,
            "quiet_weekends": quiet_weekends,
            "digest_at": digest_at,
        },
    )
    return setting


def mails_stop(*, user_id: int) -> None:
    """No more mails about notifications for this person; in the page they stay. Two statements."""
    with transaction.atomic():
        setting, _made = NotificationSetting.objects.select_for_update().get_or_create(user_id=user_id)
        setting.channels = {
            kind: Channel.PAGE.value if setting.channel(kind) != Channel.NONE else Channel.NONE.value
            for kind in Kind.values
        }
        setting.save(update_fields=["channels"])
        waiting = Notification.objects.filter(
            user_id=user_id, mail=None, channel__in=[Channel.NOW, Channel.DAILY]
        )
        waiting.update(channel=Channel.PAGE)


def forget_old() -> int:
    """Delete what was read long ago. Returns how many."""
    before = timezone.now() - timedelta(days=KEPT_DAYS)
    deleted, _by_model = Notification.objects.filter(read_at__lt=before).delete()
    return deleted
