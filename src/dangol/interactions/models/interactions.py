"""What was said and done with customers, and the timeline that shows it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dangol.customers.models import Contact, Customer
from dangol.records.models import OwnedRecord


class Kind(models.TextChoices):
    NOTE = "note", _("Note")
    CALL = "call", _("Call")
    MEETING = "meeting", _("Meeting")
    MAIL = "mail", _("Mail")
    TASK = "task", _("Task")


class Direction(models.TextChoices):
    OUT = "out", _("Outgoing")
    IN = "in", _("Incoming")


class Interaction(OwnedRecord):
    """One thing we did with a customer, or mean to do: a note, call, meeting, mail or task."""

    kind = models.CharField(_("Kind"), max_length=8, choices=Kind, default=Kind.NOTE)
    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="interactions", verbose_name=_("Customer"), null=True, blank=True,
        db_index=False,
    )  # fmt: skip
    contact = models.ForeignKey(
        Contact,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="interactions",
        verbose_name=_("Contact"),
    )
    subject = models.CharField(_("Subject"), max_length=200)
    body = models.TextField(_("Text"), blank=True, default="", db_default="")
    occurred_at = models.DateTimeField(_("Date and time"), db_default=Now())
    due_at = models.DateTimeField(_("Due"), null=True, blank=True)
    done_at = models.DateTimeField(_("Done"), null=True, blank=True)
    duration_minutes = models.PositiveIntegerField(_("Minutes"), null=True, blank=True)
    direction = models.CharField(
        _("Direction"), max_length=3, choices=Direction, blank=True, default="", db_default=""
    )
    outcome = models.CharField(_("Outcome"), max_length=120, blank=True, default="", db_default="")
    ends_at = models.DateTimeField(_("End"), null=True, blank=True)
    external_id = models.CharField(
        _("Number elsewhere"), max_length=64, null=True, blank=True, db_collation="C"
    )

    class Meta(OwnedRecord.Meta):
        verbose_name = _("Interaction")
        verbose_name_plural = _("Interactions")
        constraints = [
            models.UniqueConstraint(fields=["external_id"], name="interactions_interaction_external_id")
        ]
        indexes = [
            models.Index(fields=["customer", "-occurred_at", "-id"], name="interactions_customer"),
            models.Index(fields=["-occurred_at", "-id"], name="interactions_recent"),
            models.Index(
                fields=["owner", "due_at"],
                condition=Q(done_at=None, deleted_at=None, due_at__isnull=False),
                name="interactions_open",
            ),
            models.Index(
                fields=["customer"],
                condition=Q(kind=Kind.TASK, done_at=None, deleted_at=None),
                name="interactions_customer_open",
            ),
            models.Index(fields=["team"], name="interactions_team"),
            models.Index(
                fields=["territory"], name="interactions_territory", condition=Q(territory__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.subject


class TimelineEntry(models.Model):
    """One line on a record's timeline, written together with the fact it tells.

    `subject` is the record on whose page it stands; `source` is the record that tells more, and whose
    permissions decide who may read the entry. `data` holds what a reader needs to see without a further query.
    """

    id = models.BigAutoField(primary_key=True)
    subject_type = models.CharField(max_length=40, db_collation="C")
    subject_id = models.BigIntegerField()
    source_type = models.CharField(max_length=40, db_collation="C")
    source_id = models.BigIntegerField()
    kind = models.CharField(max_length=40, db_collation="C")
    at = models.DateTimeField()
    title = models.CharField(max_length=250)
    body = models.CharField(max_length=1000, blank=True, default="", db_default="")
    data = models.JSONField(default=dict, db_default={})
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source_type", "source_id", "kind", "subject_type", "subject_id"],
                name="interactions_timeline_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["subject_type", "subject_id", "-at", "-id"], name="interactions_timeline_subject"
            )
        ]

    def __str__(self) -> str:
        return self.title
