"""The fields that administrators made."""

from django.conf import settings as project
from django.db import models
from django.utils.translation import gettext_lazy as _


class OwnKind(models.TextChoices):
    """What an own field can hold; each is one kind of `records.fields`."""

    TEXT = "text", _("Line of text")
    LONG_TEXT = "long_text", _("Long text")
    INTEGER = "integer", _("Whole number")
    NUMBER = "number", _("Number")
    MONEY = "money", _("Amount of money")
    PERCENT = "percent", _("Percent")
    DATE = "date", _("Date")
    DATETIME = "datetime", _("Date and time")
    BOOLEAN = "boolean", _("Yes or no")
    CHOICE = "choice", _("Choice")
    MULTI_CHOICE = "multi_choice", _("Several choices")
    REFERENCE = "reference", _("Reference")
    PHONE = "phone", _("Phone")
    EMAIL = "email", _("E-mail")
    URL = "url", _("Web address")
    BUSINESS_NUMBER = "business_number", _("Business number")


class OwnState(models.TextChoices):
    """Where an own field stands in its life. The name of a deleted one is never used again."""

    ACTIVE = "active", _("Active")
    INACTIVE = "inactive", _("Switched off")
    DELETING = "deleting", _("Values are being removed")
    DELETED = "deleted", _("Deleted")


class IndexState(models.TextChoices):
    """Whether an index makes the field fast."""

    NONE = "none", _("No index")
    BUILDING = "building", _("Index is being built")
    READY = "ready", _("Index ready")
    FAILED = "failed", _("Index failed")


class OwnField(models.Model):
    """A field of a record type that an administrator made. Its values stand in `Record.own` under `name`.

    `name` and `kind` never change. `settings` depends on the kind: `choices` (code, ko, en, tone, retired), `digits`,
    `places`, `unit`, `low`, `high`, `max_length`, `currency`, `target`.
    """

    record_type = models.CharField(max_length=40, db_collation="C")
    name = models.CharField(max_length=50, db_collation="C")
    kind = models.CharField(max_length=20, choices=OwnKind)
    label_ko = models.CharField(max_length=80)
    label_en = models.CharField(max_length=80, blank=True)
    help_ko = models.CharField(max_length=300, blank=True)
    help_en = models.CharField(max_length=300, blank=True)
    settings = models.JSONField(default=dict)
    required = models.BooleanField(default=False)
    unique = models.BooleanField(default=False)
    default = models.JSONField(null=True)
    group = models.CharField(max_length=80, blank=True)
    position = models.PositiveIntegerField(default=0)
    condition = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=OwnState, default=OwnState.ACTIVE)
    index_state = models.CharField(max_length=10, choices=IndexState, default=IndexState.NONE)
    index_error = models.CharField(max_length=300, blank=True)
    removed = models.PositiveBigIntegerField(default=0)
    made_at = models.DateTimeField(auto_now_add=True)
    made_by = models.ForeignKey(project.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.ForeignKey(project.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        db_table = "records_own_field"
        ordering = ["record_type", "position", "pk"]
        constraints = [models.UniqueConstraint(fields=["record_type", "name"], name="records_own_field_name")]

    def __str__(self) -> str:
        return self.label_ko or self.label_en
