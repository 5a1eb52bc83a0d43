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
from dangol.records.importing.scheduling import services, taking
from dangol.records.importing.scheduling.services import LOOK_TASK
from dangol.records.models import ImportRun, ImportSchedule, UndoState

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
    if import_run.schedule_id is not None:
        services.schedule_wake(schedule_id=import_run.schedule_id)


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


@app.periodic(cron="* * * * *")
@app.task(
    name="dangol.records.importing.schedules",
    queue=queue.DEFAULT,
    queueing_lock="dangol.records.importing.schedules",
)
def schedules(timestamp: int) -> None:
    """Each minute: hand the scheduled imports that are due to the worker."""
    services.start_due()


@app.task(name=LOOK_TASK, queue=queue.DEFAULT)
def look(*, schedule_id: int, fresh: bool) -> None:
    """Look at the source of a schedule; a job whose worker died looks again and finds what has been done."""
    schedule = ImportSchedule.objects.select_related("acts_as", "state").filter(pk=schedule_id).first()
    if schedule is None:
        log.info("import_schedule_gone", schedule=schedule_id)
        return
    try:
        looked = taking.look(schedule, fresh=fresh)
    except RunBusy:
        log.info("import_schedule_busy", schedule=schedule_id)
        return
    log.info("import_schedule_looked", schedule=schedule_id, result=str(looked.result), taken=looked.taken)


def _actor(user_id: int | None) -> Actor:
    """Whoever asked, with the rights of today; a user who is gone has none, and the job ends with an error."""
    if user_id is None:
        return _system()
    return actor_for(get_user_model()._default_manager.get(pk=user_id))


def _system() -> Actor:
    revisions.look()
    return Actor.system("import")
