"""Webhooks: who wants to be told, what waits to be told, and what came of each attempt."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class WebhookEndpoint(models.Model):
    """An address elsewhere that is told of what happens here, as far as its owner may see it.

    `events` are names such as `customer.created`. `secret` and `previous_secret` are sealed; the previous one signs beside
    the new one until `previous_until`. `failing_since` is the first failure since the last success, `failures` how many
    there were in a row, `paused_until` when the next attempt of anything may be made. `busy_until` is the lease of the
    worker that is delivering. A stopped endpoint keeps what is waiting; it goes out when the endpoint is started again.
    """

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(_("name"), max_length=100)
    url = models.CharField(_("address"), max_length=2_000)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("owner")
    )
    secret = models.TextField(editable=False)
    previous_secret = models.TextField(blank=True, default="", editable=False)
    previous_until = models.DateTimeField(null=True, editable=False)
    events = ArrayField(models.CharField(max_length=100), verbose_name=_("events"))
    filter = models.TextField(_("filter"), blank=True, default="")
    includes_record = models.BooleanField(_("send the records"), default=False)
    batch_size = models.PositiveSmallIntegerField(_("records in a message"), default=50)
    rate = models.PositiveSmallIntegerField(_("messages a second"), default=100)
    concurrency = models.PositiveSmallIntegerField(_("messages at the same time"), default=4)
    is_active = models.BooleanField(_("switched on"), default=True)
    stopped_at = models.DateTimeField(null=True, editable=False)
    stopped_why = models.CharField(max_length=20, blank=True, default="", editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    paused_until = models.DateTimeField(null=True, editable=False)
    busy_until = models.DateTimeField(null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", editable=False
    )

    class Meta:
        ordering = ["name", "id"]
        verbose_name = _("Webhook")
        verbose_name_plural = _("Webhooks")

    def __str__(self) -> str:
        return self.name

    def is_live(self) -> bool:
        """Switched on, and not stopped for failing."""
        return self.is_active and self.stopped_at is None


class DeliveryState(models.TextChoices):
    PENDING = "pending", _("Waiting")
    SENT = "sent", _("Arrived")
    FAILED = "failed", _("Did not arrive")
    SKIPPED = "skipped", _("Nothing to tell")


class WebhookDelivery(models.Model):
    """One message for one endpoint. It holds ids; contents are read when it is sent, under the owner's rights of then.

    `message` is the id that the receiver sees: the same in every attempt. Kept for 30 days after it was made.
    """

    id = models.BigAutoField(primary_key=True)
    endpoint = models.ForeignKey(WebhookEndpoint, models.CASCADE, related_name="deliveries", db_index=False)
    message = models.CharField(max_length=64, db_collation="C")
    event = models.CharField(max_length=100, db_collation="C")
    record_type = models.CharField(max_length=40, db_collation="C", blank=True, default="")
    ids = ArrayField(models.BigIntegerField(), default=list)
    actor = models.BigIntegerField(null=True)
    occurred_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=DeliveryState, default=DeliveryState.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(db_default=Now())
    last_status = models.PositiveSmallIntegerField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "message"], name="webhook_message_once"),
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "next_at", "id"], name="webhook_due", condition=Q(state="pending")
            ),
            models.Index(fields=["endpoint", "-id"], name="webhook_log"),
            models.Index(fields=["created_at"], name="webhook_age"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.message} ({self.state})"


class WebhookAttempt(models.Model):
    """One attempt at a delivery. `status` is empty where nobody answered; `excerpt` the first bytes of the answer."""

    id = models.BigAutoField(primary_key=True)
    delivery = models.ForeignKey(WebhookDelivery, models.CASCADE, related_name="log")
    at = models.DateTimeField(db_default=Now())
    status = models.PositiveSmallIntegerField(null=True)
    milliseconds = models.PositiveIntegerField(default=0)
    excerpt = models.TextField(blank=True, default="")
    error = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.delivery_id}: {self.status or self.error}"

    @property
    def is_success(self) -> bool:
        """The receiver took it: any status of 200 to 299."""
        return self.status is not None and 200 <= self.status < 300


def is_overlapping(endpoint: WebhookEndpoint, now: datetime) -> bool:
    """Whether the previous secret still signs beside the new one."""
    return bool(
        endpoint.previous_secret and endpoint.previous_until is not None and endpoint.previous_until > now
    )
