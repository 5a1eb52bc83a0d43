"""Pages and API of a running server, as browsers and programs ask for them, beside hand-written code for the same.

    python -m benchmarks.pages [--share 0.1] [--data FOLDER] [--only TEXT] [--quick] [--write] [--explain]

Makes a company (see `benchmarks.company`), starts the web server as `dangol serve` does with two processes, and asks over
loopback with one connection and with eight. Printed are p50 and p95 in milliseconds, requests a second, and the CPU time
a request takes in client, web and PostgreSQL: on a busy machine the CPU time is the steadier figure. The floor is a
Django view of its own with one hand-written statement for the same rows in a plain table, on the same server program.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.asking import Case, cases, get
from benchmarks.company import company
from benchmarks.company.sizes import CUSTOMERS

PROCESSES = 2
CONNECTIONS = 8
DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "performance.md"


@dataclass(frozen=True)
class Timing:
    """Milliseconds, requests a second at eight connections, CPU milliseconds a request (client, web, PostgreSQL)."""

    p50: float
    p95: float
    per_second: float
    busy_p95: float
    cpu: tuple[float, float, float]
    size: int


@contextmanager
def web(application_settings: str, **environment: str) -> Iterator[tuple[int, int]]:
    """The web server on a free port. Yields port and process id."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "dangol.config.web"],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": application_settings,
            "DANGOL_PORT": str(port),
            "DANGOL_WEB_PROCESSES": str(PROCESSES),
            "DANGOL_LOG_LEVEL": "ERROR",
            **environment,
        },
    )
    try:
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(15)


def cpu_of(pids: list[int]) -> float:
    """CPU seconds so far of these processes and all below them."""
    import psutil

    total = 0.0
    for pid in pids:
        top = psutil.Process(pid)
        for process in (top, *top.children(recursive=True)):
            try:
                times = process.cpu_times()
                total += times.user + times.system
            except psutil.NoSuchProcess:
                continue
    return total


