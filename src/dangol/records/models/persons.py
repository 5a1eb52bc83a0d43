"""Erasures and their certificates."""

from __future__ import annotations

import uuid

import pgtrigger
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dangol.records.models.base import Record


class ErasureState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    LAKE = "lake", _("Data for analysis is being written anew")
    FINISHED = "finished", _("Finished")
    FAILED = "failed", _("Stopped by an error")


class Erasure(models.Model):
    """The erasure of one person, and afterwards its certificate: what went, what stays and why – ids and numbers only.

    `hash` is SHA-256 over the certificate (`persons/erasing.py`); a finished one is never changed. `everywhere`: the name
    is blacked out in other records, too, not only what identifies the person alone.
    """

    id = models.BigAutoField(primary_key=True)
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    state = models.CharField(max_length=10, choices=ErasureState, default=ErasureState.WAITING)
    record_type = models.CharField(max_length=100, db_collation="C")
    record_id = models.BigIntegerField()
    reason = models.CharField(max_length=500)
    everywhere = models.BooleanField(default=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    asked_by_name = models.CharField(max_length=200)
    asked_at = models.DateTimeField(db_default=Now())
    counts = models.JSONField(default=dict)
    kept = models.JSONField(default=dict)
    finished_at = models.DateTimeField(null=True)
    hash = models.CharField(max_length=64, blank=True, default="")
    message = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["record_type", "record_id"], name="records_erasure_record")]
        triggers = [
            pgtrigger.Protect(
                name="append_only",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__state="finished"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.record_type} {self.record_id} ({self.state})"


class RetentionRule(Record):
    """Who is erased when the time is over: those that a filter finds and that nobody has touched for so many months.

    Personal data goes without delay when its purpose or time is over (개인정보 보호법 제21조). `at_most` bounds a night.
    """

    name = models.CharField(_("Name"), max_length=100)
    record_type = models.CharField(
        _("Kind"), max_length=20, choices=[("customer", _("Customer")), ("contact", _("Contact"))]
    )
    filter = models.TextField(_("Filter"))
    months = models.PositiveSmallIntegerField(
        _("Months without a change"), validators=[MinValueValidator(1), MaxValueValidator(600)]
    )
    at_most = models.PositiveSmallIntegerField(
        _("At most a night"),
        default=200,
        db_default=200,
        validators=[MinValueValidator(1), MaxValueValidator(2_000)],
    )
    is_active = models.BooleanField(_("In use"), default=False, db_default=False)
    ran_at = models.DateTimeField(_("Last run"), null=True, blank=True, editable=False)
    erased = models.BigIntegerField(_("Erased so far"), default=0, db_default=0, editable=False)

    class Meta(Record.Meta):
        verbose_name = _("Retention rule")
        verbose_name_plural = _("Retention rules")

    def __str__(self) -> str:
        return self.name
