"""Dashboards and the steps by which they came about."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dangol.records.models import Audience
from dangol.records.models.base import Record


class Dashboard(Record):
    """A page of tiles. It holds questions and no answers: whoever opens it is answered by his or her own permissions.

    `tiles` are those of `dashboards.tiles`, each with its place on the grid of twelve columns; they stand in the row, so that
    one version guards them all. `period` and `filter` are what the page opens with (`dashboards.ranges`, and a filter of
    customers).
    """

    name = models.CharField(_("Name"), max_length=80)
    description = models.TextField(_("Description"), blank=True, default="", db_default="")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    team = models.ForeignKey("identity.Team", models.SET_NULL, null=True, blank=True, related_name="+")
    audience = models.CharField(_("Who finds it"), max_length=8, choices=Audience, default=Audience.PRIVATE)
    period = models.CharField(_("Period"), max_length=24, blank=True, default="", db_default="")
    filter = models.TextField(_("Filter"), blank=True, default="", db_default="")
    tiles = models.JSONField(default=list)

    class Meta(Record.Meta):
        verbose_name = _("Dashboard")
        verbose_name_plural = _("Dashboards")

    def __str__(self) -> str:
        return self.name


class DashboardStep(models.Model):
    """The tiles as they were before a change, so that it can be taken back; the newest few of each dashboard are kept."""

    dashboard = models.ForeignKey(Dashboard, models.CASCADE, related_name="steps")
    tiles = models.JSONField()
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.dashboard_id}: {self.at}"
