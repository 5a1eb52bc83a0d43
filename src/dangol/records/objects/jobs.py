"""Background work for own objects."""

from __future__ import annotations

from procrastinate.contrib.django import app

from dangol.events import queue
from dangol.identity import revisions
from dangol.records.objects import removing
from dangol.records.objects.services import REMOVE_TASK


@app.task(name=REMOVE_TASK, queue=queue.DEFAULT)
def remove(*, object_id: int) -> None:
    """Remove what is left of a deleted own object."""
    revisions.look()
    removing.remove(object_id)
