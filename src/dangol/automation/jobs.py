"""Background work of rules: runs, the clock, calls, tidying."""

from __future__ import annotations

from datetime import timedelta

import structlog
from procrastinate.contrib.django import app

from dangol.automation import approving, calling, clocks, engine, services
from dangol.automation.starting import EXECUTE_TASK
from dangol.events import queue

log = structlog.get_logger(__name__)

LOST_AFTER = timedelta(seconds=20)
MOST_ROUNDS = 20


@app.task(name=EXECUTE_TASK, queue=queue.DEFAULT)
def execute(*, runs: list[int]) -> None:
    """Execute runs. A job whose worker died is put back; what was committed is not done again."""
    engine.execute(runs)


@app.periodic(cron="* * * * *")
@app.task(name="dangol.automation.minute", queue=queue.DEFAULT, queueing_lock="dangol.automation.minute")
def minute(timestamp: int) -> None:
    """Each minute: rules by the clock, waits that are over, attempts to repeat, calls that are due."""
    clocks.start_due()
    for _round in range(MOST_ROUNDS):
        if engine.execute_due(late=LOST_AFTER) < engine.DUE_LIMIT:
            break
    calling.send_due()


@app.periodic(cron="7 * * * *")
@app.task(name="dangol.automation.dates", queue=queue.DEFAULT, queueing_lock="dangol.automation.dates")
def dates(timestamp: int) -> None:
    """Each hour: rules for which the date of a record has come, also those of days when no worker ran; and reminders."""
    clocks.start_reached()
    approving.remind()


@app.task(name=calling.SEND_TASK, queue=queue.DEFAULT)
def send(*, call: int) -> None:
    """Send one call to another server."""
    calling.send(call)


@app.periodic(cron="40 18 * * *")
@app.task(name="dangol.automation.tidy", queue=queue.DEFAULT, queueing_lock="dangol.automation.tidy")
def tidy(timestamp: int) -> None:
    """Each night: forget old runs, and switch off rules that name what is gone."""
    forgotten = services.runs_forget()
    broken = services.rules_examine()
    log.info("automation_tidied", forgotten=forgotten, broken=broken)
