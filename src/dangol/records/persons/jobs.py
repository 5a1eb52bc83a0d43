"""Erasures in the background: each reads every table once."""

from __future__ import annotations

import structlog
from django.db import Error
from procrastinate.contrib.django import app

from dangol.events import queue
from dangol.identity import revisions
from dangol.records.models import Erasure, ErasureState
from dangol.records.persons import erasing

log = structlog.get_logger(__name__)


@app.task(name=erasing.ERASE_TASK, queue=queue.DEFAULT, lock=erasing.ERASE_TASK)
def erase(*, erasure: int) -> None:
    """Erase somebody. A job whose worker died is put back on the queue: nothing or all of it was done."""
    row = Erasure.objects.filter(pk=erasure).first()
    if row is None:
        return
    revisions.look()
    try:
        erasing.erase(row)
    except Error as problem:
        open_ = Erasure.objects.filter(pk=erasure).exclude(state=ErasureState.FINISHED)
        open_.update(state=ErasureState.FAILED, message=type(problem).__name__)
        log.exception("erasure_failed", erasure=erasure)
        raise
    log.info("erased", erasure=erasure)
