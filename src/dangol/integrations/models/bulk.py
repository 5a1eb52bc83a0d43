"""Bulk jobs: a body of many lines, each an act on one record."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class JobState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    FINISHED = "finished", _("Finished")
    CANCELLED = "cancelled", _("Cancelled")
    FAILED = "failed", _("Stopped by an error")


class Operation(models.TextChoices):
    CREATE = "create", _("Create")
    UPDATE = "update", _("Edit")
    UPSERT = "upsert", _("Create or edit")
    DELETE = "delete", _("Delete")


class BulkJob(models.Model):
    """One body of JSON lines going in.

    `position` is the number of the last line that a committed chunk dealt with; counters and `results_bytes`, how much of the
    results file counts, are written in the same transaction, so that `rows` is always their sum, also after a crash. The job
    has the rights of its owner and of the token it came by, as they are when it works.
    """

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    token = models.ForeignKey("identity.Token", models.CASCADE, null=True, related_name="+", db_index=False)
    record_type = models.CharField(max_length=100, db_collation="C")
    operation = models.CharField(max_length=8, choices=Operation)
    by = models.CharField(max_length=100, blank=True, default="", db_collation="C")
    """The field by which `upsert` knows records."""
    state = models.CharField(max_length=10, choices=JobState, default=JobState.WAITING)
    path = models.TextField()
    gzipped = models.BooleanField(default=False)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64, db_collation="C")
    idempotency = models.CharField(max_length=255, blank=True, default="", db_collation="C")
    position = models.BigIntegerField(default=0)
    rows = models.BigIntegerField(default=0)
    created = models.BigIntegerField(default=0)
    updated = models.BigIntegerField(default=0)
    unchanged = models.BigIntegerField(default=0)
    deleted = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    results_bytes = models.BigIntegerField(default=0)
    cancel_requested = models.BooleanField(default=False)
    message = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(rows=F("created") + F("updated") + F("unchanged") + F("deleted") + F("failed")),
                name="integrations_bulkjob_adds_up",
            ),
            models.UniqueConstraint(
                fields=["owner", "idempotency"],
                condition=~Q(idempotency=""),
                name="integrations_bulkjob_once",
            ),
        ]
        indexes = [models.Index(fields=["owner", "-id"], name="integrations_bulkjob_owner")]

    def __str__(self) -> str:
        return f"{self.operation} {self.record_type} ({self.state})"

    @property
    def is_active(self) -> bool:
        """It waits for a worker or is being worked on."""
        return self.state in (JobState.WAITING, JobState.RUNNING)
