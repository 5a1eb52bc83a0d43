"""Imports in the background."""

from __future__ import annotations

import structlog
from procrastinate.contrib.django import app

from dangol.events import queue
from dangol.identity.actors import Actor, actor_for
from dangol.records.importing import engine
from dangol.records.importing.errors import ImportProblem, RunBusy
from dangol.records.importing.runs import RUN_TASK
from dangol.records.models import ImportRun

log = structlog.get_logger(__name__)


@app.task(name=RUN_TASK, queue=queue.DEFAULT)
def run(*, run_id: int) -> None:
    """Carry an import through. A job whose worker died is put back on the queue and goes on where it stopped."""
    import_run = ImportRun.objects.select_related("owner").filter(pk=run_id).first()
    if import_run is None:
        log.info("import_gone", run=run_id)
        return
    owner = import_run.owner
    # The rights are those of today, not of the moment of the upload.
    actor = actor_for(owner) if owner is not None else Actor.system("import")
    try:
        engine.run(import_run, actor)
    except RunBusy:
        log.info("import_busy", run=run_id)
    except ImportProblem as problem:
        # The run carries the message; there is nothing a retry could better.
        log.warning("import_refused", run=run_id, why=str(problem))
