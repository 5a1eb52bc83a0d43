"""Records that were merged into others: who stands for them now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dangol.identity.actors import Actor
from dangol.records import permissions
from dangol.records.models import Merge, Merged
from dangol.records.types import RecordType


def survivors(record_type: RecordType, ids: Iterable[int]) -> dict[int, int]:
    """For those of the records that were merged, the one that stands for each. One query, none without ids.

    Says nothing about who may see it.
    """
    wanted = list(ids)
    if not wanted:
        return {}
    rows = Merged.objects.filter(record_type=record_type.name, record_id__in=wanted)
    return dict(rows.values_list("record_id", "into_id"))


def survivor_for(actor: Actor, record_type: RecordType, record_id: int) -> int | None:
    """The record that stands for a merged one, where the actor may see it. Two queries."""
    found = survivors(record_type, [record_id]).get(record_id)
    if found is None or not permissions.visible_to(actor, record_type).filter(pk=found).exists():
        return None
    return found


def part_of(record_type: RecordType, ids: Sequence[int]) -> list[int]:
    """The records that were merged into these: what belongs to a person belongs to them too. One query."""
    rows = Merged.objects.filter(record_type=record_type.name, into_id__in=list(ids))
    return list(rows.values_list("record_id", flat=True))


def forget(record_type: RecordType, ids: Sequence[int]) -> None:
    """Take away what is noted of merges of records that go for good. Two statements.

    A merge of which a record is gone cannot be taken back any more, and is not listed.
    """
    gone = Merged.objects.filter(record_type=record_type.name, record_id__in=list(ids))
    Merge.objects.filter(pk__in=gone.values("merge_id")).delete()
    Merge.objects.filter(record_type=record_type.name, into_id__in=list(ids)).delete()
