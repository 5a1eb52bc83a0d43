"""How long `dangol serve` takes until it shows its first page, and how much memory its processes hold.

    python -m benchmarks.startup [--size S] [--data FOLDER] [--out FILE]

Started twice; the second start is the warm one. Memory is what a process shares with no other (USS) after some pages.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from benchmarks.commands import dangol
from benchmarks.company import SIZES, company
from benchmarks.figures import Part, measuring
from benchmarks.serving import free_port

SECONDS, MEGABYTES, ANALYTICS_MEGABYTES = 3, 300, 3_072
PATIENCE = 60
SETTLED = 5
"""Seconds after the first page at which memory is read: workers have loaded by then."""


def started(folder: Path, log: Path) -> tuple[subprocess.Popen[bytes], float, int]:
    """Start the installation; the process, the seconds until its first page came, and its port.

    Raises:
        SystemExit: no page came within a minute.
    """
    port = free_port()
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    environment |= {
        "DANGOL_DATA": str(folder.absolute()),
        "DANGOL_PORT": str(port),
        "DANGOL_HOST": "127.0.0.1",
    }
    start = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "dangol.config", "serve"], env=environment, stdout=output, stderr=output
        )
    while time.perf_counter() - start < PATIENCE and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
                answer.read()
                if answer.status == 200:
                    return process, time.perf_counter() - start, port
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.02)
    stopped(process)
    raise SystemExit(
        f"No page within {PATIENCE} s:\n{log.read_text(encoding='utf-8', errors='replace')[-2000:]}"
    )


def stopped(process: subprocess.Popen[bytes]) -> None:
    """End the installation as Ctrl+C does."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def role_of(command: list[str]) -> str:
    """What a process of the installation is there for; "" for PostgreSQL and helpers."""
    text = " ".join(command)
    if "dangol.config.web" in text:
        return "web process"
    if "dangol.config" in text and "worker" in text:
        return "analytics worker" if "analytics" in text else "worker"
    return ""


def memory(pid: int) -> dict[str, list[int]]:
    """Megabytes by role of all processes below this one."""
    import psutil

    found: dict[str, list[int]] = {}
    for process in psutil.Process(pid).children(recursive=True):
        try:
            role = role_of(process.cmdline()) or ("web process" if _below_web(process) else "")
            if role:
                found.setdefault(role, []).append(process.memory_full_info().uss // 2**20)
        except psutil.NoSuchProcess:
            continue
    return found


def _below_web(process: object) -> bool:
    """Granian's processes do not carry the command line of the server that started them."""
    import psutil

    assert isinstance(process, psutil.Process)
    parent = process.parent()
    return parent is not None and "multiprocessing" in " ".join(process.cmdline()) and role_of(
        parent.cmdline()
    ) == "web process"  # fmt: skip


def run(part: Part, folder: Path) -> None:
    """Cold, warm, memory, and a whole refresh of the numbers."""
    log = folder / "benchmark-serve.log"
    process, seconds, _port = started(folder, log)
    stopped(process)
    part.add("start to first page, first time", seconds, "s")
    process, seconds, port = started(folder, log)
    try:
        part.add("start to first page, warm", seconds, "s", bar=SECONDS)
        for _ in range(20):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10).read()
        time.sleep(SETTLED)
        for role, sizes in sorted(memory(process.pid).items()):
            bar = ANALYTICS_MEGABYTES if role == "analytics worker" else MEGABYTES
            part.add(f"memory of a {role}, started", max(sizes), "MB", bar=bar)
    finally:
        stopped(process)
    log.unlink()
    refresh = dangol("refresh", environment={**os.environ, "DANGOL_DATA": str(folder.absolute())})
    if refresh.code:
        raise SystemExit(f"dangol refresh failed: {refresh.complaint}")
    part.add("refresh of all numbers (`dangol refresh`)", refresh.seconds, "s")
    part.add("refresh of all numbers, peak memory", refresh.megabytes, "MB", bar=ANALYTICS_MEGABYTES)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=SIZES, help="of the company; that of the one kept, or S")
    parser.add_argument(
        "--data", type=Path, required=True, help="keep the company in this folder and use it again"
    )
    parser.add_argument("--out", type=Path, help="write the figures there as JSON")
    asked = parser.parse_args()
    with company(SIZES.get(asked.size), asked.data):
        pass  # there is one; its database is down again, as before a start
    os.environ.pop("DATABASE_URL", None)
    with measuring("startup", "Start and memory", asked.out) as part:
        run(part, asked.data)


if __name__ == "__main__":
    main()
