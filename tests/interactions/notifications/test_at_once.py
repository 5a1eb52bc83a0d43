"""Many told at the same time: workers that tell the same people wait for each other, and never in a circle."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from uuid import uuid4

import pytest
from django.db import connection, transaction

from dangol.interactions import handlers
from dangol.interactions.models.notifications import Notification
from dangol.interactions.notifications import news
from dangol.records.events import RecordsAssigned

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_workers_that_tell_the_same_people_end_both(insider, teammate, monkeypatch):
    both_began = threading.Barrier(2)
    tell_of = news.tell_of

    def told_and_waiting(**told):
        tell_of(**told)
        # Broken where the other waits for what this one has written: that is right.
        with suppress(threading.BrokenBarrierError):
            both_began.wait(1)

    monkeypatch.setattr(news, "tell_of", told_and_waiting)

    def work(users):
        event = RecordsAssigned("customer", list(range(100, 100 + len(users))), users)
        try:
            with transaction.atomic():
                handlers.tell_owners(event, event_id=uuid4())
        finally:
            connection.close()

    many = [insider.id] * 10 + [teammate.id] * 10
    with ThreadPoolExecutor(2) as threads:
        for done in [threads.submit(work, many), threads.submit(work, many[::-1])]:
            done.result(30)
    assert list(Notification.objects.order_by("user_id").values_list("count", flat=True)) == [20, 20]
