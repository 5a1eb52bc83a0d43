"""Records that were merged into others: who stands for them now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dangol.identity.actors import Actor
from dangol.records import permissions
from dangol.records.models import Merge, Merged, MergeMove
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


def seen_survivors(actor: Actor, record_type: RecordType, ids: Iterable[int]) -> dict[int, int]:
    """As `survivors`, of those that the actor could see and whose surviving record he sees. Two queries, one where none was
    merged."""
    found = survivors(record_type, ids)
    if not found:
        return {}
    alive = permissions.visible_to(actor, record_type).filter(pk__in=set(found.values()))
    seen = permissions.out_of_sight_for(actor, record_type).filter(pk__in=list(found)).union(alive, all=True)
    there = set(seen.values_list("pk", flat=True))
    return {number: into for number, into in found.items() if {number, into} <= there}


def part_of(record_type: RecordType, ids: Sequence[int]) -> list[int]:
    """The records that were merged into these: what belongs to a person belongs to them too. One query."""
    rows = Merged.objects.filter(record_type=record_type.name, into_id__in=list(ids))
    return list(rows.order_by("record_id").values_list("record_id", flat=True))


def forget(record_type: RecordType, ids: Sequence[int]) -> None:
    """Take away what is noted of records that go for good. Three statements, one where none of them was merged.

    A merge can then be taken back for the others only; one of which nothing is left is no longer there. Where the surviving
    record goes, what was merged into it stays out of sight: whoever removes a person removes them too (`part_of`).
    """
    gone = Merged.objects.filter(record_type=record_type.name, record_id__in=list(ids))
    merges = list(gone.values_list("merge_id", flat=True))
    if not merges:
        return
    MergeMove.objects.filter(merge__in=merges, from_id__in=list(ids)).delete()
    gone.delete()
    Merge.objects.filter(pk__in=merges, merged=None).delete()
