"""Webhooks: messages a second to a receiver on this machine, with signing, log and stored outcome.

    python -m benchmarks.webhooks [--size S] [--data FOLDER] [--out FILE]

The floor is the same number of bodies posted over one kept connection by `http.client`.
"""

from __future__ import annotations

import argparse
import http.client
import multiprocessing
import os
import time
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.company import SIZES, company
from benchmarks.figures import Part, measuring

MESSAGES = 3_000


def receive(told: Connection) -> None:
    """A receiver in a process of its own, that says 200 to everything."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.send(server.server_address[1])
    server.serve_forever()


def floor(port: int, body: bytes) -> float:
    """Bodies a second over one kept connection."""
    with closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
        start = time.perf_counter()
        for _number in range(MESSAGES):
            connection.request("POST", "/", body, {"Content-Type": "application/json"})
            connection.getresponse().read()
        return MESSAGES / (time.perf_counter() - start)


def measure(part: Part, port: int) -> None:
    """Make messages by writing records, send them, and take all of it away again."""
    from django.conf import settings
    from django.db import transaction

    from dangol.events import services as outbox
    from dangol.events.models import Delivery
    from dangol.identity.actors import actor_for
    from dangol.identity.models import User
    from dangol.integrations import services
    from dangol.integrations.models import WebhookDelivery
    from dangol.integrations.webhooks import sending
    from dangol.records import registry, writing

    settings.DANGOL_OUTBOUND_ALLOW = ["127.0.0.0/8"]
    user = User.objects.filter(is_administrator=True, is_active=True).order_by("pk").first()
    if user is None:
        raise SystemExit("There is no administrator to own the webhook.")
    actor = actor_for(user)
    customers = registry.get("customer")

    def wrote() -> float:
        start = time.perf_counter()
        for _number in range(200):
            with transaction.atomic():
                writing.create(customers, {"name": "측정상사"}, actor=actor)
                transaction.set_rollback(True)
        return 200 / (time.perf_counter() - start)

    before = wrote()
    endpoint, _secret = services.endpoint_save(
        actor=actor, name="benchmark", url=f"http://127.0.0.1:{port}/", owner=user,
        events=["customer.created", "customer.purged"], includes_record=True, batch_size=1, rate=1_000, concurrency=8,
    )  # fmt: skip
    made: list[int] = []
    try:
        part.add(
            "a write while an endpoint listens", wrote(), "/s", floor=before, floor_is="without webhooks"
        )
        for _chunk in range(MESSAGES // 500):
            rows = [writing.Change({"name": f"측정상사 {number}"}) for number in range(500)]
            made += writing.write(customers, rows, actor=actor).created
        start = time.perf_counter()
        waiting = Delivery.objects.filter(state="pending", handler__startswith="dangol.integrations.webhooks")
        for event in list(waiting.values_list("event_id", flat=True)):
            outbox.deliver_event(event)
        part.add("facts into messages", MESSAGES / (time.perf_counter() - start), "/s")
        bare = floor(port, b"x" * 1_500)
        start = time.perf_counter()
        sent = 0
        while sent < MESSAGES:
            taken = sending.deliver_due(endpoint.pk)
            if not taken:
                raise SystemExit(f"Only {sent} of {MESSAGES} messages went out.")
            sent += taken
        part.add(
            "webhooks with the record, delivered", sent / (time.perf_counter() - start), "/s", bar=200,
            floor=bare, floor_is="http.client on one connection",
        )  # fmt: skip
        if WebhookDelivery.objects.filter(endpoint=endpoint).exclude(state="sent").exists():
            raise SystemExit("Some messages did not arrive.")
    finally:
        services.endpoint_delete(endpoint=endpoint, actor=actor)
        for first in range(0, len(made), 500):
            writing.delete(customers, made[first : first + 500], actor=actor)
            writing.purge(customers, made[first : first + 500], actor=actor)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=SIZES, help="of the company; that of the one kept, or S")
    parser.add_argument("--data", type=Path, help="keep the company in this folder and use it again")
    parser.add_argument("--out", type=Path, help="write the figures there as JSON")
    asked = parser.parse_args()
    ours, theirs = multiprocessing.Pipe()
    receiver = multiprocessing.Process(target=receive, args=(theirs,), daemon=True)
    receiver.start()
    try:
        with (
            company(SIZES.get(asked.size), asked.data),
            measuring("webhooks", "Webhooks to a local receiver", asked.out) as part,
        ):
            import django

            os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dangol.config.settings")
            django.setup()
            measure(part, ours.recv())
    finally:
        receiver.terminate()


if __name__ == "__main__":
    main()
