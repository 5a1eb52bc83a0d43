"""Imports: one run per file and mapping, the rows it turned away, and what it counted on the way."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dangol.records.models.running import Running


class ImportState(models.TextChoices):
    DRAFT = "draft", _("Being prepared")
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    FINISHED = "finished", _("Finished")
    CANCELLED = "cancelled", _("Cancelled")
    FAILED = "failed", _("Stopped by an error")


OPEN_STATES = (ImportState.WAITING, ImportState.RUNNING, ImportState.PAUSED, ImportState.FAILED)


class UndoState(models.TextChoices):
    NONE = "", _("Not undone")
    RUNNING = "running", _("Being undone")
    DONE = "done", _("Undone")
    PARTLY = "partly", _("Undone but for records changed since")
    FAILED = "failed", _("Undoing stopped by an error")


class ImportRun(Running, models.Model):
    """One file going in through one mapping: how far it is and what came of it.

    `position` is the number of the last row that a committed chunk dealt with, as a spreadsheet counts rows
    (the header is row 1). Position, counters and rejects are written in the transaction of the chunk they
    tell of, so `rows = imported + unchanged + rejected` holds at every moment, also after a crash.
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
    schedule = models.ForeignKey(
        "records.ImportSchedule",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="runs",
        verbose_name=_("Schedule"),
    )
    state = models.CharField(_("State"), max_length=10, choices=ImportState, default=ImportState.DRAFT)
    file_name = models.CharField(_("File"), max_length=255)
    path = models.TextField()
    stored = models.BooleanField(default=False)
    size = models.BigIntegerField(_("Size"))
    sha256 = models.CharField(max_length=64, db_collation="C")
    fingerprint = models.CharField(max_length=64, db_collation="C")
    mapping_name = models.CharField(_("Mapping"), max_length=120, blank=True, default="")
    mapping = models.JSONField()
    choices = models.JSONField(default=dict)
    """What was chosen on the mapping page, so that it can be changed there; empty for a mapping that was written out."""
    record_types = models.JSONField(default=list)
    language = models.CharField(max_length=8, default="ko")
    chunk_rows = models.PositiveIntegerField(default=5_000)

    position = models.BigIntegerField(default=0)
    bytes_done = models.BigIntegerField(default=0)
    rows = models.BigIntegerField(_("Rows"), default=0)
    imported = models.BigIntegerField(_("Imported"), default=0)
    unchanged = models.BigIntegerField(_("Unchanged"), default=0)
    rejected = models.BigIntegerField(_("Rejected"), default=0)
    created = models.JSONField(default=dict)
    updated = models.JSONField(default=dict)
    seconds = models.FloatField(default=0)
    cancel_requested = models.BooleanField(default=False)
    pause_requested = models.BooleanField(default=False)
    repeats = models.JSONField(default=dict)
    """Rows that name a record which an earlier row named, by the record's alias in the mapping: type, repeated, rows,
    exact, examples (number, first, key)."""
    rehearsed = models.JSONField(default=dict)
    """Exact totals of the last dry run over the whole file: rows, imported, unchanged, rejected, created, updated,
    repeats, reasons, seconds – or, while one is going on, how far it has come. Empty when there was none for this mapping."""
    undo = models.CharField(max_length=8, choices=UndoState, blank=True, default=UndoState.NONE)
    undone = models.JSONField(default=dict)
    """What undoing did: removed, put_back and kept (changed since) by record type."""
    message = models.TextField(blank=True, default="")

    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    advanced_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("Import")
        verbose_name_plural = _("Imports")
        constraints = [
            models.CheckConstraint(
                condition=Q(rows=models.F("imported") + models.F("unchanged") + models.F("rejected")),
                name="records_importrun_adds_up",
            )
        ]
        indexes = [
            models.Index(fields=["owner", "-id"], name="records_importrun_owner"),
            models.Index(fields=["fingerprint"], name="records_importrun_file"),
        ]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.state})"

    @property
    def done_of(self) -> tuple[int, int | None]:
        """By bytes of the file read."""
        return self.bytes_done, self.size


class ImportChunk(models.Model):
    """What one committed chunk of a run made and changed, so that the run can be undone.

    `created` holds ids by record type as ranges, `{"customer": [[1, 10000]]}`; `updated` holds ids as a plain list,
    `{"customer": [7, 9]}`. What the values were before stands in history under the run's own request id.
    """

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="chunks")
    position = models.BigIntegerField()
    created = models.JSONField(default=dict)
    updated = models.JSONField(default=dict)
    undone = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "position"], name="records_importchunk_position")
        ]

    def __str__(self) -> str:
        return f"{self.run_id}: up to row {self.position}"


class ImportMemory(models.Model):
    """How a column of an earlier file was used, so that the next file with such a column is understood by itself.

    `column` is the folded name; `use` the piece of the mapping that took it: `{"field": …, "lookup": …,
    "transform": […]}`, or `{}` for "left out on purpose".
    """

    id = models.BigAutoField(primary_key=True)
    record_type = models.CharField(max_length=100, db_collation="C")
    column = models.CharField(max_length=250, db_collation="C")
    use = models.JSONField(default=dict)
    times = models.PositiveIntegerField(default=1)
    last_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["record_type", "column"], name="records_importmemory_column")
        ]

    def __str__(self) -> str:
        return f"{self.record_type}: {self.column}"


class ImportReject(models.Model):
    """One row of the file that did not go in, with the reason and the row itself.

    `cells` is the original row as JSON in ASCII text: a JSON column could not hold NUL or bytes that are not UTF-8,
    and these are just the rows that end here.
    """

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="rejects")
    number = models.BigIntegerField()
    field = models.CharField(max_length=120, blank=True, default="")
    column = models.CharField(max_length=250, blank=True, default="")
    value = models.TextField(blank=True, default="")
    code = models.CharField(max_length=40)
    reason = models.TextField()
    cells = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="records_importreject_row")]

    def __str__(self) -> str:
        return f"{self.number}: {self.reason}"


class ImportCounter(models.Model):
    """How many rows of a run had this value so far, for ordinals ("the third line of this invoice").

    Kept in the database and not in memory: it commits with the chunk, so a run that goes on after a crash counts on
    correctly, and memory stays flat however many different values the file has. Emptied when the run ends.

    Slots from `counters.CLAIMS` on hold keys of records; there `count` is the number of the row that named one first.
    """

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="+", db_index=False)
    slot = models.PositiveSmallIntegerField()
    value = models.TextField(db_collation="C")
    count = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "slot", "value"], name="records_importcounter_value")
        ]

    def __str__(self) -> str:
        return f"{self.value}: {self.count}"
