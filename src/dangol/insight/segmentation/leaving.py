"""Stays of customers who become one, come apart again, or are gone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.db import connection

from dangol.insight.models import Made, Segment, SegmentStay
from dangol.insight.segmentation import keeping
from dangol.insight.segmentation.conditions import CUSTOMER
from dangol.insight.segmentation.snapshot import today
from dangol.records.merging.filters import renamed
from dangol.records.types import RecordType

_NAMED: Final = """
SELECT stay.segment_id, stay.entered_on, EXISTS (
    SELECT FROM insight_segmentstay mine
    WHERE mine.customer_id = %(into)s AND mine.segment_id = stay.segment_id
      AND (mine.left_on IS NULL OR mine.entered_on = stay.entered_on))
FROM insight_segmentstay stay JOIN insight_segment segment ON segment.id = stay.segment_id
WHERE stay.customer_id = %(other)s AND stay.left_on IS NULL AND segment.made = %(list)s
"""


class Stays:
    """A customer that is merged leaves its segments today; its place in fixed lists passes to the survivor.

    What it was before stays its own history. Whether the survivor belongs to other segments is for their conditions to
    say: filters do at once, stays with the next snapshot.
    """

    def move(self, record_type: RecordType, into: int, other: int) -> Any:
        if record_type.name != CUSTOMER:
            return None
        day = today()
        with connection.cursor() as cursor:
            cursor.execute(_NAMED, {"into": into, "other": other, "list": Made.LIST})
            named = cursor.fetchall()
        passed = [[segment, entered.isoformat()] for segment, entered, there in named if not there]
        for segment, entered in passed:
            SegmentStay.objects.filter(segment_id=segment, customer_id=other, entered_on=entered).update(
                customer_id=into
            )
        rest = SegmentStay.objects.filter(customer_id=other, left_on__isnull=True)
        left = [
            [segment, entered.isoformat()]
            for segment, entered in rest.values_list("segment_id", "entered_on")
        ]
        rest.update(left_on=day)
        return {"passed": passed, "left": left, "day": day.isoformat()} if passed or left else None

    def back(self, record_type: RecordType, into: int, other: int, memory: Any) -> None:
        for segment, entered in memory["passed"]:
            SegmentStay.objects.filter(segment_id=segment, customer_id=into, entered_on=entered).update(
                customer_id=other
            )
        for segment, entered in memory["left"]:
            SegmentStay.objects.filter(
                segment_id=segment, customer_id=other, entered_on=entered, left_on=memory["day"]
            ).update(left_on=None)


class Conditions:
    """Conditions that name a merged record by its id name the survivor."""

    def move(self, record_type: RecordType, into: int, other: int) -> Any:
        memory = {}
        rows = Segment.objects.filter(condition__contains=str(other)).select_for_update().order_by("pk")
        for segment in rows:
            before = segment.condition
            after = renamed(CUSTOMER, before, record_type, other, into)
            if after != before:
                Segment.objects.filter(pk=segment.pk).update(condition=after)
                memory[str(segment.pk)] = [before, after]
        if memory:
            keeping.told(anew=[int(number) for number in memory])
        return memory or None

    def back(self, record_type: RecordType, into: int, other: int, memory: Any) -> None:
        for number, (before, after) in memory.items():
            Segment.objects.filter(pk=number, condition=after).update(condition=before)
        keeping.told(anew=[int(number) for number in memory])


def stays_remove(record_type: RecordType, ids: Sequence[int]) -> None:
    """Take away the stays of customers who go for good, erased persons among them. One statement."""
    if record_type.name == CUSTOMER:
        rows = SegmentStay.objects.filter(customer_id__in=list(ids))
        rows._raw_delete(rows.db)
