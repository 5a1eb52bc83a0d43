"""Consents by the clock: what runs out, and what the company owes."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from dangol.customers import consents
from dangol.customers.models import ConsentDuty, PersonRequest, RequestStatus
from dangol.events import queue
from dangol.events.outbox import announce
from dangol.identity.selectors import administrators
from dangol.records.looks.events import PrivacyDutyDue

log = structlog.get_logger(__name__)
REMIND_DAYS = 3
MOST = 2_000


# Cron times are UTC: five minutes past midnight in Seoul, when a day's consents have run out.
@app.periodic(cron="5 15 * * *")
@app.task(name="dangol.customers.consents", queue=queue.DEFAULT, queueing_lock="dangol.customers.consents")
def tend_consents(timestamp: int) -> None:
    """Each night: whom to ask again, what has run out, and who is told of what is due."""
    asked, expired = consents.reconfirm()
    told = remind()
    if asked or expired or told:
        log.info("consents_tended", asked=asked, expired=expired, told=told)


def remind() -> int:
    """Tell owners – administrators, where a customer has none – of duties and requests that are due within three days."""
    until = timezone.localdate() + timedelta(days=REMIND_DAYS)
    duties = ConsentDuty.objects.filter(done_at=None, deleted_at=None, due_on__lte=until)
    asked = PersonRequest.objects.filter(status=RequestStatus.OPEN, deleted_at=None, due_on__lte=until)
    fallback = tuple(administrators().values_list("pk", flat=True))
    found = [("consent_duty", *row) for row in duties.values_list("pk", "customer__owner_id")[:MOST]]
    found += [("person_request", *row) for row in asked.values_list("pk", "customer__owner_id")[:MOST]]
    with transaction.atomic():
        for name, number, owner in found:
            announce(PrivacyDutyDue(name, number, (owner,) if owner else fallback))
    return len(found)
