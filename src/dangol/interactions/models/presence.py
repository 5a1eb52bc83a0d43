"""Who has which record's page open, kept only for as long as it is so."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Presence(models.Model):
    """One open page of a record. The table is unlogged: after a crash of the database nobody is there.

    `key` is the stream of that page, `field` the field that is being edited in it. A row that was not touched for a
    minute belongs to a page that has gone.
    """

    key = models.UUIDField(primary_key=True)
    record_type = models.CharField(max_length=40, db_collation="C")
    record_id = models.BigIntegerField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    field = models.CharField(max_length=80, blank=True, default="")
    seen_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "presences"
        indexes = [models.Index(fields=["record_type", "record_id"], name="interactions_presence_record")]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.record_type} {self.record_id}"
