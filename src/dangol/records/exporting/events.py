"""What happens in exports that others may want to know; an access log hangs on these."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from dangol.events.outbox import Event


@dataclass(frozen=True)
class RecordsExported(Event):
    """Records have left as a file, or a part of them before the download was broken off (`complete` says which).

    Announced in the transaction in which the run ends. `run_id` is the ExportRun with filter, file and owner.
    """

    name: ClassVar[str] = "records.exported"
    record_type: str
    rows: int
    reason: str
    run_id: int
    format: str = ""
    fields: list[str] = field(default_factory=list)
    complete: bool = True


@dataclass(frozen=True)
class ExportDownloaded(Event):
    """Somebody has fetched the kept file of an export."""

    name: ClassVar[str] = "records.export_downloaded"
    run_id: int
