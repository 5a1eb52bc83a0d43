"""Requests that a client may send twice."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class IdempotencyKey(models.Model):
    """The answer to a request that carried an `Idempotency-Key`, to be given again when the request comes again.

    Written in the transaction of the request's own effect: there is a row exactly where there is an effect.
    `digest` is SHA-256 over method, path and body. Rows are of no use after a day and removed as new ones come.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=255, db_collation="C")
    digest = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=b"")
    created_at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="records_idempotency_key")]

    def __str__(self) -> str:
        return self.key
