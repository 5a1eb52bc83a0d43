"""The columns and triggers that every business table has."""

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dangol.records.fields.own_json import ExactDecoder
from dangol.records.models.history import record_delete_history, record_history, record_version
from dangol.records.models.transactions import CurrentTransaction, TransactionField


class Record(models.Model):
    """One row of a business table.

    `version`, `updated_at` and `changed_in` are set by a trigger, so that no path into the table – ORM, COPY, a
    hand-written UPDATE – can change a row without it showing; `version` is what optimistic locking and ETags
    compare, `changed_in` the transaction that wrote the row last, by which copies find what is new (`changes.py`).
    Rows are never removed by users: `deleted_at` puts them into the recycle bin. `own` holds the values of the fields
    that administrators made, by name (`fields/own.py`).
    """

    version = models.PositiveIntegerField(default=1, db_default=1, editable=False)
    created_at = models.DateTimeField(_("Created"), db_default=Now(), editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+",
        verbose_name=_("Created by"), db_index=False,
    )  # fmt: skip
    updated_at = models.DateTimeField(_("Changed"), db_default=Now(), editable=False)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+",
        verbose_name=_("Changed by"), db_index=False,
    )  # fmt: skip
    changed_in = TransactionField(db_default=CurrentTransaction(), editable=False, db_index=True)
    deleted_at = models.DateTimeField(_("Deleted"), null=True, blank=True, editable=False)
    own = models.JSONField(
        db_default=models.Value({}, output_field=models.JSONField()), editable=False, decoder=ExactDecoder
    )

    class Meta:
        abstract = True
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            record_version,
            record_history,
            record_delete_history,
        ]


class OwnedRecord(Record):
    """A record with its own scope columns: who answers for it, in which team and territory.

    Team and territory have no index of their own: a table has one that also sorts by team, and one of the few rows with a
    territory. Each index more costs every import.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Owner"),
    )
    team = models.ForeignKey(
        "identity.Team", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Team"),
        db_index=False,
    )  # fmt: skip
    territory = models.ForeignKey(
        "identity.Territory",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Territory"),
        db_index=False,
    )

    class Meta(Record.Meta):
        abstract = True
