"""What happens in imports that others may want to know."""

from __future__ import annotations

from dataclasses import dataclass

from dangol.events.outbox import Event


@dataclass(frozen=True)
class ImportFinished(Event):
    """The last chunk of an import has been written; announced in its transaction."""

    name = "records.import_finished"
    run_id: int


@dataclass(frozen=True)
class ImportScheduleStopped(Event):
    """A scheduled import failed so often in a row that it switched itself off."""

    name = "records.import_schedule_stopped"
    schedule_id: int