class Client:
    """Asks one server."""

    def __init__(self, port: int, web_pid: int, postgres_pid: int) -> None:
        self.port, self.web_pid, self.postgres_pid = port, web_pid, postgres_pid

    def connect(self) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def once(self, connection: http.client.HTTPConnection, case: Case) -> tuple[float, int]:
        """Milliseconds and size of the answer. Raises RuntimeError for another status than expected."""
        method, path, body = case.ask()
        start = time.perf_counter()
        connection.request(method, path, body, case.headers)
        response = connection.getresponse()
        content = response.read()
        took = (time.perf_counter() - start) * 1000
        if response.status != case.status:
            raise RuntimeError(f"{case.name}: {response.status} {path} {content[:300]!r}")
        return took, len(content)

    def measure(self, case: Case, *, alone: float, together: float) -> Timing:
        """So many seconds with one connection, then with eight."""
        connection = self.connect()
        for _ in range(6):
            self.once(connection, case)
        times, size = [], 0
        end = time.monotonic() + alone
        while time.monotonic() < end or len(times) < 20:
            took, size = self.once(connection, case)
            times.append(took)
        connection.close()
        busy: list[float] = []
        problems: list[BaseException] = []
        before = (time.process_time(), cpu_of([self.web_pid]), cpu_of([self.postgres_pid]))
        start = time.monotonic()

        def ask() -> None:
            own = self.connect()
            try:
                while time.monotonic() < start + together:
                    busy.append(self.once(own, case)[0])
            except BaseException as problem:  # noqa: BLE001 - raised by the thread that waits
                problems.append(problem)
            own.close()

        threads = [threading.Thread(target=ask) for _ in range(CONNECTIONS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if problems:
            raise problems[0]
        seconds = time.monotonic() - start
        after = (time.process_time(), cpu_of([self.web_pid]), cpu_of([self.postgres_pid]))
        used = [(then - first) * 1000 / len(busy) for first, then in zip(before, after, strict=True)]
        return Timing(
            statistics.median(times),
            _p95(times),
            len(busy) / seconds,
            _p95(busy),
            (used[0], used[1], used[2]),
            size,
        )


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[18]


# floors without a server


def bare_sql(statements: dict[str, str]) -> dict[str, float]:
    """Median milliseconds of each statement by psycopg alone."""
    import psycopg

    times = {}
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        for name, statement in statements.items():
            took = []
            for _ in range(15):
                start = time.perf_counter()
                connection.execute(statement).fetchall()
                took.append((time.perf_counter() - start) * 1000)
            times[name] = statistics.median(took)
    return times


def bare_insert() -> tuple[float, float]:
    """p50 and p95 in milliseconds of INSERT and COMMIT of one contact."""
    import psycopg

    took = []
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        for number in range(200):
            start = time.perf_counter()
            connection.execute(
                "INSERT INTO customers_contact (customer_id, name, phone, email) VALUES (%s, %s, %s, %s)",
                [number + 1, "홍길동", f"+8210{number:08d}", f"bare{number}@bench.example"],
            )
            connection.commit()
            took.append((time.perf_counter() - start) * 1000)
        connection.execute("DELETE FROM customers_contact WHERE email LIKE 'bare%@bench.example'")
    return statistics.median(took), _p95(took)


def memory_of(pid: int) -> list[int]:
    """Megabytes of each web process that share nothing with others (USS)."""
    import psutil

    return sorted(
        process.memory_full_info().uss // 2**20 for process in psutil.Process(pid).children(recursive=True)
    )


def bars(case: Case, timing: Timing, ratio: float) -> list[str]:
    """What was asked for and is not reached."""
    missed = []
    if case.p95 and timing.p95 > case.p95:
        missed.append(f"p95 ≤ {case.p95:.0f} ms")
    if case.per_second and timing.per_second < case.per_second:
        missed.append(f"≥ {case.per_second:.0f}/s")
    if case.ratio and ratio > case.ratio:
        missed.append(f"≤ {case.ratio}× floor")
    return missed


def run(share: float, *, only: str, quick: bool, write: bool) -> None:
    """Measure everything and print it; with `write` also into docs/performance.md."""
    from django.db import connection

    asked, statements = cases()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'")
        (checkpointer,) = cursor.fetchone()
    import psutil

    postgres = psutil.Process(checkpointer).ppid()
    alone, together = (1.0, 2.0) if quick else (3.0, 5.0)
    load = os.getloadavg()[0]
    chosen = [case for case in asked if only in case.name]
    lines = [
        "| request | p50 | p95 | /s at 8 | p95 at 8 | CPU ms: client · web · PostgreSQL | KB | floor p50 | × floor | missed |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---|",
    ]
    print("\n".join(lines), flush=True)
    floors: dict[str, Timing] = {}
    floor_headers = chosen[0].headers if chosen else {}
    with web("benchmarks.floor.settings", FLOOR_SQL=json.dumps(statements)) as (port, pid):
        client = Client(port, pid, postgres)
        for name in dict.fromkeys(case.floor for case in chosen if case.floor):
            kind = "data" if name == "API" else "page"
            path = f"/{kind}/{urllib.parse.quote(name)}/"
            headers = next(case.headers for case in asked if case.headers.get("Cookie"))
            floors[name] = client.measure(
                Case(f"floor {name}", get(path), headers or floor_headers), alone=alone, together=together / 2
            )
    with web("dangol.config.settings") as (port, pid):
        client = Client(port, pid, postgres)
        for case in chosen:
            timing = client.measure(case, alone=alone, together=together)
            floor = floors.get(case.floor)
            ratio = timing.p50 / floor.p50 if floor else 0
            line = (
                f"| {case.name} | {timing.p50:.1f} | {timing.p95:.1f} | {timing.per_second:.0f} | {timing.busy_p95:.0f} "
                f"| {timing.cpu[0]:.1f} · {timing.cpu[1]:.1f} · {timing.cpu[2]:.1f} | {timing.size / 1024:.0f} "
                f"| {f'{floor.p50:.1f}' if floor else ''} | {f'{ratio:.1f}' if floor else ''} "
                f"| {', '.join(bars(case, timing, ratio))} |"
            )
            print(line, flush=True)
            lines.append(line)
        memory = memory_of(pid)
    insert = bare_insert()
    bare = bare_sql({case.floor: statements[case.floor] for case in chosen if case.floor})
    floor_sql = ", ".join(f"{name} {took:.1f} ms" for name, took in bare.items())
    measured = (
        f"Measured on {datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, {PROCESSES} web processes, "
        f"{int(CUSTOMERS * share):,} customers. Load {load:.1f} before and {os.getloadavg()[0]:.1f} after: client, web and "
        "PostgreSQL share the cores with whatever else runs, so read the times with the load and compare the CPU time."
    )
    notes = [
        measured,
        f"Memory that each web process has for itself: {', '.join(f'{size} MB' for size in memory)}.",
        f"Floors: INSERT and COMMIT of a contact {insert[0]:.1f} / {insert[1]:.1f} ms (p50 / p95); bare SQL: {floor_sql}.",
    ]
    print("\n" + "\n\n".join(notes))
    if write:
        DOCUMENT.write_text(document(lines, notes), encoding="utf-8")


MARK = "<!-- measured by python -m benchmarks.pages --write -->"


def document(lines: list[str], notes: list[str]) -> str:
    """docs/performance.md with its part behind the mark made anew."""
    above = (
        DOCUMENT.read_text(encoding="utf-8").split(MARK)[0] if DOCUMENT.exists() else "# How fast it is\n\n"
    )
    return above + MARK + "\n\n" + "\n\n".join(notes) + "\n\n" + "\n".join(lines) + "\n"


def explained() -> None:
    """Print what PostgreSQL does for the statements of each kind of GET request."""
    from django.db import connection
    from django.test import Client as Browser

    asked, _statements = cases()
    for case in asked:
        method, path, _body = case.ask()
        if method != "GET":
            continue
        statements: list[tuple[str, Any]] = []

        def noted(execute: Any, sql: str, params: Any, many: bool, context: Any, to: Any = statements) -> Any:
            to.append((sql, params))
            return execute(sql, params, many, context)

        browser = Browser(
            headers={name: value for name, value in case.headers.items() if name != "Content-Type"}
        )
        with connection.execute_wrapper(noted):
            browser.get(path, headers={"host": "localhost"})
        print(f"\n##### {case.name}: {path}: {len(statements)} statements")
        for sql, params in statements:
            if not sql.lstrip().upper().startswith(("SELECT", "WITH")):
                print(f"  - {sql[:110]}")
                continue
            with connection.cursor() as cursor:
                cursor.execute("EXPLAIN (ANALYZE, BUFFERS) " + sql, params)
                plan = [row[0] for row in cursor.fetchall()]
            took = float(plan[-1].split()[2])
            print(f"  - {took:.2f} ms: {sql[:160]}")
            if took > 3:
                print("\n".join(f"        {line}" for line in plan if "never executed" not in line))
                print(f"        {sql}")


def main() -> None:
    """Measure, or explain."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--share", type=float, default=0.01, help="of size L; M is 0.1, S is 0.01")
    parser.add_argument("--data", type=Path, help="keep the company in this folder and use it again")
    parser.add_argument("--only", default="", help="requests with this in their name")
    parser.add_argument("--quick", action="store_true", help="shorter")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    parser.add_argument("--explain", action="store_true", help="print plans instead")
    asked = parser.parse_args()
    with company(asked.share, asked.data):
        if asked.explain:
            explained()
        else:
            run(asked.share, only=asked.only, quick=asked.quick, write=asked.write)


if __name__ == "__main__":
    main()
