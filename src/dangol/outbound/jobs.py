"""Background work: tidy the log."""

from __future__ import annotations

import structlog
from procrastinate.contrib.django import app

from dangol.outbound import services

log = structlog.get_logger(__name__)


@app.periodic(cron="37 3 * * *")
@app.task(name="dangol.outbound.tidy", queue="default", queueing_lock="dangol.outbound.tidy")
def tidy(timestamp: int) -> None:
    """Each night: forget calls older than 90 days."""
    gone = services.calls_forget()
    if gone:
        log.info("outbound_calls_forgotten", calls=gone)
