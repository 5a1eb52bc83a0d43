"""Background work of the doors: deliver, look for what was left behind, tidy."""

from __future__ import annotations

import structlog
from procrastinate.contrib.django import app

from dangol.events import queue
from dangol.integrations import services
from dangol.integrations.bulk import engine
from dangol.integrations.bulk import services as bulk
from dangol.integrations.models import BulkJob
from dangol.integrations.webhooks import queueing, sending

log = structlog.get_logger(__name__)


@app.task(name=queueing.DELIVER_TASK, queue=queue.DEFAULT)
def deliver(*, endpoint: int) -> None:
    """Send what is due for one webhook."""
    sending.deliver_due(endpoint)


@app.task(name=bulk.RUN_TASK, queue=queue.DEFAULT)
def run_bulk(*, job_id: int) -> None:
    """Work a bulk job off. One whose worker died goes on behind its last chunk."""
    job = BulkJob.objects.select_related("owner", "token").filter(pk=job_id).first()
    if job is None:
        log.info("bulk_job_gone", job=job_id)
        return
    engine.run(job)


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
    """Each night: forget messages of webhooks older than 30 days that wait no more, and bulk jobs that ended a week ago."""
    gone = services.deliveries_forget()
    bulk.jobs_forget()
    if gone:
        log.info("webhook_deliveries_forgotten", deliveries=gone)
