"""A lake without those who were erased: written anew, the former files removed at once."""

from __future__ import annotations

from collections.abc import Sequence

from dangol.events import queue
from dangol.measures.models import LakeSnapshot

REWRITE_TASK = "dangol.measures.rewrite_lake"


def rewrite_soon(erasures: Sequence[int]) -> bool:
    """Have the lake written anew after erasures, in the caller's transaction; false where there is none."""
    if not LakeSnapshot.objects.exists():
        return False
    queue.enqueue(REWRITE_TASK, queue=queue.ANALYTICS, erasures=list(erasures))
    return True


def rewrite() -> None:
    """Copy everything anew and remove all files of the lakes before. Readers that have an old file open keep it open."""
    from dangol.measures import lake
    from dangol.measures.lake import manifest

    with lake.exclusive():
        published = lake.extract(full=True)
        manifest.sweep(kept=published.names())
