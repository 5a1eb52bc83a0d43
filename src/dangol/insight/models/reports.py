"""Reports: a table or a pivot over one record type, kept as a question."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dangol.records.models import Audience
from dangol.records.models.base import Record


class Report(Record):
    """A question about the records of one type. It holds no answers: whoever opens it is answered by his or her own permissions.

    `plan` is what `reports.plans.Plan` keeps beside type and filter: the kind, columns, groups, measures and order.
    """

    name = models.CharField(_("Name"), max_length=80)
    description = models.TextField(_("Description"), blank=True, default="", db_default="")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    team = models.ForeignKey("identity.Team", models.SET_NULL, null=True, blank=True, related_name="+")
    audience = models.CharField(_("Who finds it"), max_length=8, choices=Audience, default=Audience.PRIVATE)
    record_type = models.CharField(max_length=64)
    filter = models.TextField(_("Filter"), blank=True, default="", db_default="")
    plan = models.JSONField(default=dict)

    class Meta(Record.Meta):
        verbose_name = _("Report")
        verbose_name_plural = _("Reports")

    def __str__(self) -> str:
        return self.name
