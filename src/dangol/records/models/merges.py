"""Merges: which records became one, what moved on the way, and what it takes to have them back."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Merge(models.Model):
    """One merge into one record. It holds no value of a record; those stand in history, under its `request`.

    `choices` says, by field, the record whose value was taken, or `both`. `written` holds what the surviving record had
    before and got, by field and as JSON has it, so that it can be taken back: where the field holds something else by now,
    somebody has changed it since. `keys` are unique values that changed places, by field: the record that gave its value,
    and what stands with it now. `counts` is how much moved, by record type or kind.

    `part_of`: records that belonged to the merged ones and could not stand twice beside each other were merged along
    (the same phone number of both).
    """

    id = models.BigAutoField(primary_key=True)
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    record_type = models.CharField(max_length=40, db_collation="C")
    into_id = models.BigIntegerField()
    part_of = models.ForeignKey("self", models.CASCADE, null=True, related_name="parts", db_index=False)
    choices = models.JSONField(default=dict)
    written = models.JSONField(default=dict)
    keys = models.JSONField(default=list)
    counts = models.JSONField(default=dict)
    origin = models.CharField(max_length=20, default="page")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("User")
    )
    at = models.DateTimeField(db_default=Now())
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    undone = models.JSONField(default=dict)
    """What taking it back did: the records that are there again (`merged`), `taken` and `kept` fields, how many rows `stayed`."""
    binned_at = models.DateTimeField(null=True)
    """Of a part: when the record that stays had been put into the recycle bin, from where the merge took it."""

    class Meta:
        verbose_name = _("Merge")
        verbose_name_plural = _("Merges")
        indexes = [
            models.Index(fields=["record_type", "into_id"], name="records_merge_into"),
            models.Index(fields=["part_of"], condition=Q(part_of__isnull=False), name="records_merge_part"),
        ]

    def __str__(self) -> str:
        return f"{self.record_type} {self.into_id}"

    @property
    def request(self) -> str:
        """The id under which history keeps what the merge did."""
        return f"merge-{(self.part_of or self).key}"


class Merged(models.Model):
    """A record that was merged into another one: its row is still there, out of sight, with what was not taken over.

    `into_id` is the record that stands for it now, also when that one was merged on into a further one. `revives` says
    that it comes back alive when the merge is taken back; one that was in the recycle bin goes back there.
    """

    id = models.BigAutoField(primary_key=True)
    merge = models.ForeignKey(Merge, models.CASCADE, related_name="merged", db_index=True)
    record_type = models.CharField(max_length=40, db_collation="C")
    record_id = models.BigIntegerField()
    into_id = models.BigIntegerField()
    revives = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["record_type", "record_id"], name="records_merged_once")
        ]
        indexes = [models.Index(fields=["record_type", "into_id"], name="records_merged_into")]

    def __str__(self) -> str:
        return f"{self.record_type} {self.record_id} → {self.into_id}"


class MergeMove(models.Model):
    """Rows of one table that named one record (`from_id`) and name another one (`to_id`) since.

    `place` names the column (`merging.places.Place.name`), `ids` are the rows by their primary key; or `memory` is what a
    room that moves by itself needs to take it back.
    """

    id = models.BigAutoField(primary_key=True)
    merge = models.ForeignKey(Merge, models.CASCADE, related_name="moves")
    place = models.CharField(max_length=200, db_collation="C")
    from_id = models.BigIntegerField()
    to_id = models.BigIntegerField()
    ids = ArrayField(models.BigIntegerField(), default=list)
    memory = models.JSONField(null=True)

    def __str__(self) -> str:
        return f"{self.place} {self.from_id}: {len(self.ids)}"
