"""Background work of the doors: deliver, look for what was left behind, tidy."""

from __future__ import annotations

import structlog
from procrastinate.contrib.django import app

from dangol.events import queue
from dangol.integrations import services
from dangol.integrations.webhooks import queueing, sending

log = structlog.get_logger(__name__)


@app.task(name=queueing.DELIVER_TASK, queue=queue.DEFAULT)
def deliver(*, endpoint: int) -> None:
    """Send what is due for one webhook."""
    sending.deliver_due(endpoint)


@app.periodic(cron="* * * * *")
@app.task(
    name="dangol.integrations.webhooks.look",
    queue=queue.DEFAULT,
    queueing_lock="dangol.integrations.webhooks.look",
)
def look(timestamp: int) -> None:
    """Each minute: jobs for webhooks that have something due."""
    queueing.wake_all()


@app.periodic(cron="47 3 * * *")
@app.task(name="dangol.integrations.tidy", queue=queue.DEFAULT, queueing_lock="dangol.integrations.tidy")
def tidy(timestamp: int) -> None:
    """Each night: forget messages of webhooks that are older than 30 days and need nobody any more."""
    gone = services.deliveries_forget()
    if gone:
        log.info("webhook_deliveries_forgotten", deliveries=gone)
