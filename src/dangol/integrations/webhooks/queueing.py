"""From a fact to messages that wait, and to the job that sends them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from procrastinate.exceptions import AlreadyEnqueued

from dangol.events import queue
from dangol.events.models import Event as EventRow
from dangol.integrations.models import WebhookDelivery, WebhookEndpoint
from dangol.integrations.webhooks import kinds

DELIVER_TASK = "dangol.integrations.webhooks.deliver"
SOON = timedelta(minutes=1)
"""What falls due later than this is found by the minute's look."""
_AT_ONCE = 1_000


def enqueue_messages(event: Any, event_id: UUID) -> int:
    """Messages for every live endpoint that wants this fact; how many. Two queries, and two for each such endpoint.

    Runs in the handler's transaction: a fact leads to its messages exactly once.
    """
    told = [
        (f"{record_type}.{kind.act}", record_type, list(ids))
        for kind in kinds.of_event(type(event))
        for record_type, ids in kind.found(event)
        if ids
    ]
    endpoints = WebhookEndpoint.objects.filter(
        is_active=True, stopped_at=None, events__overlap=[name for name, _type, _ids in told]
    )
    happened: EventRow | None = None
    made = 0
    for endpoint in endpoints.order_by("pk"):
        happened = happened or EventRow.objects.get(key=event_id)
        rows = [
            WebhookDelivery(
                endpoint=endpoint,
                message=f"msg_{event_id.hex}_{number}",
                event=name,
                record_type=record_type,
                ids=ids,
                actor=happened.actor,
                occurred_at=happened.occurred_at,
            )
            for number, (name, record_type, ids) in enumerate(_cut(told, endpoint))
        ]
        WebhookDelivery.objects.bulk_create(rows, batch_size=_AT_ONCE)
        made += len(rows)
        wake(endpoint.pk)
    return made


def _cut(
    told: Sequence[tuple[str, str, list[int]]], endpoint: WebhookEndpoint
) -> list[tuple[str, str, list[int]]]:
    """What this endpoint wants, in messages of its size."""
    size = endpoint.batch_size
    return [
        (name, record_type, ids[start : start + size])
        for name, record_type, ids in told
        if name in endpoint.events
        for start in range(0, len(ids), size)
    ]


def wake(endpoint_id: int, *, at: datetime | None = None) -> None:
    """See to it that a job delivers for this endpoint, now or at a moment; in the caller's transaction. Three queries."""
    later = at is not None and at > timezone.now()
    try:
        with transaction.atomic():
            queue.enqueue(
                DELIVER_TASK,
                at=at if later else None,
                queueing_lock=f"{DELIVER_TASK}:{endpoint_id}:{'later' if later else 'now'}",
                endpoint=endpoint_id,
            )
    except AlreadyEnqueued:
        return  # one waits already, and will find what we found


def wake_all() -> int:
    """A job for each live endpoint that has something due: for what was left behind by a worker that was killed, and for
    what fell due. How many. One query, and three for each.
    """
    now = timezone.now()
    due = WebhookDelivery.objects.filter(state="pending", next_at__lte=now).values("endpoint_id")
    found = WebhookEndpoint.objects.filter(is_active=True, stopped_at=None, pk__in=due).exclude(
        paused_until__gt=now
    )
    numbers = list(found.exclude(busy_until__gt=now).values_list("pk", flat=True))
    for number in numbers:
        wake(number)
    return len(numbers)
