"""Five hundred open pages, and writes through the API beside them.

    python -m benchmarks.streams [--size S] [--data FOLDER] [--pages 500] [--seconds 8]

Starts the web server with two processes. Programs change customers through the API over four connections: alone, with the
pages open, and alone again, so that a machine that grows busier shows. Each page is a stream of a signed-in user that shows
a list of fifty customers; the programs change customers out of the same lists, which is the worst case: each write concerns
every page. Printed are writes a second, the memory of the web processes, and how long after its write a page heard of it.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import itertools
import json
import statistics
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from benchmarks.company import SIZES, company
from benchmarks.figures import Part, measuring
from benchmarks.serving import PROCESSES, cpu_of, memory_of, p95, web

WRITERS = 4
SHOWN = 50
PAGES_A_USER = 18


@dataclass
class Pages:
    """Open pages, read in a thread of their own."""

    port: int
    cookies: list[str]
    query: str
    heard: list[float] = field(default_factory=list)
    open: int = 0
    failed: int = 0

    def __enter__(self) -> Self:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        deadline = time.monotonic() + 60
        while self.open + self.failed < len(self.cookies) and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(3)  # the first look of each
        self.heard.clear()
        return self

    def __exit__(self, *_error: object) -> None:
        self.loop.call_soon_threadsafe(self.all.cancel)
        self.thread.join()

    def _run(self) -> None:
        async def everybody() -> None:
            await asyncio.gather(*(self._page(cookie) for cookie in self.cookies))

        self.all = self.loop.create_task(everybody())
        try:
            self.loop.run_until_complete(self.all)
        except asyncio.CancelledError:
            pass
        finally:
            self.loop.close()

    async def _page(self, cookie: str) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(
                f"GET /live/stream/?{self.query} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n".encode()
            )
            if b" 200 " not in await reader.readline():
                self.failed += 1
                return
            self.open += 1
            while line := await reader.readline():
                if line.startswith(b"event: changed"):
                    self.heard.append(time.monotonic())
        finally:
            writer.close()


def writes(port: int, token: str, ids: list[int], seconds: float) -> list[float]:
    """Change customers for so long; the times in milliseconds."""
    times: list[float] = []
    problems: list[BaseException] = []
    following = itertools.count()
    start = time.monotonic()

    def change() -> None:
        own = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            while time.monotonic() < start + seconds:
                number = next(following)
                body = json.dumps({"city": f"도시 {number}"})
                headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
                begin = time.perf_counter()
                own.request("PATCH", f"/api/v1/customers/{ids[number % len(ids)]}", body.encode(), headers)
                answer = own.getresponse()
                content = answer.read()
                if answer.status != 200:
                    raise RuntimeError(f"{answer.status} {content[:300]!r}")
                times.append((time.perf_counter() - begin) * 1000)
        except BaseException as problem:  # noqa: BLE001 - raised by the thread that waits
            problems.append(problem)
        finally:
            own.close()

    threads = [threading.Thread(target=change) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise problems[0]
    return times


def readers(count: int) -> list[str]:
    """Cookies of sessions of people who may read everything: as many users as that many pages need."""
    from django.conf import settings
    from django.test import Client

    from dangol.identity.models import Role, User

    role = Role.objects.get(code="read-only")
    cookies = []
    for number in range(-(-count // PAGES_A_USER)):
        user, made = User.objects.get_or_create(
            email=f"reader{number}@bench.example", defaults={"name": f"독자 {number}"}
        )
        if made:
            user.roles.add(role)
        client = Client()
        client.force_login(user)
        name = settings.SESSION_COOKIE_NAME
        cookies += [f"{name}={client.cookies[name].value}"] * PAGES_A_USER
    return cookies[:count]


def run(part: Part, *, pages: int, seconds: float) -> None:
    """Measure with and without the pages."""
    from dangol.customers.models import Customer
    from dangol.identity.actors import Actor
    from dangol.identity.models import User
    from dangol.identity.services import token_create

    administrator = User.objects.filter(is_administrator=True, is_active=True).order_by("pk").first()
    assert administrator is not None
    _token, token = token_create(user=administrator, name="benchmark", actor=Actor.system("benchmark"))
    rows = list(Customer.objects.filter(deleted_at=None).order_by("pk").values_list("pk", "version")[:SHOWN])
    ids = [pk for pk, _version in rows]
    query = "on=customer:" + ",".join(f"{pk}@{version}" for pk, version in rows)
    with web("dangol.config.settings") as (port, pid):
        writes(port, token, ids, 1.0)
        before = memory_of(pid)
        alone = writes(port, token, ids, seconds)
        with Pages(port, readers(pages), query) as opened:
            if opened.failed or opened.open != pages:
                raise SystemExit(f"{opened.open} pages are open, {opened.failed} were refused.")
            cpu = cpu_of([pid])
            time.sleep(seconds / 2)
            idle = (cpu_of([pid]) - cpu) / (seconds / 2) * 100
            beside = writes(port, token, ids, seconds)
            last = time.monotonic()
            while (
                len(opened.heard) and time.monotonic() - opened.heard[-1] < 3 and time.monotonic() - last < 20
            ):
                time.sleep(0.2)
            memory = memory_of(pid)
            heard = len(opened.heard)
        again = writes(port, token, ids, seconds)
    floor = statistics.mean((len(alone), len(again))) / seconds
    part.add(
        f"writes with {pages} pages open", len(beside) / seconds, "/s", floor=floor, floor_is="no page open"
    )
    part.add(
        f"write with {pages} pages open, p95", p95(beside), "ms", floor=p95(alone), floor_is="no page open"
    )
    part.add(f"web CPU of {pages} pages that hear nothing", idle, "%")
    kilobytes = (sum(memory) - sum(before)) * 1024 / pages
    part.add("memory of a page in the web processes", kilobytes, "KB")
    for place, size in enumerate(memory, start=1):
        part.add(f"memory of web process {place}, {pages} pages", size, "MB", bar=300)
    part.note(
        f"{len(beside):,} writes, each to a customer that all pages show, were told in {heard:,} events."
    )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=SIZES, help="of the company; that of the one kept, or S")
    parser.add_argument("--data", type=Path, help="keep the company in this folder and use it again")
    parser.add_argument("--pages", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--out", type=Path, help="write the figures there as JSON")
    asked = parser.parse_args()
    with (
        company(SIZES.get(asked.size), asked.data),
        measuring("streams", f"Open pages beside writes, {PROCESSES} web processes", asked.out) as part,
    ):
        run(part, pages=asked.pages, seconds=asked.seconds)


if __name__ == "__main__":
    main()
