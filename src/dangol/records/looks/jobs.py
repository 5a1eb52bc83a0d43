"""Sealing by the minute; partitions, expiry and the month's reminder by the day."""

from __future__ import annotations

import structlog
from procrastinate.contrib.django import app

from dangol.events import queue
from dangol.identity import revisions
from dangol.records.looks import reviewing, sealing

log = structlog.get_logger(__name__)


@app.periodic(cron="* * * * *")
@app.task(name="dangol.records.looks.seal", queue=queue.DEFAULT, queueing_lock="dangol.records.looks.seal")
def seal(timestamp: int) -> None:
    """Each minute: seal what has come into the access log."""
    sealing.seal()


# Cron times are UTC: a quarter past three at night in Seoul.
@app.periodic(cron="15 18 * * *")
@app.task(name="dangol.records.looks.tidy", queue=queue.DEFAULT, queueing_lock="dangol.records.looks.tidy")
def tidy(timestamp: int) -> None:
    """Each night: partitions for the months to come; months that were kept long enough go; reviews that are due."""
    revisions.look()
    made = sealing.make_months()
    dropped = sealing.forget()
    due = reviewing.remind()
    if made or dropped or due:
        log.info("access_log_tidied", made=made, dropped=dropped, reviews_due=due)
