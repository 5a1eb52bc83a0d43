"""Segments: named groups of customers, who was in them when, and how large they were on each day."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dangol.records.models import OwnedRecord


class Made(models.TextChoices):
    """What a segment is made by. All but a list are conditions, computed at the moment they are asked."""

    FILTER = "filter", _("Filter")
    CELLS = "cells", _("RFM cells")
    LIST = "list", _("Fixed list")


class Target(models.TextChoices):
    """What a segment's strategy wants to reach."""

    CUSTOMERS = "customers", _("Customers")
    REVENUE = "revenue", _("Revenue, 12 months")
    AVERAGE = "average", _("Revenue per customer")


class Segment(OwnedRecord):
    """A named group of customers, and what is meant to be done with it.

    `condition` is a filter of customers; a fixed list has none: its members stand in `SegmentStay`, as they were on
    `frozen_on`. Segments with the same `family` are compared by how customers move between them. `key` names those
    that the product brings along.
    """

    name = models.CharField(_("Name"), max_length=60)
    name_en = models.CharField(_("Name in English"), max_length=60, blank=True, default="", db_default="")
    description = models.TextField(_("Description"), blank=True, default="", db_default="")
    made = models.CharField(_("Made by"), max_length=8, choices=Made, default=Made.FILTER, db_collation="C")
    condition = models.TextField(_("Condition"), blank=True, default="", db_default="")
    frozen_on = models.DateField(_("As of"), null=True, blank=True)
    family = models.CharField(_("Family"), max_length=40, blank=True, default="", db_default="")
    key = models.CharField(max_length=40, null=True, blank=True, editable=False, db_collation="C")

    strategy_since = models.DateField(_("Strategy since"), null=True, blank=True)
    offer = models.TextField(_("Offer"), blank=True, default="", db_default="")
    assortment = models.TextField(_("Assortment"), blank=True, default="", db_default="")
    channel = models.CharField(_("Channel"), max_length=200, blank=True, default="", db_default="")
    service_level = models.CharField(
        _("Service level"), max_length=200, blank=True, default="", db_default=""
    )
    strategist = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("Answers for the strategy"),
    )  # fmt: skip
    target = models.CharField(
        _("Target"), max_length=10, choices=Target, blank=True, default="", db_default="", db_collation="C"
    )
    target_value = models.DecimalField(
        _("Target value"), max_digits=20, decimal_places=2, null=True, blank=True
    )
    target_on = models.DateField(_("Target date"), null=True, blank=True)

    class Meta(OwnedRecord.Meta):
        verbose_name = _("Segment")
        verbose_name_plural = _("Segments")
        constraints = [models.UniqueConstraint(fields=["key"], name="insight_segment_key")]

    def __str__(self) -> str:
        return self.name


class SegmentStay(models.Model):
    """A customer was in a segment from `entered_on` to the day before `left_on`; without that day, still is.

    Only changes are written, so that a year of a million customers in twenty segments is hardly more than a day of it.
    The customer is named without a foreign key: a million rows enter in one statement, and who is gone is taken out by
    `segmentation.leaving`.
    """

    id = models.BigAutoField(primary_key=True)
    segment = models.ForeignKey(Segment, models.CASCADE, related_name="stays", db_index=False)
    customer_id = models.BigIntegerField()
    entered_on = models.DateField()
    left_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["segment", "customer_id", "entered_on"], name="insight_stay_day"),
            models.UniqueConstraint(
                fields=["customer_id", "segment"],
                condition=models.Q(left_on__isnull=True),
                name="insight_stay_once",
            ),
        ]
        indexes = [
            # Who left of late: movement reads these and those who are still there.
            models.Index(
                fields=["segment", "left_on"],
                condition=models.Q(left_on__isnull=False),
                name="insight_stay_left",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.segment_id} {self.customer_id} {self.entered_on}"


class SegmentDay(models.Model):
    """How many customers of the whole company were in a segment on a day, and their revenue of the twelve months before.

    A `reckoned` day lies before the first one that was kept: it says what the orders up to it give, as they are known now.
    """

    id = models.BigAutoField(primary_key=True)
    segment = models.ForeignKey(Segment, models.CASCADE, related_name="days", db_index=False)
    day = models.DateField()
    customers = models.IntegerField()
    revenue = models.DecimalField(max_digits=28, decimal_places=8)
    reckoned = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["segment", "day"], name="insight_segmentday_once"),
        ]

    def __str__(self) -> str:
        return f"{self.segment_id} {self.day}"
