"""The door by which knowledge goes up: announce a fact here, react to it there."""

from __future__ import annotations

import uuid
from typing import Protocol

from django.db import connection

from dangol.events import queue, registry, wire
from dangol.events.models import Delivery
from dangol.events.models import Event as EventRow
from dangol.events.registry import Event, handles

__all__ = ["ActorLike", "Event", "announce", "handles"]

DELIVER_TASK = "dangol.events.deliver"


class ActorLike(Protocol):
    """Whoever caused the fact; identity's Actor fits."""

    @property
    def user_id(self) -> int | None: ...

    @property
    def request_id(self) -> str: ...


def announce(event: Event, *, actor: ActorLike | None = None) -> uuid.UUID:
    """Write a fact into the outbox, in the caller's transaction.

    The event, one delivery per handler and the job that delivers them commit or vanish together with what
    the caller wrote. Costs three queries (one when nobody listens), and one after the commit for facts that open
    pages are told of (`wire`).

    Returns:
        The key of the event, which its handlers receive as ``event_id``.

    Raises:
        RuntimeError: called outside ``transaction.atomic``.
        TypeError: a field of the event is not a JSON value.
    """
    if not connection.in_atomic_block:
        raise RuntimeError(
            f"announce({event.name}) needs the transaction of the change it tells of: call it inside transaction.atomic()"
        )
    row = EventRow.objects.create(
        name=event.name,
        payload=event.payload(),
        actor=actor.user_id if actor else None,
        request_id=(actor.request_id if actor else "")[:64],
    )
    names = registry.handler_names(event)
    if names:
        Delivery.objects.bulk_create([Delivery(event=row, handler=name) for name in names])
        queue.enqueue(DELIVER_TASK, event=row.pk)
    wire.carry_event(event, by=row.actor)
    return row.key
