"""Models as the model room keeps them: versions with their proof, and what the company wants of each purpose."""

from decimal import Decimal

from django.db import models
from django.db.models.functions import Now


class ModelSetting(models.Model):
    """What the company says about one purpose, and what stands in its way.

    Without a `margin`, value is told in revenue. `held_days` is the length of the time that a model must foretell unseen
    (none: a quarter of what there is); `gap_days` the silence after which a customer counts as gone (none: from the data).
    A model is learnt anew after `every_days`, 0 for never by itself, and at once where `is_due`. With `publishes_itself` a
    version that beats its baseline replaces the one before. `lacking` says what the data are still short of; none, where
    they suffice.
    """

    purpose = models.CharField(max_length=20, primary_key=True, db_collation="C")
    margin = models.DecimalField(max_digits=5, decimal_places=4, null=True)
    yearly_rate = models.DecimalField(max_digits=5, decimal_places=4, default=Decimal("0.1"))
    held_days = models.PositiveIntegerField(null=True)
    gap_days = models.PositiveIntegerField(null=True)
    every_days = models.PositiveIntegerField(default=7)
    publishes_itself = models.BooleanField(default=True)
    is_due = models.BooleanField(default=False)
    lacking = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.purpose


class ModelVersion(models.Model):
    """One model as it was learnt, with all that speaks for and against it. Holds sums and parameters, and nobody's data.

    `reasons` are the codes of why it was refused. `data` tells what it was learnt from, `parameters` holds name → value
    and standard error, `fit` how the search ended, `held` how right it was on the time held out, beside the baseline,
    `drift` the same since it was learnt, one entry per day of data. `terms` are margin, rate and the like, as they were.
    """

    class State(models.TextChoices):
        FITTED = "fitted"
        REFUSED = "refused"
        PUBLISHED = "published"
        RETIRED = "retired"

    id = models.BigAutoField(primary_key=True)
    purpose = models.CharField(max_length=20, db_collation="C")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=9, choices=State.choices)
    reasons = models.JSONField(default=list)
    method = models.CharField(max_length=20, db_collation="C")
    as_of = models.DateField()
    currency = models.CharField(max_length=3, blank=True, default="")
    data = models.JSONField(default=dict)
    parameters = models.JSONField(default=dict)
    fit = models.JSONField(default=dict)
    held = models.JSONField(default=dict)
    drift = models.JSONField(default=list)
    terms = models.JSONField(default=dict)
    fitted_at = models.DateTimeField(db_default=Now())
    published_at = models.DateTimeField(null=True)
    published_by = models.BigIntegerField(null=True)
    published_name = models.CharField(max_length=100, blank=True, default="")
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["purpose", "number"], name="insight_model_once"),
            models.UniqueConstraint(
                fields=["purpose"], condition=models.Q(state="published"), name="insight_model_published_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.number}"
