"""What happens in bulk acts that others may want to know."""

from __future__ import annotations

from dataclasses import dataclass

from dangol.events.outbox import Event


@dataclass(frozen=True)
class BulkFinished(Event):
    """The last chunk of a bulk act has been written; announced in a transaction of its own behind it."""

    name = "records.bulk_finished"
    run_id: int
