"""Exports in the background, and the end of their files."""

from __future__ import annotations

import structlog
from django.utils import timezone, translation
from procrastinate.contrib.django import app

from dangol.events import queue
from dangol.identity import revisions
from dangol.identity.actors import Actor, actor_for
from dangol.records.exporting import making, runs
from dangol.records.exporting.asking import asked_of
from dangol.records.exporting.errors import ExportCancelled, ExportProblem
from dangol.records.exporting.losses import Losses
from dangol.records.exporting.runs import RUN_TASK
from dangol.records.models import ExportRun, ExportState

log = structlog.get_logger(__name__)


@app.task(name=RUN_TASK, queue=queue.DEFAULT)
def run(*, run_id: int) -> None:
    """Make the file of an export. A job whose worker died is put back on the queue and begins anew.

    The rights are those of today, not of the moment when it was asked for.
    """
    export = ExportRun.objects.select_related("owner").filter(pk=run_id).first()
    if export is None or not export.is_active:
        log.info("export_gone", run=run_id)
        return
    owner = export.owner
    revisions.look()
    actor = actor_for(owner) if owner is not None else Actor.system("export")
    export.state, export.started_at = ExportState.RUNNING, timezone.now()
    export.rights = runs.rights_of(actor)
    export.save(update_fields=["state", "started_at", "rights"])
    with translation.override(actor.language):
        try:
            asked = asked_of(export, actor)
            export.total = asked.selection().count()
            export.save(update_fields=["total"])
            making.make(export, asked, making.Progress(export))
        except ExportCancelled:
            log.info("export_cancelled", run=run_id)
        except ExportProblem as problem:
            # There is nothing a retry could better: the run carries the message.
            runs.run_close(
                export, actor=actor, state=ExportState.FAILED, rows=0, losses=Losses(), message=str(problem)
            )
            log.warning("export_refused", run=run_id, why=str(problem))


@app.periodic(cron="41 * * * *")
@app.task(
    name="dangol.records.exporting.tidy", queue=queue.DEFAULT, queueing_lock="dangol.records.exporting.tidy"
)
def tidy(timestamp: int) -> None:
    """Each hour: remove the files of exports that are a week old."""
    gone = runs.forget_expired()
    if gone:
        log.info("exports_expired", files=gone)
