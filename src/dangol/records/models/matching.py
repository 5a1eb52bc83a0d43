"""Records that may be about the same: how each type is compared, the scans, and the pairs found."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dangol.records.models.running import Running


class MatchingRule(models.Model):
    """How records of one type are compared, as administrators set it; a type without a row goes by the defaults.

    `fields` names what own objects are compared by; types that declare it themselves pay no heed to it. `model` are the
    weights learnt by the last whole scan (`methods.matching.weights.Model`).
    """

    record_type = models.CharField(max_length=63, unique=True, db_collation="C")
    fields = models.JSONField(default=list)
    threshold = models.FloatField(default=0.7, db_default=0.7)
    """From this probability on a pair stands in the queue, and a new record is questioned."""
    asks = models.BooleanField(default=True, db_default=True)
    """Whether a form asks before it saves what may be there already."""
    tells_of_others = models.BooleanField(default=True, db_default=True)
    """Whether people are told that another team has a similar record; whose team, and nothing of the record."""
    merges_alone = models.BooleanField(default=False, db_default=False)
    merge_from = models.FloatField(default=0.999, db_default=0.999)
    merge_same = models.JSONField(default=list)
    """What must be the same in both before they are merged without anybody looking."""
    model = models.JSONField(null=True)
    records = models.BigIntegerField(default=0, db_default=0)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "records_matching_rule"

    def __str__(self) -> str:
        return self.record_type


class ScanState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    FINISHED = "finished", _("Finished")
    CANCELLED = "cancelled", _("Cancelled")
    FAILED = "failed", _("Stopped by an error")


class DuplicateScan(Running, models.Model):
    """A search for duplicates among all records of a type, or (`full` off) among those changed since the one before.

    `oldest` is the oldest transaction that ran when it began to read: the next one takes what that and later ones wrote.
    `position` is the last changed record that was dealt with, written in the transaction of its pairs.
    """

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    record_type = models.CharField(max_length=63, db_collation="C")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("User"),
    )
    full = models.BooleanField(default=False)
    state = models.CharField(_("State"), max_length=10, choices=ScanState, default=ScanState.WAITING)
    oldest = models.BigIntegerField(null=True)
    since = models.BigIntegerField(null=True)
    position = models.BigIntegerField(default=0)
    share = models.FloatField(default=0)
    rows = models.BigIntegerField(_("Records"), default=0)
    compared = models.BigIntegerField(default=0)
    pairs = models.BigIntegerField(default=0)
    new_pairs = models.BigIntegerField(default=0)
    merged = models.BigIntegerField(default=0)
    peak_memory = models.BigIntegerField(default=0)
    seconds = models.FloatField(default=0)
    cancel_requested = models.BooleanField(default=False)
    message = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "records_duplicate_scan"
        indexes = [models.Index(fields=["record_type", "-id"], name="records_dupscan_type")]

    def __str__(self) -> str:
        return f"{self.record_type} ({self.state})"

    @property
    def done_of(self) -> tuple[int, int | None]:
        """In thousandths: a scan has parts that are no records."""
        return round(self.share * 1000), 1000


class PairState(models.TextChoices):
    OPEN = "open", _("To be decided")
    LATER = "later", _("Later")
    DIFFERENT = "different", _("Not the same")
    MERGED = "merged", _("Merged")


class FoundBy(models.TextChoices):
    SCAN = "scan", _("Search for duplicates")
    ENTRY = "entry", _("Entry")
    IMPORT = "import", _("Import")


class DuplicatePair(models.Model):
    """Two records that may be about the same. `evidence` says on which level each field agrees: codes, no contents.

    `left_print` and `right_print` are fingerprints of what was compared: a pair that was called different is asked about
    again only when one of them is another.
    """

    id = models.BigAutoField(primary_key=True)
    record_type = models.CharField(max_length=63, db_collation="C")
    left = models.BigIntegerField()
    right = models.BigIntegerField()
    probability = models.FloatField()
    evidence = models.JSONField(default=dict)
    left_print = models.CharField(max_length=16, db_collation="C", blank=True, default="")
    right_print = models.CharField(max_length=16, db_collation="C", blank=True, default="")
    state = models.CharField(max_length=10, choices=PairState, default=PairState.OPEN)
    found_by = models.CharField(max_length=10, choices=FoundBy, default=FoundBy.SCAN)
    found_at = models.DateTimeField(db_default=Now())
    scan = models.ForeignKey(DuplicateScan, models.SET_NULL, null=True, related_name="+", db_index=False)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "records_duplicate_pair"
        constraints = [
            models.CheckConstraint(condition=Q(left__lt=F("right")), name="records_duppair_order"),
            models.UniqueConstraint(fields=["record_type", "left", "right"], name="records_duppair_once"),
        ]
        indexes = [
            models.Index(fields=["record_type", "right"], name="records_duppair_right"),
            models.Index(fields=["record_type", "state", "-probability", "id"], name="records_duppair_queue"),
        ]

    def __str__(self) -> str:
        return f"{self.record_type} {self.left}–{self.right}: {self.probability:.2f} ({self.state})"
