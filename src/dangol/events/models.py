"""The outbox: what happened, and who has yet to react to it."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now


class Event(models.Model):
    """A fact, written in the transaction that made it true. It carries ids, never contents.

    ``actor`` is the id of the user who caused it (none for background work). It is a plain number, since
    this room lies below identity.
    """

    id = models.BigAutoField(primary_key=True)
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=100)
    payload = models.JSONField(default=dict)
    actor = models.BigIntegerField(null=True)
    request_id = models.CharField(max_length=64, blank=True, default="")
    occurred_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "events_event"
        indexes = [models.Index(fields=["occurred_at"], name="event_occurred_at")]

    def __str__(self) -> str:
        return f"{self.name} {self.key}"


class Delivery(models.Model):
    """One event for one handler. The mark ``done`` commits together with what the handler did."""

    class State(models.TextChoices):
        PENDING = "pending"
        DONE = "done"
        DEAD = "dead"

    id = models.BigAutoField(primary_key=True)
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries")
    handler = models.CharField(max_length=200)
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(db_default=Now())
    last_error = models.TextField(blank=True, default="")
    done_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "events_delivery"
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["event", "handler"], name="delivery_once_per_handler"),
            models.CheckConstraint(
                condition=models.Q(state__in=["pending", "done", "dead"]), name="delivery_state_known"
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], name="delivery_due", condition=models.Q(state="pending")
            ),
            models.Index(fields=["-id"], name="delivery_dead", condition=models.Q(state="dead")),
        ]

    def __str__(self) -> str:
        return f"{self.handler} ← {self.event_id} ({self.state})"


class Heartbeat(models.Model):
    """When a worker last finished a round of its own upkeep, one row per queue.

    Procrastinate forgets a worker that was stopped; this row remembers it, so that "no worker since
    10:32" can be told from "never a worker".
    """

    queue = models.CharField(max_length=128, primary_key=True)
    worker = models.CharField(max_length=200)
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "events_heartbeat"

    def __str__(self) -> str:
        return f"{self.queue}: {self.seen_at:%Y-%m-%d %H:%M:%S}"
