"""Work by the clock: tasks that fall due, mails about notifications, work that was given up."""

from __future__ import annotations

import structlog
from procrastinate.contrib.django import app

from dangol.events import queue
from dangol.interactions.notifications import mailing, quality, reminding, services

log = structlog.get_logger(__name__)


@app.periodic(cron="* * * * *")
@app.task(name="dangol.interactions.remind", queue=queue.DEFAULT, queueing_lock="dangol.interactions.remind")
def remind(timestamp: int) -> None:
    """Each minute: tell owners of tasks that fall due, and administrators of work that was given up."""
    told = reminding.tell_due() + reminding.tell_given_up()
    if told:
        log.info("reminded", people=told)


@app.periodic(cron="* * * * *")
@app.task(name="dangol.interactions.mail", queue=queue.DEFAULT, queueing_lock="dangol.interactions.mail")
def mail(timestamp: int) -> None:
    """Each minute: send the mails that are due."""
    sent = mailing.mails_send()
    if sent:
        log.info("notification_mails", sent=sent)


@app.periodic(cron="43 3 * * *")
@app.task(name="dangol.interactions.forget", queue=queue.DEFAULT, queueing_lock="dangol.interactions.forget")
def forget(timestamp: int) -> None:
    """Each night: delete notifications that were read long ago."""
    log.info("notifications_forgotten", rows=services.forget_old())


# Cron times are UTC: half past seven on Mondays in Seoul.
@app.periodic(cron="30 22 * * 0")
@app.task(
    name="dangol.interactions.tell_quality",
    queue=queue.DEFAULT,
    queueing_lock="dangol.interactions.tell_quality",
)
def tell_quality(timestamp: int) -> None:
    """Each week: tell owners which of their records to mend first."""
    log.info("quality_told", people=quality.tell_owners())
