"""Who changed whose access."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from dangol.identity.models.users import User


class AccessChange(models.Model):
    """One change of a user, role, team, territory or token. Written once; the database refuses more.

    ``changes`` holds, per field, the old and the new value; secrets never appear in it.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(auto_now_add=True)
    actor = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    actor_name = models.CharField(max_length=200)
    request_id = models.CharField(max_length=64, blank=True, default="")
    act = models.CharField(max_length=50)
    target_type = models.CharField(max_length=20)
    target_id = models.BigIntegerField()
    target_name = models.CharField(max_length=300)
    changes = models.JSONField(default=dict)

    class Meta:
        db_table = "identity_access_change"
        ordering = ["-id"]
        verbose_name = _("access change")
        verbose_name_plural = _("access changes")
        indexes = [models.Index(fields=["target_type", "target_id", "-id"], name="access_change_target")]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.target_type} {self.target_name}"
