"""What was called when, and what came of it."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class OutboundCall(models.Model):
    """One call that left, each hop of a redirect for itself. Append-only, without history; kept for 90 days.

    ``url`` has neither query nor user name: these may be secrets. ``status`` is empty where nobody answered.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(db_default=Now())
    purpose = models.CharField(max_length=80, db_collation="C")
    method = models.CharField(max_length=10, db_collation="C")
    url = models.TextField()
    status = models.PositiveSmallIntegerField(null=True)
    received = models.BigIntegerField(default=0)
    milliseconds = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["at"], name="outbound_call_at")]

    def __str__(self) -> str:
        return f"{self.method} {self.url}: {self.status or self.error}"
