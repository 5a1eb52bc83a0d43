"""Bulk acts in the background."""

from __future__ import annotations

import structlog
from django.contrib.auth import get_user_model
from procrastinate.contrib.django import app

from dangol.events import queue
from dangol.identity import revisions
from dangol.identity.actors import Actor, actor_for
from dangol.records.bulk import engine, undoing
from dangol.records.bulk.errors import BulkProblem, RunBusy
from dangol.records.bulk.runs import RUN_TASK, UNDO_TASK
from dangol.records.models import BulkRun, UndoState

log = structlog.get_logger(__name__)


@app.task(name=RUN_TASK, queue=queue.DEFAULT)
def run(*, run_id: int) -> None:
    """Carry an act out. A job whose worker died is put back on the queue and goes on where it stopped."""
    bulk_run = BulkRun.objects.select_related("owner").filter(pk=run_id).first()
    if bulk_run is None:
        log.info("bulk_gone", run=run_id)
        return
    owner = bulk_run.owner
    # The rights are those of today, not of the moment when it was asked for.
    actor = actor_for(owner) if owner is not None else _system()
    try:
        engine.run(bulk_run, actor)
    except RunBusy:
        log.info("bulk_busy", run=run_id)
    except BulkProblem as problem:
        # The run carries the message; there is nothing a retry could better.
        log.warning("bulk_refused", run=run_id, why=str(problem))


@app.task(name=UNDO_TASK, queue=queue.DEFAULT)
def undo(*, run_id: int, user_id: int | None) -> None:
    """Take an act back. A job whose worker died goes on with the chunks that are left."""
    bulk_run = BulkRun.objects.filter(pk=run_id).first()
    if bulk_run is None:
        log.info("bulk_gone", run=run_id)
        return
    actor = _system() if user_id is None else actor_for(get_user_model()._default_manager.get(pk=user_id))
    try:
        undoing.undo(bulk_run, actor)
    except RunBusy:
        log.info("bulk_busy", run=run_id)
    except Exception:
        BulkRun.objects.filter(pk=run_id).update(undo=UndoState.FAILED)
        raise


def _system() -> Actor:
    revisions.look()
    return Actor.system("bulk")
