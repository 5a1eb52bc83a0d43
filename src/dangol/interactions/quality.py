"""What the timeline tells of the data of customers, and what is expected of interactions."""

from datetime import timedelta

from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dangol.interactions.models import TimelineEntry
from dangol.measures.quality import Dimension, Rule, register
from dangol.records.types import RecordType

SILENT = timedelta(days=365)


def _silent(record_type: RecordType) -> Q:
    """Nothing on the timeline for a year, and not changed for a year."""
    before = timezone.now() - SILENT
    entries = TimelineEntry.objects.filter(subject_type="customer", subject_id=OuterRef("pk"), at__gte=before)
    return Q(updated_at__lt=before) & ~Q(Exists(entries))


register(
    "customer",
    Rule(
        "active_but_silent",
        Dimension.FRESHNESS,
        _("Active, but nothing has happened for a year"),
        _silent,
        "stage in (active, new)",
        weight=2,
        fields=("stage",),
    ),
)
register(
    "interaction",
    Rule(
        "ends_before_beginning",
        Dimension.CONSISTENCY,
        _("Ends before it begins"),
        lambda record_type: Q(ends_at__lt=F("occurred_at")),
        lambda record_type: Q(ends_at__isnull=False),
        weight=2,
        fields=("ends_at", "occurred_at"),
    ),
    Rule(
        "long_overdue",
        Dimension.FRESHNESS,
        _("A task that is overdue for a month"),
        "due_at < today - 30d",
        'kind = "task" and done_at is empty and due_at is not empty',
        weight=1,
        fields=("due_at", "done_at"),
    ),
    expect={"missing_customer": 2, "missing_owner": 1},
)
