"""What keeps scores in step with the records they are of."""

from __future__ import annotations

from collections.abc import Sequence

from dangol.measures.models import Score, Series
from dangol.records.objects.removing import delete_some
from dangol.records.types import RecordType


def scores_forget(record_type: str, most: int) -> int:
    """Take away up to so many scores of a type of records that is gone. One statement."""
    return delete_some("measures_score", "record_type = %s", [record_type], most)


def series_forget(record_type: str, most: int) -> int:
    """Take away up to so many series of a type of records that is gone. One statement."""
    return delete_some("measures_series", "record_type = %s", [record_type], most)


def scores_remove(record_type: RecordType, ids: Sequence[int]) -> None:
    """Take away the scores and series of records that go for good. Two statements."""
    for model in (Score, Series):
        rows = model.objects.filter(record_type=record_type.name, record_id__in=list(ids))
        rows._raw_delete(rows.db)
