"""Exports: who took which list out, why, as what, and where the file lies for as long as it is kept."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dangol.records.models.running import Running


class ExportState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    FINISHED = "finished", _("Finished")
    CANCELLED = "cancelled", _("Cancelled")
    FAILED = "failed", _("Stopped by an error")


class ExportRun(Running, models.Model):
    """One list going out as a file. The row stays as the proof; the file goes at `expires_at`.

    `path` is empty where no file is kept: the list was sent while it was read, the run has not ended, or the file has
    expired. `rights` is a fingerprint of what the owner was allowed at the time: with other rights the file is no
    longer his to fetch.
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
    filter = models.TextField(_("Filter"), blank=True, default="")
    sort = models.JSONField(default=list)
    columns = models.JSONField(default=list)
    format = models.CharField(_("Format"), max_length=10)
    encoding = models.CharField(_("Encoding"), max_length=10, blank=True, default="")
    reason = models.CharField(_("Reason"), max_length=500, blank=True, default="")
    origin = models.CharField(max_length=10, default="page")
    rights = models.CharField(max_length=64, db_collation="C", blank=True, default="")

    state = models.CharField(_("State"), max_length=10, choices=ExportState, default=ExportState.WAITING)
    rows = models.BigIntegerField(_("Rows"), default=0)
    total = models.BigIntegerField(null=True, blank=True)
    seconds = models.FloatField(default=0)
    cancel_requested = models.BooleanField(default=False)
    losses = models.JSONField(default=dict)
    """What the file could not hold: `replaced` characters in `cells` cells with `examples`, `shortened` texts."""
    message = models.TextField(blank=True, default="")

    file_name = models.CharField(_("File"), max_length=255, blank=True, default="")
    path = models.TextField(blank=True, default="")
    size = models.BigIntegerField(_("Size"), default=0)
    downloads = models.PositiveIntegerField(default=0)

    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("Export")
        verbose_name_plural = _("Exports")
        indexes = [
            models.Index(fields=["owner", "-id"], name="records_exportrun_owner"),
            models.Index(
                fields=["expires_at"], name="records_exportrun_expiry", condition=~models.Q(path="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.record_type} ({self.state})"

    @property
    def done_of(self) -> tuple[int, int | None]:
        """By rows."""
        return self.rows, self.total
