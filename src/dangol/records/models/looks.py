"""Who looked at whose data, sealed and reviewed; and what the company has set about it."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

append_only = pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)


class LookAct(models.TextChoices):
    """What was done with somebody's data (안전성 확보조치 기준 제8조: 수행업무)."""

    VIEW = "view", _("View")
    LIST = "list", _("List")
    SEARCH = "search", _("Search")
    CHANGE = "change", _("Change")
    EXPORT = "export", _("Export")
    DOWNLOAD = "download", _("Download")
    REVEAL = "reveal", _("Reveal")
    PERSON = "person", _("Handed to the person")
    ERASE = "erase", _("Erase")
    REFUSED = "refused", _("Refused")
    EXPIRED = "expired", _("Log expired")


class Look(models.Model):
    """One act of one person on records of one type that are about people. Ids only, never contents.

    `ids` are the records, `through` the records of the type that they belong to – the customers of contacts –, so that
    "whose data" finds both. `user_id` is who did it, `seen_by` the administrator who looked through that person's eyes.
    `about` is what else tells of it: the reason given for a reveal or an export, the field revealed.

    The table is partitioned by month and has no foreign keys: what is no longer to be kept goes as a whole partition, and a
    trigger refuses every other change (migration 0080).
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(db_default=Now())
    user_id = models.BigIntegerField(null=True)
    seen_by = models.BigIntegerField(null=True)
    ip = models.GenericIPAddressField(null=True)
    act = models.CharField(max_length=10, choices=LookAct.choices)
    via = models.CharField(max_length=10)
    record_type = models.CharField(max_length=100)
    ids = ArrayField(models.BigIntegerField(), default=list)
    through = ArrayField(models.BigIntegerField(), default=list)
    count = models.BigIntegerField()
    about = models.TextField(db_default="")
    request_id = models.CharField(max_length=64, db_default="")

    class Meta:
        indexes = [
            GinIndex(fields=["ids"], name="records_look_ids"),
            GinIndex(fields=["through"], name="records_look_through"),
            models.Index(fields=["user_id", "-id"], name="records_look_user"),
            models.Index(fields=["act", "-id"], name="records_look_act"),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.record_type} ({self.count})"


class LookSeal(models.Model):
    """One block of the log under its seal: all rows with ids behind the block before, up to `last_id`.

    `hash` is SHA-256 over the hash of the block before and the hashes of the rows in order: whoever changes, adds or takes
    away a row breaks it, and to mend it would have to make every later seal anew (`looks/sealing.py`).
    """

    id = models.BigAutoField(primary_key=True)
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    rows = models.BigIntegerField()
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        triggers = [append_only]

    def __str__(self) -> str:
        return f"{self.first_id}–{self.last_id}"


class LookReview(models.Model):
    """A month of the log, looked through and signed off (안전성 확보조치 기준 제8조제2항). Written once.

    `figures` are those the reviewer saw, `seal` the last seal of the log at that moment.
    """

    id = models.BigAutoField(primary_key=True)
    month = models.DateField(unique=True)
    figures = models.JSONField()
    note = models.TextField()
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reviewer_name = models.CharField(max_length=200)
    seal = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-month"]
        triggers = [append_only]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class PrivacySettings(models.Model):
    """What the company has set about personal data; one row at most. While there is none, the defaults hold.

    `kept_years`: 2 from 50,000 people up or with sensitive data (안전성 확보조치 기준 제8조제1항). `reveal_roles` are the roles
    whose people may see single masked values, each time with a reason. `personal_fields` are own fields about people, as
    `type.field`: their types are logged although they are declared as being about things.
    """

    id = models.SmallIntegerField(primary_key=True, default=1, editable=False)
    kept_years = models.PositiveSmallIntegerField(
        _("Years that the access log is kept"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(10)],
    )
    reveals_per_hour = models.PositiveSmallIntegerField(
        _("Masked values that one person may see in an hour"),
        default=20,
        validators=[MinValueValidator(1), MaxValueValidator(1_000)],
    )
    reveal_roles = ArrayField(models.BigIntegerField(), default=list, blank=True)
    personal_fields = ArrayField(models.CharField(max_length=150), default=list, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("Personal data")
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="records_privacysettings_one_row")
        ]

    def __str__(self) -> str:
        return str(_("Personal data"))
