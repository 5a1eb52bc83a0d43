"""Programmes: what was done for some customers, who was left out of it to compare with, and what came of it."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from dangol.insight.models.segments import Segment
from dangol.records.models import OwnedRecord


class Control(models.TextChoices):
    """Whom those reached are compared with."""

    HELD_OUT = "held_out", _("Held out by chance")
    OTHERS = "others", _("All others")
    SEGMENT = "segment", _("A segment")
    FILTER = "filter", _("A condition")


class Programme(OwnedRecord):
    """Something done for a group of customers from a day on.

    Both groups are drawn once, when the programme is made, and kept as the fixed lists `reached` and `compared`.
    `drawn_on` is the day of that; `by_chance` says whether who is reached was left to chance before the start, which is what
    makes a comparison a proof.
    """

    name = models.CharField(_("Name"), max_length=40)
    description = models.TextField(_("Description"), blank=True, default="", db_default="")
    starts_on = models.DateField(_("Start"))
    ends_on = models.DateField(_("End"), null=True, blank=True)
    group_segment = models.ForeignKey(
        Segment, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("For the segment"),
        db_index=False,
    )  # fmt: skip
    group_filter = models.TextField(_("For customers with"), blank=True, default="", db_default="")
    control = models.CharField(
        _("Compared with"), max_length=8, choices=Control, default=Control.HELD_OUT, db_collation="C"
    )
    held_out_percent = models.PositiveSmallIntegerField(
        _("Held out, percent"), default=20, db_default=20, validators=[MinValueValidator(1), MaxValueValidator(90)]
    )  # fmt: skip
    control_segment = models.ForeignKey(
        Segment, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("Segment compared with"),
        db_index=False,
    )  # fmt: skip
    control_filter = models.TextField(_("Customers compared with"), blank=True, default="", db_default="")

    reached = models.ForeignKey(
        Segment, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("Customers reached"),
        db_index=False,
    )  # fmt: skip
    compared = models.ForeignKey(
        Segment, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("Control group"),
        db_index=False,
    )  # fmt: skip
    drawn_on = models.DateField(_("Groups drawn"), null=True, blank=True)
    by_chance = models.BooleanField(_("Drawn by chance"), default=False, db_default=False)

    class Meta(OwnedRecord.Meta):
        verbose_name = _("Programme")
        verbose_name_plural = _("Programmes")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(held_out_percent__gte=1, held_out_percent__lte=90),
                name="insight_programme_share",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ProgrammeEffect(models.Model):
    """What the last refresh found of a programme. `found` is `effects.outcomes.Found` as JSON."""

    programme = models.OneToOneField(Programme, models.CASCADE, primary_key=True, related_name="effect")
    as_of = models.DateField(null=True)
    computed_at = models.DateTimeField()
    found = models.JSONField()

    def __str__(self) -> str:
        return f"{self.programme_id} {self.as_of}"
