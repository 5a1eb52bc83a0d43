"""Erasures in the background: each reads every table once."""

from __future__ import annotations

import structlog
from django.db import Error
from procrastinate.contrib.django import app

from dangol.events import queue
from dangol.identity import revisions
from dangol.records.models import Erasure, ErasureState
from dangol.records.persons import erasing, ledger, retention

log = structlog.get_logger(__name__)


@app.task(name=erasing.ERASE_TASK, queue=queue.DEFAULT, lock=erasing.ERASE_TASK)
def erase(*, erasures: list[int]) -> None:
    """Erase these persons. A job whose worker died is put back on the queue: nothing or all of it was done."""
    revisions.look()
    try:
        erasing.erase(*erasures)
    except (Error, OSError) as problem:
        open_ = Erasure.objects.filter(pk__in=erasures).exclude(state=ErasureState.FINISHED)
        open_.update(state=ErasureState.FAILED, message=type(problem).__name__)
        log.exception("erasure_failed", erasures=erasures)
        raise
    log.info("erased", erasures=erasures)


# Cron times are UTC: half past one at night in Seoul, before the lake is refreshed.
@app.periodic(cron="30 16 * * *")
@app.task(
    name="dangol.records.persons.retention",
    queue=queue.DEFAULT,
    queueing_lock="dangol.records.persons.retention",
)
def retain(timestamp: int) -> None:
    """Each night: those whose time is over are erased, all of a rule at once; and those again who came back with a database
    that was put back otherwise than by `dangol restore`."""
    revisions.look()
    ledger.replay(ledger.path())
    begun = retention.run()
    if begun:
        log.info("retention_ended", persons=begun)
