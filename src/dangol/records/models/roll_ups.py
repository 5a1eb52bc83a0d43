"""What roll-up fields keep: one value for each record, and what the nightly check found."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class RollUpValue(models.Model):
    """The value of one roll-up field of one record, in the column of its kind.

    Triggers on the tables of the related records keep it (`own/rolling.py`); nothing else writes it. Neither the
    record's version nor its history knows of it. `field_id` is the id of the definition.
    """

    pk = models.CompositePrimaryKey("field_id", "record_id")
    field_id = models.BigIntegerField()
    record_id = models.BigIntegerField()
    number = models.DecimalField(max_digits=60, decimal_places=10, null=True)
    day = models.DateField(null=True)
    moment = models.DateTimeField(null=True)
    words = models.TextField(null=True, db_collation="C")

    class Meta:
        db_table = "records_roll_up_value"
        indexes = [
            models.Index(
                fields=["field_id", column, "record_id"],
                condition=Q(**{f"{column}__isnull": False}),
                name=f"records_roll_up_{column}",
            )
            for column in ("number", "day", "moment")
        ]

    def __str__(self) -> str:
        return f"{self.field_id} {self.record_id}"


class RollUpCheck(models.Model):
    """What the nightly check of one roll-up field found: of `compared` records `drifted` had another value than they should.

    `settled_on` is the company's day whose "today" the values mean, for filters with changing dates.
    """

    field_id = models.BigIntegerField(primary_key=True)
    settled_on = models.DateField(null=True)
    checked_at = models.DateTimeField(null=True)
    compared = models.PositiveBigIntegerField(default=0)
    drifted = models.PositiveBigIntegerField(default=0)

    class Meta:
        db_table = "records_roll_up_check"

    def __str__(self) -> str:
        return f"{self.field_id}: {self.drifted}"
