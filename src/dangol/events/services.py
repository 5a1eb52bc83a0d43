"""Delivering events: each handler's effect and its mark commit together."""

from __future__ import annotations

import random
from datetime import timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now
from django.utils import timezone
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.manager import JobManager

from dangol.events import queue, registry
from dangol.events.models import Delivery, Event, Heartbeat
from dangol.events.outbox import DELIVER_TASK, ActorLike

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 8
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=1)
ERROR_LENGTH = 2_000


class UnknownHandlerError(LookupError):
    """The delivery waits for a handler that this release does not have."""


def wait_after(attempts: int) -> timedelta:
    """How long to wait after so many attempts: 5 s, four times as long each time, up to one hour, ± 20 %.

    The scatter keeps deliveries that failed together from failing together again.
    """
    wait: timedelta = min(FIRST_WAIT * 4 ** (attempts - 1), LONGEST_WAIT)
    return wait * random.uniform(0.8, 1.2)  # noqa: S311 - scatter, not a secret


def deliver_event(event_id: int) -> int:
    """Try every delivery of the event that is due. Returns how many were done."""
    due = Delivery.objects.filter(event_id=event_id, state=Delivery.State.PENDING, next_attempt_at__lte=Now())
    return sum(deliver(pk) for pk in due.order_by("pk").values_list("pk", flat=True))


def deliver(delivery_id: int) -> bool:
    """Try one delivery; false when it failed, or when it was not due (any more).

    Two transactions. The first counts the attempt and moves the next one into the future: a handler that
    kills its worker is thereby counted too, and ends as a dead letter instead of killing workers for ever.
    The second locks the delivery, runs the handler and marks the delivery done; all of it commits or none.
    """
    if not _claim(delivery_id):
        return False
    with transaction.atomic():
        delivery = (
            Delivery.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("event")
            .filter(pk=delivery_id, state=Delivery.State.PENDING)
            .first()
        )
        if delivery is None:
            return False
        try:
            with transaction.atomic():
                _run_handler(delivery)
        # Whatever a handler raises is recorded with the delivery, logged, and tried again.
        except Exception as error:  # noqa: BLE001
            _record_failure(delivery, error)
            return False
        delivery.state = Delivery.State.DONE
        delivery.done_at = timezone.now()
        delivery.last_error = ""
        delivery.save(update_fields=["state", "done_at", "last_error"])
    return True


def _claim(delivery_id: int) -> bool:
    with transaction.atomic():
        delivery = (
            Delivery.objects.select_for_update(skip_locked=True)
            .filter(pk=delivery_id, state=Delivery.State.PENDING, next_attempt_at__lte=Now())
            .first()
        )
        if delivery is None:
            return False
        if delivery.attempts >= MAX_ATTEMPTS:
            delivery.state = Delivery.State.DEAD
            delivery.last_error = delivery.last_error or "the worker died during every attempt"
            delivery.save(update_fields=["state", "last_error"])
            log.error(
                "delivery_dead", delivery=delivery.pk, handler=delivery.handler, error=delivery.last_error
            )
            return False
        delivery.attempts += 1
        delivery.next_attempt_at = timezone.now() + wait_after(delivery.attempts)
        delivery.save(update_fields=["attempts", "next_attempt_at"])
        return True


def _run_handler(delivery: Delivery) -> None:
    handler = registry.handler_named(delivery.handler)
    if handler is None:
        raise UnknownHandlerError(f"no handler named {delivery.handler} in this release")
    event = handler.event_class.from_payload(delivery.event.payload)
    with structlog.contextvars.bound_contextvars(
        event_name=delivery.event.name,
        event_id=str(delivery.event.key),
        handler=delivery.handler,
        request_id=delivery.event.request_id,
    ):
        handler.function(event, event_id=delivery.event.key)


def _record_failure(delivery: Delivery, error: Exception) -> None:
    delivery.last_error = f"{type(error).__name__}: {error}"[:ERROR_LENGTH].replace("\x00", "")
    details = {
        "delivery": delivery.pk,
        "event_name": delivery.event.name,
        "handler": delivery.handler,
        "attempts": delivery.attempts,
    }
    if delivery.attempts >= MAX_ATTEMPTS:
        delivery.state = Delivery.State.DEAD
        log.error("delivery_dead", **details, exc_info=error)
    else:
        queue.enqueue(DELIVER_TASK, at=delivery.next_attempt_at, event=delivery.event_id)
        log.warning("delivery_failed", **details, next_attempt_at=delivery.next_attempt_at, exc_info=error)
    delivery.save(update_fields=["state", "last_error"])


