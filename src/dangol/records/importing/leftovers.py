"""What died behind imports: runs that nobody carries on, files that no run names. For `dangol doctor`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from django.db.models import Q
from django.db.models.functions import Greatest
from django.utils import timezone

from dangol.events.selectors import runs_with_live_job
from dangol.records.folders import abandoned
from dangol.records.importing import storage
from dangol.records.importing.holding import runs_held
from dangol.records.importing.runs import RUN_TASK, UNDO_TASK
from dangol.records.models import ImportRun, ImportState, UndoState

STUCK_AFTER = timedelta(minutes=10)
"""A worker that died is noticed, and its job taken up by another one, well within this time."""


def runs_stuck() -> list[ImportRun]:
    """Runs that should be going on (also their undoing) and have neither a process nor a job. Three queries."""
    going_on = Q(state__in=[ImportState.WAITING, ImportState.RUNNING]) | Q(undo=UndoState.RUNNING)
    # GREATEST passes over what is NULL.
    quiet = ImportRun.objects.filter(going_on).annotate(
        seen_at=Greatest("created_at", "started_at", "advanced_at")
    )
    found = quiet.filter(seen_at__lt=timezone.now() - STUCK_AFTER).order_by("pk")
    alive = runs_held() | runs_with_live_job(RUN_TASK, UNDO_TASK)
    return [run for run in found if run.pk not in alive]


def runs_without_file() -> list[ImportRun]:
    """Runs that have not come to their end and whose uploaded file is gone. One query."""
    open_runs = ImportRun.objects.filter(stored=True).exclude(
        state__in=[ImportState.FINISHED, ImportState.CANCELLED]
    )
    return [run for run in open_runs.order_by("pk") if not Path(run.path).exists()]


def leftovers() -> list[Path]:
    """Uploads and rejects files, a day old or more, whose run has gone. One query."""
    kept: set[str] = set()
    for key, path in ImportRun.objects.values_list("key", "path").iterator(chunk_size=2_000):
        kept |= {path, str(storage.rejects_path(key))}
    return abandoned(storage.folder(), kept)
