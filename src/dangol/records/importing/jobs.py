"""Imports in the background."""

from __future__ import annotations

import structlog
from django.contrib.auth import get_user_model
from procrastinate.contrib.django import app

from dangol.events import queue
from dangol.identity import revisions
from dangol.identity.actors import Actor, actor_for
from dangol.records.importing import engine, rehearsals, undoing
from dangol.records.importing.errors import ImportProblem, RunBusy
from dangol.records.importing.runs import REHEARSE_TASK, RUN_TASK, UNDO_TASK
from dangol.records.models import ImportRun, UndoState

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
    actor = actor_for(owner) if owner is not None else _system()
    try:
        engine.run(import_run, actor)
    except RunBusy:
        log.info("import_busy", run=run_id)
    except ImportProblem as problem:
        # The run carries the message; there is nothing a retry could better.
        log.warning("import_refused", run=run_id, why=str(problem))


@app.task(name=REHEARSE_TASK, queue=queue.DEFAULT)
def rehearse(*, run_id: int, user_id: int | None) -> None:
    """Try a whole file without writing anything; a job whose worker died begins anew."""
    import_run = ImportRun.objects.filter(pk=run_id).first()
    if import_run is None:
        log.info("import_gone", run=run_id)
        return
    rehearsals.rehearse(import_run, _actor(user_id))


@app.task(name=UNDO_TASK, queue=queue.DEFAULT)
def undo(*, run_id: int, user_id: int | None) -> None:
    """Take an import back. A job whose worker died goes on with the chunks that are left."""
    import_run = ImportRun.objects.filter(pk=run_id).first()
    if import_run is None:
        log.info("import_gone", run=run_id)
        return
    try:
        undoing.undo(import_run, _actor(user_id))
    except RunBusy:
        log.info("import_busy", run=run_id)
    except Exception:
        ImportRun.objects.filter(pk=run_id).update(undo=UndoState.FAILED)
        raise


def _actor(user_id: int | None) -> Actor:
    """Whoever asked, with the rights of today; a user who is gone has none, and the job ends with an error."""
    if user_id is None:
        return _system()
    return actor_for(get_user_model()._default_manager.get(pk=user_id))


def _system() -> Actor:
    revisions.look()
    return Actor.system("import")
