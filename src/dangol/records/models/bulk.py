"""Bulk acts: one change or act on many records, how far it is, what each chunk did and what was refused."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dangol.records.models.imports import UndoState


class BulkState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    FINISHED = "finished", _("Finished")
    CANCELLED = "cancelled", _("Cancelled")
    FAILED = "failed", _("Stopped by an error")


class BulkRun(models.Model):
    """One act on a selection of records.

    `position` is the id of the last record that a committed chunk dealt with: records go by in the order of their ids.
    Position and counters are written in the transaction of the chunk they tell of, so
    `rows = changed + unchanged + refused` holds at every moment, also after a crash.

    `selection` is `{"ids": […]}` or `{"filter": text, "except": […]}`; `settings` what the act was told. `snapshot` is
    the PostgreSQL snapshot of the preview: what others change after it is not written over.
    """

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("User"),
    )
    record_type = models.CharField(max_length=100, db_collation="C")
    act = models.CharField(max_length=60, db_collation="C")
    settings = models.JSONField(default=dict)
    selection = models.JSONField(default=dict)
    origin = models.CharField(max_length=10, default="page")
    language = models.CharField(max_length=8, default="ko")
    snapshot = models.TextField(blank=True, default="")
    previewed_at = models.DateTimeField()
    selected = models.BigIntegerField(null=True, blank=True)
    """How many records the preview counted."""
    chunk_rows = models.PositiveIntegerField(default=2_000)

    state = models.CharField(_("State"), max_length=10, choices=BulkState, default=BulkState.WAITING)
    position = models.BigIntegerField(default=0)
    rows = models.BigIntegerField(_("Records"), default=0)
    changed = models.BigIntegerField(_("Changed"), default=0)
    unchanged = models.BigIntegerField(_("Unchanged"), default=0)
    refused = models.BigIntegerField(_("Refused"), default=0)
    others = models.JSONField(default=dict)
    """Records of other types that the act changed along with these, by type."""
    record_types = models.JSONField(default=list)
    seconds = models.FloatField(default=0)
    cancel_requested = models.BooleanField(default=False)
    message = models.TextField(blank=True, default="")
    undo = models.CharField(max_length=8, choices=UndoState, blank=True, default=UndoState.NONE)
    undone = models.JSONField(default=dict)
    """What undoing did: `share` of it done, `put_back` and `kept` by record type."""

    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    advanced_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("Bulk change")
        verbose_name_plural = _("Bulk changes")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(rows=models.F("changed") + models.F("unchanged") + models.F("refused")),
                name="records_bulkrun_adds_up",
            )
        ]
        indexes = [models.Index(fields=["owner", "-id"], name="records_bulkrun_owner")]

    def __str__(self) -> str:
        return f"{self.act} {self.record_type} ({self.state})"

    @property
    def is_active(self) -> bool:
        """It waits for a worker or is being worked on."""
        return self.state in (BulkState.WAITING, BulkState.RUNNING)

    @property
    def rows_per_second(self) -> float:
        return self.rows / self.seconds if self.seconds else 0.0

    @property
    def share_done(self) -> float:
        """Between 0 and 1, of the records that the preview counted."""
        if self.state == BulkState.FINISHED:
            return 1.0
        return min(self.rows / self.selected, 1.0) if self.selected else 0.0

    @property
    def seconds_left(self) -> float | None:
        """At the speed so far; none before the first chunk."""
        share = self.share_done
        return self.seconds * (1 - share) / share if share and self.seconds else None


class BulkChunk(models.Model):
    """What one committed chunk did, as ranges of ids by record type, `{"customer": [[1, 2000]]}`."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(BulkRun, models.CASCADE, related_name="chunks")
    position = models.BigIntegerField()
    updated = models.JSONField(default=dict)
    deleted = models.JSONField(default=dict)
    restored = models.JSONField(default=dict)
    undone = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "position"], name="records_bulkchunk_position")]

    def __str__(self) -> str:
        return f"{self.run_id}: up to record {self.position}"


class BulkRefusal(models.Model):
    """A record that an act, or taking it back (`undoing`), left as it was, with the reason. Titles are not kept here:
    whoever reads the list sees those that are visible to that person."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(BulkRun, models.CASCADE, related_name="refusals")
    undoing = models.BooleanField(default=False)
    record_type = models.CharField(max_length=100, db_collation="C")
    record_id = models.BigIntegerField()
    field = models.CharField(max_length=120, blank=True, default="")
    value = models.TextField(blank=True, default="")
    code = models.CharField(max_length=40)
    reason = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "undoing", "record_type", "record_id"], name="records_bulkrefusal_record"
            )
        ]

    def __str__(self) -> str:
        return f"{self.record_type} {self.record_id}: {self.reason}"
