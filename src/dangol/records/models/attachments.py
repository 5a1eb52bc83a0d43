"""Files that belong to records."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class StoredState(models.TextChoices):
    WAITING = "waiting"
    READY = "ready"
    REFUSED = "refused"


class StoredFile(models.Model):
    """Contents, kept once however often they are attached, under their SHA-256.

    Waiting: not yet looked at (scanner) or still with what a camera wrote into it; nobody can fetch it. `reason` says why
    it was refused.
    """

    id = models.BigAutoField(primary_key=True)
    digest = models.CharField(max_length=64, unique=True, db_collation="C")
    size = models.BigIntegerField()
    content_type = models.CharField(max_length=100, db_collation="C")
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    has_preview = models.BooleanField(default=False, db_default=False)
    state = models.CharField(max_length=8, choices=StoredState, default=StoredState.WAITING)
    reason = models.CharField(max_length=200, blank=True, default="", db_default="")
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.digest[:12]


class Attachment(models.Model):
    """A file on a record, under the name it came with. Deleted ones wait in the bin before they go for good."""

    id = models.BigAutoField(primary_key=True)
    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    record_type = models.CharField(max_length=40, db_collation="C")
    record_id = models.BigIntegerField()
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="attachments")
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["record_type", "record_id", "-id"], name="records_attachment_record"),
            models.Index(
                fields=["deleted_at"],
                condition=models.Q(deleted_at__isnull=False),
                name="records_attachment_bin",
            ),
        ]

    def __str__(self) -> str:
        return self.name
