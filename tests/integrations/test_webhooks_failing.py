"""A receiver that is away, slow or hostile: nothing is lost, and nothing is led astray."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from dangol.integrations import services
from dangol.integrations.models import WebhookDelivery, WebhookEndpoint
from dangol.integrations.webhooks import queueing, schedule, sending
from dangol.outbound import addresses
from dangol.records import registry, writing
from tests.integrations.conftest import deliver, deliver_events

pytestmark = pytest.mark.django_db


@pytest.fixture
def endpoint(administrator, receiver):
    made, _secret = services.endpoint_save(
        actor=administrator.actor, name="ERP", url=receiver.url, owner=administrator.user, events=["customer.created"]
    )  # fmt: skip
    return made


def create(person, count=1):
    for number in range(count):
        writing.create(registry.get("customer"), {"name": f"상사 {number}"}, actor=person.actor)


def test_a_receiver_down_for_an_hour_loses_nothing(endpoint, receiver, administrator, clock):
    receiver.status = 503
    for _minute in range(60):
        create(administrator)
        deliver(endpoint)
        clock.forward(minutes=1)
    endpoint.refresh_from_db()
    assert endpoint.is_live()
    assert endpoint.failing_since is not None
    receiver.status = 200
    receiver.got.clear()
    for _round in range(12):
        clock.forward(minutes=30)
        deliver(endpoint)
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {"sent"}
    assert len({headers["webhook-id"] for headers, _body in receiver.got}) == 60
    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.failing_since, endpoint.paused_until) == (0, None, None)


def test_what_waits_does_not_use_its_attempts_up_while_nobody_answers(endpoint, receiver, administrator):
    receiver.status = 500
    create(administrator, 40)
    deliver(endpoint)
    tried = WebhookDelivery.objects.filter(attempts__gt=0).count()
    assert tried <= sending.IN_A_ROW + endpoint.concurrency
    assert len(receiver.got) == tried
    assert WebhookDelivery.objects.filter(state="pending").count() == 40


def test_the_attempts_at_one_message_go_on_for_almost_five_days(endpoint, receiver, administrator, clock):
    receiver.statuses = [400] * 100
    create(administrator)
    moments = []
    for _step in range(40):
        before = len(receiver.got)
        deliver(endpoint)
        if len(receiver.got) > before:
            moments.append(clock.now())
        due = WebhookDelivery.objects.get()
        if due.state != "pending":
            break
        state = WebhookEndpoint.objects.get()
        if not state.is_live():
            break
        wait = max(due.next_at, state.paused_until or due.next_at) - clock.now()
        clock.ahead += max(wait, timedelta()) + timedelta(seconds=1)
    assert WebhookDelivery.objects.get().state == "failed"
    assert len(moments) == 17
    assert timedelta(days=4) < moments[-1] - moments[0] < timedelta(days=5, hours=12)
    waits = [later - earlier for earlier, later in itertools.pairwise(moments)]
    assert timedelta(seconds=4) < waits[0] < timedelta(seconds=10)
    assert timedelta(minutes=4) < waits[1] < timedelta(minutes=6)
    assert len({headers["webhook-id"] for headers, _body in receiver.got}) == 1


def test_after_five_days_of_failures_it_stops_and_keeps_what_waits(endpoint, receiver, administrator, clock):
    receiver.status = 500
    for _half_day in range(12):
        create(administrator)
        deliver(endpoint)
        clock.forward(hours=12)
    endpoint.refresh_from_db()
    assert endpoint.stopped_why == "failing"
    calls = len(receiver.got)
    assert queueing.wake_all() == 0
    deliver(endpoint)
    assert len(receiver.got) == calls
    waiting = WebhookDelivery.objects.filter(state="pending").count()
    assert waiting
    receiver.status = 200
    services.endpoint_start(endpoint=endpoint, actor=administrator.actor)
    clock.forward(hours=12)
    deliver(endpoint)
    assert not WebhookDelivery.objects.filter(state="pending").exists()


def test_the_receivers_wish_to_wait_is_heard(endpoint, receiver, administrator, clock):
    receiver.status, receiver.headers = 429, {"Retry-After": "900"}
    create(administrator)
    deliver(endpoint)
    wait = WebhookDelivery.objects.get().next_at - clock.now()
    assert timedelta(seconds=880) < wait <= timedelta(seconds=900)


@pytest.mark.parametrize(
    "said", ["", "soon", "-5", "99999999999999", "٣", "Sun, 99 Nov 2026 10:00:00 GMT", "\x00"]
)
def test_a_senseless_wish_is_not_heard(said, clock):
    later = schedule.next_attempt(1, clock.now(), retry_after=said)
    assert later is not None
    assert later - clock.now() < timedelta(seconds=10)


def test_given_up_messages_can_be_sent_once_more(endpoint, receiver, administrator, clock):
    create(administrator, 3)
    deliver(endpoint)
    WebhookDelivery.objects.update(state="failed")
    receiver.got.clear()
    since = clock.now() - timedelta(hours=1)
    assert services.deliveries_replay(endpoint=endpoint, actor=administrator.actor, since=since) == 3
    deliver(endpoint)
    assert len(receiver.got) == 3
    one = WebhookDelivery.objects.order_by("pk").first()
    assert services.deliveries_replay(endpoint=endpoint, actor=administrator.actor, ids=[one.pk]) == 1
    deliver(endpoint)
    assert receiver.got[-1][0]["webhook-id"] == one.message


def test_a_stopped_webhook_sends_no_test(endpoint, administrator):
    sending.endpoint_stop(endpoint, why="failing")
    endpoint.refresh_from_db()
    with pytest.raises(ValidationError):
        services.endpoint_test(endpoint=endpoint, actor=administrator.actor)


def test_what_a_killed_worker_had_claimed_comes_again(endpoint, receiver, administrator, clock, monkeypatch):
    create(administrator)
    deliver_events()

    def killed(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(sending, "_posted", killed)
        with pytest.raises(KeyboardInterrupt):
            sending.deliver_due(endpoint.pk)
    assert receiver.got == []
    clock.forward(minutes=4)
    assert queueing.wake_all() == 1
    deliver(endpoint)
    assert len(receiver.got) == 1


def test_two_workers_do_not_deliver_for_one_endpoint_at_the_same_time(endpoint, receiver, administrator):
    create(administrator)
    deliver_events()
    assert sending._taken(endpoint.pk)
    assert sending.deliver_due(endpoint.pk) == 0
    assert receiver.got == []
    sending._released(endpoint.pk)
    assert sending.deliver_due(endpoint.pk) == 1


def test_a_name_that_points_inside_when_it_is_called_is_not_called(
    endpoint, administrator, settings, monkeypatch
):
    """DNS rebinding: the name was public when the webhook was made."""
    WebhookEndpoint.objects.update(url="http://rebound.example.com/hook")
    settings.DANGOL_OUTBOUND_ALLOW = []

    def inside(host, port, **kwargs):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(addresses.socket, "getaddrinfo", inside)
    connected = []
    monkeypatch.setattr(addresses.socket, "create_connection", lambda *a, **k: connected.append(a))
    create(administrator)
    deliver(endpoint)
    assert connected == []
    attempt = WebhookDelivery.objects.get().log.get()
    assert attempt.status is None
    assert "internal network" in attempt.error


def test_a_receiver_that_trickles_does_not_hold_the_worker(endpoint, administrator, monkeypatch, settings):
    monkeypatch.setattr(sending, "LONGEST", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        WebhookEndpoint.objects.update(url=f"http://127.0.0.1:{server.getsockname()[1]}/")
        over = threading.Event()

        def trickle():
            line, _address = server.accept()
            with line:
                line.recv(65_536)
                try:
                    line.sendall(b"HTTP/1.1 200 OK\r\n")
                    while not over.wait(0.05):
                        line.sendall(b"X-A: b\r\n")
                except OSError:
                    return

        thread = threading.Thread(target=trickle)
        thread.start()
        create(administrator)
        start = time.monotonic()
        deliver(endpoint)
        took = time.monotonic() - start
        over.set()
        thread.join()
    assert took < 5
    assert WebhookDelivery.objects.get().log.get().status is None
