"""A real installation in a folder of its own, driven from outside."""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil

COMMAND = [sys.executable, "-m", "dangol.config"]


# Below those that the kernel hands to whoever opens a connection: a server that is started again must find its own free.
PORTS = range(20_000, 32_000)


def free_port() -> int:
    """A port that nobody listens on, and that no connection will be given meanwhile."""
    while True:
        port = random.choice(PORTS)  # no secret
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


class Installation:
    """A data folder and the commands on it."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.port = free_port()
        unwanted = ("DATABASE_URL", "DANGOL_TEST_RUN", "DANGOL_LOG_LEVEL", "DJANGO_SETTINGS_MODULE")
        self.environment = {
            **{name: value for name, value in os.environ.items() if name not in unwanted},
            "DANGOL_DATA": str(data),
            "DANGOL_PORT": str(self.port),
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
        }
        self.serving: subprocess.Popen[bytes] | None = None

    def run(self, *arguments: str, fails: bool = False) -> str:
        """A command to its end; its output, or its complaint when it must fail."""
        done = subprocess.run(
            [*COMMAND, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert bool(done.returncode) == fails, done.stdout + done.stderr
        return done.stderr if fails else done.stdout

    def serve(self) -> subprocess.Popen[bytes]:
        """Start serving; returns when it is ready."""
        log = (self.data.parent / "serve.log").open("ab")
        with log:
            self.serving = subprocess.Popen([*COMMAND, "serve"], env=self.environment, stdout=log, stderr=log)
        self.wait_until_ready()
        return self.serving

    def ready(self) -> dict[str, object]:
        """What `/readyz` says now; empty when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
                return dict(json.load(answer))
        except urllib.error.HTTPError as error:
            with error:
                return dict(json.load(error))
        except OSError:
            return {}

    def wait_until_ready(self, seconds: float = 90) -> None:
        """Raises with the log when it takes longer."""
        end = time.monotonic() + seconds
        while self.ready().get("status") != "ready":
            if time.monotonic() > end or (self.serving and self.serving.poll() is not None):
                raise AssertionError(
                    f"{self.ready()}\n{(self.data.parent / 'serve.log').read_text()[-3000:]}"
                )
            time.sleep(0.1)

    def processes(self) -> dict[str, psutil.Process]:
        """The processes under the supervisor by name."""
        assert self.serving is not None
        found = {}
        for process in psutil.Process(self.serving.pid).children():
            try:
                words = " ".join(process.cmdline())
            except psutil.Error:
                continue  # it died this moment
            for name, mark in (
                ("postgres", "/bin/postgres"),
                ("web", "dangol.config.web"),
                ("worker", "--queue default"),
                ("analytics", "--queue analytics"),
            ):
                if mark in words:
                    found[name] = process
        return found

    def family(self) -> list[psutil.Process]:
        """The supervisor and all below it."""
        assert self.serving is not None
        top = psutil.Process(self.serving.pid)
        return [top, *top.children(recursive=True)]

    def end(self) -> None:
        """Kill what is left."""
        if self.serving is not None and self.serving.poll() is None:
            self.serving.terminate()
            try:
                self.serving.wait(20)
            except subprocess.TimeoutExpired:
                self.serving.kill()
                self.serving.wait()


def gone(processes: list[psutil.Process], seconds: float = 15) -> bool:
    """Whether all of them end in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not any(
            process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes
        ):
            return True
        time.sleep(0.05)
    return False
