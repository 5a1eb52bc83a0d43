"""A running web server, and a client that asks it with one connection and with eight."""

from __future__ import annotations

import http.client
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.asking import Case

PROCESSES = 2
CONNECTIONS = 8


@dataclass(frozen=True)
class Timing:
    """Milliseconds, requests a second at eight connections, CPU milliseconds a request (client, web, PostgreSQL)."""

    p50: float
    p95: float
    per_second: float
    busy_p50: float
    busy_p95: float
    cpu: tuple[float, float, float]
    size: int


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def p95(times: list[float]) -> float:
    """The time that 95 of 100 stay below."""
    return statistics.quantiles(times, n=20)[18]


@contextmanager
def web(application_settings: str, **environment: str) -> Iterator[tuple[int, int]]:
    """The web server on a free port. Yields port and process id."""
    port = free_port()
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
        times: list[float] = []
        size = 0
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
            p95(times),
            len(busy) / seconds,
            statistics.median(busy),
            p95(busy),
            (used[0], used[1], used[2]),
            size,
        )


def memory_of(pid: int) -> list[int]:
    """Megabytes of each web process that share nothing with others (USS)."""
    import psutil

    return sorted(
        process.memory_full_info().uss // 2**20 for process in psutil.Process(pid).children(recursive=True)
    )


def postgres_pid() -> int:
    """The process of the PostgreSQL that Django is connected to."""
    import psutil
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'")
        (checkpointer,) = cursor.fetchone()
    return int(psutil.Process(checkpointer).ppid())