def deliver_overdue(*, late: timedelta, limit: int) -> int:
    """Deliver what should have been delivered by now and was not: its job was lost with its worker.

    Args:
        late: how long past its time a delivery must be, so that jobs on the queue come first.
        limit: how many at most.

    Returns:
        How many were done.
    """
    overdue = Delivery.objects.filter(
        state=Delivery.State.PENDING, next_attempt_at__lte=Now() - late
    ).order_by("next_attempt_at")[:limit]
    return sum(deliver(pk) for pk in list(overdue.values_list("pk", flat=True)))


def retry_dead(*, delivery: Delivery, actor: ActorLike) -> bool:
    """Give a dead delivery (or one that waits for its next attempt) a fresh start, at once.

    The caller has checked that the actor may administer. Returns false when it was delivered meanwhile.
    """
    with transaction.atomic():
        locked = (
            Delivery.objects.select_for_update()
            .filter(pk=delivery.pk)
            .exclude(state=Delivery.State.DONE)
            .first()
        )
        if locked is None:
            return False
        locked.state = Delivery.State.PENDING
        locked.attempts = 0
        locked.next_attempt_at = Now()
        locked.save(update_fields=["state", "attempts", "next_attempt_at"])
        queue.enqueue(DELIVER_TASK, event=locked.event_id)
        log.info(
            "delivery_retried",
            delivery=locked.pk,
            handler=locked.handler,
            actor=actor.user_id,
            request_id=actor.request_id,
        )
    return True


def discard_dead(*, delivery: Delivery, reason: str, actor: ActorLike) -> bool:
    """Give a dead delivery up for good: it counts as dealt with, and keeps who decided so and why.

    The caller has checked that the actor may administer. Returns false when it is not dead any more.
    """
    with transaction.atomic():
        locked = (
            Delivery.objects.select_for_update().filter(pk=delivery.pk, state=Delivery.State.DEAD).first()
        )
        if locked is None:
            return False
        locked.state = Delivery.State.DONE
        locked.done_at = timezone.now()
        locked.last_error = f"discarded: {reason}\n{locked.last_error}"[:ERROR_LENGTH]
        locked.save(update_fields=["state", "done_at", "last_error"])
        log.info(
            "delivery_discarded",
            delivery=locked.pk,
            handler=locked.handler,
            actor=actor.user_id,
            request_id=actor.request_id,
        )
    return True


def job_retry(*, job_id: int, actor: ActorLike) -> bool:
    """Put a failed job back on the queue, at once. The caller has checked that the actor may administer.

    Returns false when it is not there any more, or is already on its way.
    """
    try:
        with transaction.atomic():
            JobManager(DjangoConnector()).retry_job_by_id(job_id, retry_at=timezone.now())
    except ConnectorException as error:
        log.info("job_retry_refused", job=job_id, error=str(error))
        return False
    log.info("job_retried", job=job_id, actor=actor.user_id, request_id=actor.request_id)
    return True


def forget_delivered(*, older_than: timedelta | None = None, batch: int = 5_000) -> int:
    """Delete events that every handler has dealt with; those with a waiting or dead delivery stay.

    Args:
        older_than: age of the event; ``settings.EVENTS_KEPT_DAYS`` (30) days when not given.
        batch: rows per transaction, so that no lock is held for long.

    Returns:
        How many events were deleted.
    """
    if older_than is None:
        older_than = timedelta(days=getattr(settings, "EVENTS_KEPT_DAYS", 30))
    before = timezone.now() - older_than
    deleted = 0
    while True:
        unfinished = Delivery.objects.filter(event_id=OuterRef("pk")).exclude(state=Delivery.State.DONE)
        ids = list(
            Event.objects.filter(~Exists(unfinished), occurred_at__lt=before)
            .order_by("occurred_at")
            .values_list("pk", flat=True)[:batch]
        )
        if not ids:
            return deleted
        with transaction.atomic():
            Delivery.objects.filter(event_id__in=ids).delete()
            Event.objects.filter(pk__in=ids).delete()
        deleted += len(ids)


def heartbeat_record(*, queue_name: str, worker: str) -> None:
    """Remember that a worker of this queue is alive now. One query."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(queue=queue_name, worker=worker[:200], seen_at=timezone.now())],
        update_conflicts=True,
        unique_fields=["queue"],
        update_fields=["worker", "seen_at"],
    )
