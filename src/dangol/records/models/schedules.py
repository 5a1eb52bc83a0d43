"""Imports that happen by themselves: where the files lie, when they are looked for, and what became of each."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dangol.records.models.history import plain_history, record_delete_history, record_version
from dangol.records.models.imports import ImportRun
from dangol.records.models.transactions import CurrentTransaction, TransactionField


class ScheduleSource(models.TextChoices):
    FOLDER = "folder", _("Folder on the server")
    SFTP = "sftp", _("SFTP server")
    HTTP = "http", _("Web address")


class ScheduleAccess(models.TextChoices):
    """With what the source is opened."""

    NONE = "", _("Without credentials")
    PASSWORD = "password", _("User name and password")
    KEY = "key", _("User name and private key")
    TOKEN = "token", _("Token (Bearer)")


class ScheduleRule(models.TextChoices):
    MINUTES = "minutes", _("Every so many minutes")
    HOURLY = "hourly", _("Every hour")
    DAILY = "daily", _("Every day")
    WEEKDAYS = "weekdays", _("Monday to Friday")


class ScheduleAfter(models.TextChoices):
    """What becomes of a file that has been imported."""

    KEEP = "keep", _("Leave it there")
    MOVE = "move", _("Move it to the folder done")
    DELETE = "delete", _("Delete it")


class ScheduleResult(models.TextChoices):
    """What came of the last look."""

    NONE = "", _("Not yet")
    TAKEN = "taken", _("Files taken")
    NOTHING = "nothing", _("Nothing new")
    BUSY = "busy", _("Import still going on")
    FAILED = "failed", _("Failed")


class ImportSchedule(models.Model):
    """The settings of a scheduled import, with history like any record. What happens to it stands in its state.

    `mapping_name` is `saved:<id>` or `built-in:<name>`, as on the page of a new import. `host_key` is the key of the
    SFTP server that somebody has confirmed: `ssh-ed25519 SHA256:…`.
    """

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(_("Name"), max_length=120, unique=True)
    source = models.CharField(_("Source of the files"), max_length=10, choices=ScheduleSource)
    location = models.TextField(_("Place"))
    access = models.CharField(
        _("Credentials"), max_length=10, choices=ScheduleAccess, blank=True, default=ScheduleAccess.NONE
    )
    username = models.CharField(_("User name"), max_length=200, blank=True, default="")
    host_key = models.CharField(_("Key of the server"), max_length=200, blank=True, default="")
    pattern = models.CharField(_("Names of the files"), max_length=200, default="*")
    mapping_name = models.CharField(_("Mapping"), max_length=140)
    rule = models.CharField(_("How often"), max_length=10, choices=ScheduleRule, default=ScheduleRule.HOURLY)
    every = models.PositiveSmallIntegerField(
        _("Minutes between"), default=15, validators=[MinValueValidator(1), MaxValueValidator(1440)]
    )
    at_time = models.TimeField(_("Time of day"), null=True, blank=True)
    after = models.CharField(
        _("After the import"), max_length=10, choices=ScheduleAfter, default=ScheduleAfter.KEEP
    )
    acts_as = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("In whose name")
    )
    active = models.BooleanField(_("Switched on"), default=True)

    version = models.PositiveIntegerField(default=1, db_default=1, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)
    changed_in = TransactionField(db_default=CurrentTransaction(), editable=False)

    class Meta:
        verbose_name = _("Schedule")
        verbose_name_plural = _("Schedules")
        triggers: ClassVar[list[pgtrigger.Trigger]] = [record_version, plain_history, record_delete_history]

    def __str__(self) -> str:
        return self.name


class ImportScheduleState(models.Model):
    """What changes all the time, and the sealed secret: both have no history.

    `next_at` is when the rule is due; `check_at` an earlier look at what the last one left open: files that may still
    be growing, imports that were going on. `offered_key` is the server's key as it was seen, before somebody confirms
    it. `secret` is sealed (`outbound.sealing`) and never shown.
    """

    schedule = models.OneToOneField(ImportSchedule, models.CASCADE, primary_key=True, related_name="state")
    secret = models.TextField(blank=True, default="")
    offered_key = models.CharField(max_length=200, blank=True, default="")
    next_at = models.DateTimeField(null=True)
    check_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    last_result = models.CharField(
        max_length=10, choices=ScheduleResult, blank=True, default=ScheduleResult.NONE
    )
    last_files = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True, default="")
    failures = models.PositiveSmallIntegerField(default=0)
    stopped_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["next_at"], name="records_schedule_next"),
            models.Index(fields=["check_at"], name="records_schedule_check"),
        ]

    def __str__(self) -> str:
        return f"{self.schedule_id}: {self.last_result}"


class FileState(models.TextChoices):
    SEEN = "seen"
    TAKEN = "taken"
    DONE = "done"
    FAILED = "failed"


class ImportScheduleFile(models.Model):
    """A file at the source as it was seen last; forgotten when it is gone from there.

    Seen: it may still be growing. Taken: it is being imported. Done: not taken again unless it changes. Failed: taken
    again at the next turn. `modified` is in nanoseconds as the source tells it; `tags` are what a web server says by
    which it knows the file again.
    """

    id = models.BigAutoField(primary_key=True)
    schedule = models.ForeignKey(ImportSchedule, models.CASCADE, related_name="files", db_index=False)
    name = models.CharField(max_length=255, db_collation="C")
    size = models.BigIntegerField(null=True)
    modified = models.BigIntegerField(null=True)
    seen_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=FileState, default=FileState.SEEN)
    run = models.ForeignKey(ImportRun, models.SET_NULL, null=True, related_name="+")
    tags = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["schedule", "name"], name="records_schedulefile_name")]

    def __str__(self) -> str:
        return f"{self.name}: {self.state}"
