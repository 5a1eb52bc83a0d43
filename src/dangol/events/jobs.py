"""Background work of the outbox: deliver, sweep up, tidy."""

from __future__ import annotations

import os
import socket
from datetime import timedelta

import structlog
from asgiref.sync import sync_to_async
from procrastinate import JobContext
from procrastinate.contrib.django import app

from dangol.events import queue, services
from dangol.events.outbox import DELIVER_TASK

log = structlog.get_logger(__name__)

OVERDUE_AFTER = timedelta(seconds=30)
SWEEP_LIMIT = 500
FAILED_JOBS_KEPT_HOURS = 24 * 30


@app.task(name=DELIVER_TASK, queue=queue.DEFAULT)
def deliver(*, event: int) -> None:
    """Deliver one event to those of its handlers that are due."""
    services.deliver_event(event)


@app.periodic(cron="* * * * *")
@app.task(name="dangol.events.sweep", queue=queue.DEFAULT, queueing_lock="dangol.events.sweep")
def sweep(timestamp: int) -> None:
    """Each minute: say that a worker lives, and deliver what is overdue because its job was lost.

    Jobs of workers that died are put back by the worker's own loop.
    """
    services.heartbeat_record(queue_name=queue.DEFAULT, worker=_this_worker())
    done = services.deliver_overdue(late=OVERDUE_AFTER, limit=SWEEP_LIMIT)
    if done:
        log.warning("overdue_delivered", deliveries=done)


@app.periodic(cron="*/5 * * * *")
@app.task(
    name="dangol.events.analytics_beat", queue=queue.ANALYTICS, queueing_lock="dangol.events.analytics_beat"
)
def analytics_beat(timestamp: int) -> None:
    """Every five minutes: say that the analytics worker lives."""
    services.heartbeat_record(queue_name=queue.ANALYTICS, worker=_this_worker())


@app.periodic(cron="17 3 * * *")
@app.task(
    name="dangol.events.tidy", queue=queue.DEFAULT, queueing_lock="dangol.events.tidy", pass_context=True
)
async def tidy(context: JobContext, timestamp: int) -> None:
    """Each night: delete delivered events and finished jobs that nobody will ask for any more."""
    deleted = await sync_to_async(services.forget_delivered, thread_sensitive=False)()
    await context.app.job_manager.delete_old_jobs(
        nb_hours=FAILED_JOBS_KEPT_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
    )
    log.info("outbox_tidied", events=deleted)


def _this_worker() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"
