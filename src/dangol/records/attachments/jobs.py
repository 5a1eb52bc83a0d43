"""Files made ready, and those that nobody needs any more."""

from __future__ import annotations

import structlog
from procrastinate.contrib.django import app

from dangol.events import queue
from dangol.records.attachments import preparing, services

log = structlog.get_logger(__name__)


@app.task(name=services.PREPARE_TASK, queue=queue.DEFAULT, retry=5)
def prepare(*, file: int) -> None:
    """Make a file ready. A job whose worker died is put back on the queue and begins anew."""
    preparing.prepare(file)


@app.periodic(cron="23 3 * * *")
@app.task(
    name="dangol.records.attachments.tidy",
    queue=queue.DEFAULT,
    queueing_lock="dangol.records.attachments.tidy",
)
def tidy(timestamp: int) -> None:
    """Each night: remove what has been in the bin for a month, and contents that no record has."""
    binned, orphans = services.forget_binned(), services.remove_orphans()
    if binned or orphans:
        log.info("attachments_removed", binned=binned, contents=orphans)
