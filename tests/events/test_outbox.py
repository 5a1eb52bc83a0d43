"""Announcing facts and reacting to them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from dangol.events import queue, registry, selectors, services
from dangol.events.models import Delivery, Heartbeat
from dangol.events.models import Event as EventRow
from dangol.events.outbox import DELIVER_TASK, Event, announce, handles
from dangol.identity.actors import Actor
from dangol.identity.models import Team

SYSTEM = Actor.system("test", request_id="req-12345678")


@dataclass(frozen=True)
class Founded(Event):
    name = "test.founded"
    team_ids: tuple[int, ...]
    city: str = "서울"


class Listener:
    """A handler that remembers, writes a row, and fails on demand."""

    def __init__(self) -> None:
        self.seen: list[tuple[Founded, uuid.UUID]] = []
        self.error: Exception | None = None

    def __call__(self, event: Founded, *, event_id: uuid.UUID) -> None:
        self.seen.append((event, event_id))
        Team.objects.create(name=f"{event.city} {len(self.seen)}")
        if self.error:
            raise self.error


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()

    @handles(Founded, name="test.listener")
    def listen(event: Founded, *, event_id: uuid.UUID) -> None:
        listener(event, event_id=event_id)

    yield listener
    registry.forget("test.listener")


def deliver_jobs() -> list[ProcrastinateJob]:
    return list(ProcrastinateJob.objects.filter(task_name=DELIVER_TASK).order_by("pk"))


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_can_be_announced(listener: Listener) -> None:
    with pytest.raises(RuntimeError, match=r"test\.founded"):
        announce(Founded(team_ids=(1,)))
    assert not EventRow.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_rollback_leaves_no_event_no_delivery_and_no_job(listener: Listener) -> None:
    with transaction.atomic():
        announce(Founded(team_ids=(1,)))
        assert len(deliver_jobs()) == 1
        transaction.set_rollback(True)
    assert not EventRow.objects.exists()
    assert not Delivery.objects.exists()
    assert deliver_jobs() == []


@pytest.mark.django_db(transaction=True)
def test_a_job_asked_for_by_a_handler_that_fails_is_taken_back() -> None:
    with transaction.atomic():
        queue.enqueue("test.nothing", number=1)
        transaction.set_rollback(True)
    assert not ProcrastinateJob.objects.exists()


@pytest.mark.django_db
def test_the_commit_brings_event_delivery_and_job_together(
    listener: Listener, django_assert_num_queries
) -> None:
    with transaction.atomic(), django_assert_num_queries(3):
        key = announce(Founded(team_ids=(1, 2)), actor=SYSTEM)
    row = EventRow.objects.get(key=key)
    assert row.payload == {"team_ids": [1, 2], "city": "서울"}
    assert row.request_id == "req-12345678"
    assert [job.args for job in deliver_jobs()] == [{"event": row.pk}]


@pytest.mark.django_db
def test_without_listeners_the_fact_is_kept_and_nothing_else(django_assert_num_queries) -> None:
    with transaction.atomic(), django_assert_num_queries(1):
        announce(Founded(team_ids=()))
    assert not deliver_jobs()


@pytest.mark.django_db
def test_a_handler_that_does_not_want_a_fact_gets_no_delivery(django_assert_num_queries) -> None:
    @handles(Founded, name="test.picky", when=lambda event: event.city == "부산")
    def picky(event: Founded, *, event_id: uuid.UUID) -> None: ...

    try:
        with transaction.atomic():
            with django_assert_num_queries(1):
                announce(Founded(team_ids=(1,)), actor=SYSTEM)
            announce(Founded(team_ids=(2,), city="부산"), actor=SYSTEM)
        assert [one.event.payload["team_ids"] for one in Delivery.objects.all()] == [[2]]
    finally:
        registry.forget("test.picky")


@pytest.mark.django_db
def test_contents_do_not_travel_in_events(listener: Listener) -> None:
    with pytest.raises(TypeError, match=r"Founded\.city"), transaction.atomic():
        announce(Founded(team_ids=(1,), city=timezone.now()))  # type: ignore[arg-type]
    assert not EventRow.objects.exists()


@pytest.mark.django_db
def test_the_handler_gets_the_event_back_as_it_was(listener: Listener) -> None:
    key = announce(Founded(team_ids=(1, 2)))
    assert services.deliver_event(EventRow.objects.get().pk) == 1
    assert listener.seen == [(Founded(team_ids=(1, 2)), key)]
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts) == ("done", 1)
    assert delivery.done_at is not None


@pytest.mark.django_db
def test_delivering_again_does_nothing(listener: Listener) -> None:
    announce(Founded(team_ids=()))
    event = EventRow.objects.get().pk
    services.deliver_event(event)
    Delivery.objects.update(next_attempt_at=timezone.now() - timedelta(hours=1))
    assert services.deliver_event(event) == 0
    assert services.deliver_overdue(late=timedelta(0), limit=10) == 0
    assert Team.objects.count() == 1


@pytest.mark.django_db
def test_a_failing_handler_leaves_nothing_behind_and_comes_again(listener: Listener) -> None:
    announce(Founded(team_ids=()))
    event = EventRow.objects.get().pk
    listener.error = ValueError("no\x00pe")
    assert services.deliver_event(event) == 0
    delivery = Delivery.objects.get()
    assert Team.objects.count() == 0
    assert (delivery.state, delivery.attempts, delivery.last_error) == ("pending", 1, "ValueError: nope")
    wait = delivery.next_attempt_at - timezone.now()
    assert timedelta(seconds=3) < wait < timedelta(seconds=7)
    assert deliver_jobs()[-1].scheduled_at == delivery.next_attempt_at
    assert services.deliver_event(event) == 0
    assert len(listener.seen) == 1
    listener.error = None
    Delivery.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    assert services.deliver_event(event) == 1
    assert Team.objects.count() == 1


@pytest.mark.django_db
def test_a_database_error_in_one_handler_does_not_disturb_another(listener: Listener) -> None:
    @handles(Founded, name="test.breaks")
    def breaks(event: Founded, *, event_id: uuid.UUID) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM no_such_table")

    try:
        announce(Founded(team_ids=()))
        assert services.deliver_event(EventRow.objects.get().pk) == 1
    finally:
        registry.forget("test.breaks")
    states = dict(Delivery.objects.values_list("handler", "state"))
    assert states == {"test.listener": "done", "test.breaks": "pending"}


@pytest.mark.django_db
def test_after_eight_attempts_it_is_dead_and_can_be_revived(listener: Listener) -> None:
    announce(Founded(team_ids=()))
    event = EventRow.objects.get().pk
    listener.error = ValueError("never")
    for _n in range(12):
        Delivery.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))
        services.deliver_event(event)
    assert len(listener.seen) == services.MAX_ATTEMPTS == 8
    dead = selectors.dead_letters().get()
    assert dead.last_error == "ValueError: never"
    assert selectors.outbox_state().dead == 1
    listener.error = None
    assert services.retry_dead(delivery=dead, actor=SYSTEM)
    assert services.deliver_event(event) == 1
    assert not selectors.dead_letters().exists()
    assert not services.retry_dead(delivery=dead, actor=SYSTEM)


@pytest.mark.django_db
def test_a_handler_that_kills_its_worker_every_time_ends_as_a_dead_letter(listener: Listener) -> None:
    announce(Founded(team_ids=()))
    Delivery.objects.update(
        attempts=services.MAX_ATTEMPTS, next_attempt_at=timezone.now() - timedelta(seconds=1)
    )
    assert services.deliver_event(EventRow.objects.get().pk) == 0
    assert listener.seen == []
    assert "worker died" in selectors.dead_letters().get().last_error


@pytest.mark.django_db
def test_a_handler_this_release_does_not_know_is_reported_and_not_lost(listener: Listener) -> None:
    announce(Founded(team_ids=()))
    registry.forget("test.listener")
    event = EventRow.objects.get().pk
    assert services.deliver_event(event) == 0
    delivery = selectors.failing_deliveries().get()
    assert "test.listener" in delivery.last_error
    handles(Founded, name="test.listener")(listener)
    Delivery.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    assert services.deliver_event(event) == 1


@pytest.mark.django_db
def test_fields_of_a_later_release_are_overlooked(listener: Listener) -> None:
    announce(Founded(team_ids=(7,)))
    EventRow.objects.update(payload={"team_ids": [7], "mood": "good"})
    services.deliver_event(EventRow.objects.get().pk)
    assert listener.seen[0][0] == Founded(team_ids=(7,))


@pytest.mark.django_db
def test_what_lost_its_job_is_found_when_it_is_late(listener: Listener) -> None:
    announce(Founded(team_ids=()))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    assert services.deliver_overdue(late=timedelta(seconds=30), limit=10) == 0
    Delivery.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=31))
    assert services.deliver_overdue(late=timedelta(seconds=30), limit=10) == 1


def test_waits_grow_to_an_hour_and_are_scattered() -> None:
    waits = [services.wait_after(attempts).total_seconds() for attempts in range(1, 9)]
    for wait, middle in zip(waits, (5, 20, 80, 320, 1280, 3600, 3600, 3600), strict=True):
        assert middle * 0.8 <= wait <= middle * 1.2
    assert len({services.wait_after(3) for _n in range(20)}) > 10


@pytest.mark.django_db
def test_only_old_events_that_are_done_with_are_forgotten(listener: Listener) -> None:
    for age, state in ((40, "done"), (40, "dead"), (40, "pending"), (5, "done")):
        announce(Founded(team_ids=()))
        row = EventRow.objects.latest("pk")
        row.deliveries.update(state=state)
        EventRow.objects.filter(pk=row.pk).update(occurred_at=timezone.now() - timedelta(days=age))
    assert services.forget_delivered(batch=1) == 1
    assert list(Delivery.objects.order_by("pk").values_list("state", flat=True)) == [
        "dead",
        "pending",
        "done",
    ]


@pytest.mark.django_db
def test_the_last_heartbeat_of_any_worker_counts() -> None:
    assert selectors.worker_seen() is None
    services.heartbeat_record(queue_name="default", worker="a:1")
    services.heartbeat_record(queue_name="default", worker="b:2")
    beat = Heartbeat.objects.get()
    assert beat.worker == "b:2"
    assert selectors.worker_seen() == beat.seen_at
    assert selectors.outbox_state().worker_alive


def test_two_events_cannot_share_a_handler_name(listener: Listener) -> None:
    @dataclass(frozen=True)
    class Closed(Event):
        name = "test.closed"

    with pytest.raises(ValueError, match="already handles"):
        handles(Closed, name="test.listener")(print)
