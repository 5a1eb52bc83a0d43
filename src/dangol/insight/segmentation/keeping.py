"""What follows when a segment is made, changed, or thrown away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dangol.events import queue
from dangol.identity import revisions
from dangol.insight.segmentation.index import REVISION

SNAPSHOT_TASK: Final = "dangol.insight.segments_keep"


def told(*, anew: Sequence[int]) -> None:
    """Have all processes read the segments anew, and the stays of these kept anew; in the caller's transaction."""
    revisions.changed(REVISION)
    if anew:
        queue.enqueue(SNAPSHOT_TASK, queue=queue.ANALYTICS, lock=SNAPSHOT_TASK, segments=sorted(anew))
