"""What nobody announces because only the clock makes it happen, or because announcing itself has failed."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from dangol.events import selectors as outbox
from dangol.identity.selectors import administrators
from dangol.interactions.models import Interaction
from dangol.interactions.models import Kind as InteractionKind
from dangol.interactions.models.notifications import Channel, Kind, Notification
from dangol.interactions.notifications import targets
from dangol.interactions.notifications.services import channels_of, notify

AHEAD = timedelta(minutes=10)
BEHIND = timedelta(hours=24)


def tell_due(now: datetime | None = None) -> int:
    """Tell owners of open tasks that fall due within ten minutes, or fell due within the last day. Once per due time.

    Three statements when nothing is due anew. Returns how many people were told of something.
    """
    now = now or timezone.now()
    tasks = list(
        Interaction.objects.filter(
            owner__is_active=True,
            kind=InteractionKind.TASK,
            done_at=None,
            deleted_at=None,
            due_at__gt=now - BEHIND,
            due_at__lte=now + AHEAD,
        )
        .order_by("due_at")
        .values_list("pk", "owner_id", "due_at")
    )
    channels = channels_of({owner for _pk, owner, _due in tasks if owner}, Kind.DUE)
    tasks = [task for task in tasks if channels.get(task[1] or 0) != Channel.NONE]
    facts = {(owner, _fact(pk, due)): pk for pk, owner, due in tasks if owner and due}
    known = set(
        Notification.objects.filter(
            user_id__in={owner for owner, _ in facts}, fact__in=[fact for _, fact in facts]
        ).values_list("user_id", "fact")
    )
    told = 0
    for (owner, fact), pk in facts.items():
        if (owner, fact) not in known:
            told += len(
                notify(kind=Kind.DUE, users=[owner], target_type="interaction", target_id=pk, fact=fact)
            )
    return told


def _fact(pk: int, due: datetime) -> str:
    return f"due:{pk}:{int(due.timestamp())}"


def tell_given_up() -> int:
    """Tell administrators that deliveries were given up, when there is one more than they know of. A query or two.

    No event tells of it, since it would be delivered by what has just failed. Returns how many were told.
    """
    newest = outbox.dead_letters().values_list("pk", flat=True).first()
    if newest is None:
        return 0
    fact = f"given-up:{newest}"
    unknowing = administrators().exclude(pk__in=Notification.objects.filter(fact=fact).values("user_id"))
    users = list(unknowing.values_list("pk", flat=True))
    return len(notify(kind=Kind.FAILED, users=users, target_type=targets.WORK, target_id=0, fact=fact))
