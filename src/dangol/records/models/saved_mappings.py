"""Mappings that somebody gave a name, so that the next file of that kind needs no second thought."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class SavedMapping(models.Model):
    """A mapping under a name, for everybody who may import what it writes.

    `mapping` is the JSON of a mapping. `choices` is what was chosen on the mapping page, as in `ImportRun.choices`;
    empty for a mapping that was written out.
    """

    title = models.CharField(_("Name"), max_length=120, unique=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    mapping = models.JSONField()
    choices = models.JSONField(default=dict)
    record_types = models.JSONField(default=list)
    saved_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("Mapping")
        verbose_name_plural = _("Mappings")

    def __str__(self) -> str:
        return self.title
