"""A receiver of webhooks on loopback, a clock that can be set, and a queue that is empty."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.db import connection
from django.utils import timezone

from dangol.events import services as outbox
from dangol.events.models import Delivery
from dangol.identity import revisions
from dangol.integrations.webhooks import sending, subscriptions


@dataclass
class Receiver:
    """Takes what is posted; answers with `status`, or what `statuses` still holds."""

    port: int
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"thanks"
    statuses: list[int] = field(default_factory=list)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    connections: set[object] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"


@pytest.fixture
def receiver(settings) -> Iterator[Receiver]:
    settings.DANGOL_OUTBOUND_ALLOW = ["127.0.0.0/8"]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.connections.add(self.client_address)
            found.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(found.statuses.pop(0) if found.statuses else found.status)
            for name, value in {"Content-Length": str(len(found.body)), **found.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(found.body)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found = Receiver(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


class Clock:
    """`timezone.now` in the rooms that send; set forward by hand."""

    def __init__(self) -> None:
        self.ahead = timedelta()
        self._real = timezone.now

    def now(self) -> datetime:
        return self._real() + self.ahead

    def forward(self, **parts: float) -> None:
        self.ahead += timedelta(**parts)


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(timezone, "now", clock.now)
    return clock


@pytest.fixture(autouse=True)
def empty_queue(request) -> Iterator[None]:
    """Start with nothing on the queue, and with nobody subscribed."""
    marker = request.node.get_closest_marker("django_db")
    if marker is not None:
        request.getfixturevalue("transactional_db" if marker.kwargs.get("transaction") else "db")
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_jobs")
    revisions.forget()
    subscriptions.forget()
    yield
    subscriptions.forget()


def deliver_events() -> None:
    """Do what the worker does with the outbox."""
    for event in (
        Delivery.objects.filter(state="pending")
        .order_by("event_id")
        .values_list("event_id", flat=True)
        .distinct()
    ):
        outbox.deliver_event(event)


def deliver(endpoint) -> int:
    """Do what the worker does: facts become messages, and messages are sent."""
    deliver_events()
    return sending.deliver_due(endpoint.pk)
