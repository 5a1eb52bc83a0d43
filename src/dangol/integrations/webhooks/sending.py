"""Sending what waits for one endpoint: in batches, on a few connections that are kept, with the log written once a batch."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock, local

import structlog
from django.db import transaction
from django.db.models import F, Min, Q
from django.utils import timezone, translation

from dangol.events.outbox import announce
from dangol.identity import revisions
from dangol.identity.actors import Actor, actor_for
from dangol.integrations.events import WebhookStopped
from dangol.integrations.models import DeliveryState, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from dangol.integrations.models.webhooks import is_overlapping
from dangol.integrations.webhooks import contents, queueing, schedule, signing, subscriptions
from dangol.outbound.errors import OutboundProblem, SealBroken
from dangol.outbound.models import OutboundCall
from dangol.outbound.posting import Line, Posted
from dangol.outbound.sealing import unseal
from dangol.outbound.services import calls_note

log = structlog.get_logger(__name__)

SEAL = "webhook"
PURPOSE = "webhook"
SILENCE, LONGEST = 10.0, 20.0
"""Seconds for connecting and for each silence, and for a whole answer."""
BATCH = 200
LEASE = timedelta(minutes=3)
LONGEST_BATCH = 60.0
"""Seconds after which a batch begins no more posts; with the last of them far below the lease."""
BUDGET = 20.0
"""Seconds that one job works; then the next one goes on, and others get their turn."""
IN_A_ROW = 3
"""So many failures one after the other in a batch, and the endpoint is left alone for a while."""
GONE = 410
SHORTENED = 500


@dataclass(slots=True)
class _Outcome:
    """What came of one attempt; neither answer nor error: it was not made."""

    posted: Posted | None = None
    error: str = ""

    @property
    def is_made(self) -> bool:
        return self.posted is not None or bool(self.error)

    @property
    def is_success(self) -> bool:
        return self.posted is not None and 200 <= self.posted.status < 300


@dataclass
class _Batch:
    """A batch under way: its failures in a row, counted by all its threads, and when it must end."""

    in_a_row: int = 0
    lock: Lock = field(default_factory=Lock)
    until: float = field(default_factory=lambda: time.monotonic() + LONGEST_BATCH)

    def is_over(self) -> bool:
        return self.in_a_row >= IN_A_ROW or time.monotonic() > self.until

    def count(self, *, success: bool) -> None:
        with self.lock:
            self.in_a_row = 0 if success else self.in_a_row + 1


def deliver_due(endpoint_id: int, *, budget: float = BUDGET) -> int:
    """Send what is due for an endpoint, for `budget` seconds at most; how many messages were taken.

    One worker at a time does this for an endpoint. Each batch is claimed in one transaction and noted in another; what a
    killed worker had claimed is due again after three minutes, so that a message may come twice, under the same id.
    """
    revisions.look()
    if not _taken(endpoint_id):
        return 0
    sent = 0
    until = time.monotonic() + budget
    try:
        while time.monotonic() < until:
            start = time.monotonic()
            endpoint = WebhookEndpoint.objects.select_related("owner").get(pk=endpoint_id)
            batch = _claimed(endpoint)
            if not batch:
                break
            sent += _sent(endpoint, batch)
            pace = len(batch) / endpoint.rate - (time.monotonic() - start)
            if pace > 0:
                time.sleep(min(pace, 1.0))
    finally:
        _released(endpoint_id)
    return sent


def _taken(endpoint_id: int) -> bool:
    now = timezone.now()
    free = WebhookEndpoint.objects.filter(pk=endpoint_id, is_active=True, stopped_at=None)
    free = free.filter(Q(busy_until=None) | Q(busy_until__lte=now))
    return bool(free.update(busy_until=now + LEASE))


def _released(endpoint_id: int) -> None:
    """Let others at it, and see to it that what waits has its job. Two queries, three more where something waits."""
    now = timezone.now()
    with transaction.atomic():
        WebhookEndpoint.objects.filter(pk=endpoint_id).update(busy_until=None)
        waiting = WebhookDelivery.objects.filter(endpoint_id=endpoint_id, state=DeliveryState.PENDING)
        first = waiting.aggregate(first=Min("next_at"))["first"]
        endpoint = WebhookEndpoint.objects.get(pk=endpoint_id)
        if first is None or not endpoint.is_live():
            return
        due = max(first, endpoint.paused_until or first)
        if due <= now + queueing.SOON:
            queueing.wake(endpoint_id, at=due)


def _claimed(endpoint: WebhookEndpoint) -> list[WebhookDelivery]:
    """The next batch, each with its attempt counted and its next one in the future. Three queries."""
    now = timezone.now()
    if not endpoint.is_live() or (endpoint.paused_until is not None and endpoint.paused_until > now):
        return []
    with transaction.atomic():
        due = WebhookDelivery.objects.select_for_update(skip_locked=True).filter(
            endpoint=endpoint, state=DeliveryState.PENDING, next_at__lte=now
        )
        batch = list(due.order_by("next_at", "id")[: min(BATCH, endpoint.rate)])
        if batch:
            WebhookDelivery.objects.filter(pk__in=[delivery.pk for delivery in batch]).update(
                attempts=F("attempts") + 1, next_at=now + LEASE
            )
            WebhookEndpoint.objects.filter(pk=endpoint.pk).update(busy_until=now + LEASE)
    for delivery in batch:
        delivery.attempts += 1
    return batch


def _sent(endpoint: WebhookEndpoint, batch: Sequence[WebhookDelivery]) -> int:
    """Send a batch and note what came of it; how many attempts were made."""
    if not endpoint.owner.is_active:
        _given_back(batch)
        endpoint_stop(endpoint, why="owner")
        return 0
    try:
        secrets = _secrets(endpoint)
    except SealBroken:
        _given_back(batch)
        endpoint_stop(endpoint, why="secret")
        return 0
    actor: Actor = actor_for(endpoint.owner)
    with translation.override(actor.language):
        bodies = contents.bodies(endpoint, actor, batch)
    telling = [delivery for delivery in batch if bodies[delivery.pk] is not None]
    notes: list[OutboundCall] = []
    outcomes = _posted(endpoint, telling, bodies, secrets, notes)
    with transaction.atomic():
        calls_note(notes)
        _note(endpoint, batch, outcomes)
    return sum(outcome.is_made for outcome in outcomes.values()) + len(batch) - len(telling)


def _secrets(endpoint: WebhookEndpoint) -> list[str]:
    secrets = [unseal(endpoint.secret, purpose=SEAL)]
    if is_overlapping(endpoint, timezone.now()):
        secrets.append(unseal(endpoint.previous_secret, purpose=SEAL))
    return secrets


def _posted(
    endpoint: WebhookEndpoint,
    deliveries: Sequence[WebhookDelivery],
    bodies: dict[int, bytes | None],
    secrets: Sequence[str],
    notes: list[OutboundCall],
) -> dict[int, _Outcome]:
    """Post on as many connections as the endpoint allows. The threads touch no database."""
    state = _Batch()
    own = local()
    lines: list[Line] = []

    def line() -> Line:
        found: Line | None = getattr(own, "line", None)
        if found is None:
            found = own.line = Line(
                endpoint.url, timeout=SILENCE, longest=LONGEST, purpose=PURPOSE, keep=notes.append
            )
            lines.append(found)
        return found

    def post(delivery: WebhookDelivery) -> _Outcome:
        if state.is_over():
            return _Outcome()
        body = bodies[delivery.pk] or b""
        said = {
            "Content-Type": "application/json",
            "User-Agent": "Dangol-Webhooks",
            **signing.headers(secrets, delivery.message, int(time.time()), body),
        }
        try:
            with translation.override("en"):  # a thread of its own, and a log that all read
                outcome = _Outcome(line().post(body, said))
        except OutboundProblem as problem:
            outcome = _Outcome(error=str(problem)[:SHORTENED])
        state.count(success=outcome.is_success)
        return outcome

    if not deliveries:
        return {}
    try:
        with ThreadPoolExecutor(min(endpoint.concurrency, len(deliveries))) as pool:
            made = list(pool.map(post, deliveries))
    finally:
        for one in lines:
            one.close()
    return {delivery.pk: outcome for delivery, outcome in zip(deliveries, made, strict=True)}


def _note(endpoint: WebhookEndpoint, batch: Sequence[WebhookDelivery], outcomes: dict[int, _Outcome]) -> None:
    now = timezone.now()
    attempts = []
    not_made: list[WebhookDelivery] = []
    for delivery in batch:
        outcome = outcomes.get(delivery.pk)
        if outcome is None:
            delivery.state, delivery.done_at = DeliveryState.SKIPPED, now
        elif not outcome.is_made:
            not_made.append(delivery)
        else:
            attempts.append(_attempt(delivery, outcome, now))
            _judge(delivery, outcome, now)
    WebhookAttempt.objects.bulk_create(attempts)
    judged = [delivery for delivery in batch if delivery not in not_made]
    _store(judged)
    _given_back(not_made)
    _weigh(endpoint, list(outcomes.values()), now)


def _attempt(delivery: WebhookDelivery, outcome: _Outcome, now: datetime) -> WebhookAttempt:
    posted = outcome.posted
    return WebhookAttempt(
        delivery=delivery,
        at=now,
        status=posted.status if posted else None,
        milliseconds=posted.milliseconds if posted else 0,
        excerpt=posted.excerpt.decode("utf-8", "replace").replace("\0", "") if posted else "",
        error=outcome.error,
    )


def _judge(delivery: WebhookDelivery, outcome: _Outcome, now: datetime) -> None:
    delivery.last_status = outcome.posted.status if outcome.posted else None
    if outcome.is_success:
        delivery.state, delivery.done_at = DeliveryState.SENT, now
        return
    retry_after = outcome.posted.retry_after if outcome.posted else ""
    again = schedule.next_attempt(delivery.attempts, now, retry_after=retry_after)
    if again is None:
        delivery.state, delivery.done_at = DeliveryState.FAILED, now
    else:
        delivery.next_at = again


def _store(deliveries: Sequence[WebhookDelivery]) -> None:
    """Those with the same outcome in one statement each: a good batch costs one."""
    alike: dict[tuple[str, int | None, datetime | None], list[int]] = {}
    rest = []
    for delivery in deliveries:
        if delivery.state == DeliveryState.PENDING:
            rest.append(delivery)
        else:
            key = (delivery.state, delivery.last_status, delivery.done_at)
            alike.setdefault(key, []).append(delivery.pk)
    for (state, status, done_at), ids in alike.items():
        WebhookDelivery.objects.filter(pk__in=ids).update(state=state, last_status=status, done_at=done_at)
    WebhookDelivery.objects.bulk_update(rest, ["next_at", "last_status"])


def _given_back(deliveries: Sequence[WebhookDelivery]) -> None:
    """What was claimed and not tried: as if it had not been claimed."""
    if deliveries:
        WebhookDelivery.objects.filter(pk__in=[delivery.pk for delivery in deliveries]).update(
            attempts=F("attempts") - 1, next_at=timezone.now()
        )


def _weigh(endpoint: WebhookEndpoint, outcomes: Sequence[_Outcome], now: datetime) -> None:
    """Whether the endpoint goes on, pauses or stops."""
    made = [outcome for outcome in outcomes if outcome.is_made]
    if not made:
        return
    state = WebhookEndpoint.objects.filter(pk=endpoint.pk)
    worked = any(outcome.is_success for outcome in made)
    if worked and len(made) == len(outcomes):
        # Whatever failed among them was refused for itself.
        if endpoint.failures or endpoint.failing_since or endpoint.paused_until:
            state.update(failures=0, failing_since=None, paused_until=None)
        return
    since = now if worked else endpoint.failing_since or now
    failures = endpoint.failures + 1
    state.update(failures=failures, failing_since=since, paused_until=now + schedule.pause_after(failures))
    if any(outcome.posted is not None and outcome.posted.status == GONE for outcome in made):
        endpoint_stop(endpoint, why="gone")
    elif now - since >= schedule.STOPPED_AFTER:
        endpoint_stop(endpoint, why="failing")


def endpoint_stop(endpoint: WebhookEndpoint, *, why: str) -> None:
    """Send nothing more to an endpoint, and tell those who should know. What waits is kept.

    Args:
        why: `failing` for five days, `gone` (the receiver answered 410), `owner` has left, or `secret` cannot be opened.
    """
    with transaction.atomic():
        stopped = WebhookEndpoint.objects.filter(pk=endpoint.pk, stopped_at=None).update(
            stopped_at=timezone.now(), stopped_why=why
        )
        if stopped:
            announce(WebhookStopped(endpoint_id=endpoint.pk, why=why))
            revisions.changed(subscriptions.REVISION)
    log.warning("webhook_stopped", endpoint=endpoint.pk, why=why)
