"""`dangol serve`: database, migrations, web and workers, supervised."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import structlog

from dangol.config import environment, installation, postgres, seal
from dangol.config.cli import CommandFailed
from dangol.config.language import gettext as _
from dangol.config.preparation import FIRST_SIGN_IN
from dangol.config.supervisor import Child, Supervisor

log = structlog.get_logger(__name__)
WEB_PATIENCE = 3.0
WORKER_PATIENCE = 3.5
DATABASE_PATIENCE = 2.0
WEB_FIRST = 2.0  # seconds: while the web loads, whoever waits for the first page has the processor to himself


def run(args: argparse.Namespace) -> int:
    """Serve until SIGTERM or Ctrl+C; everything is stopped within ten seconds."""
    installation.start_logs()
    data = environment.data_directory()
    data.mkdir(parents=True, exist_ok=True)
    with _alone(data), contextlib.ExitStack() as stack:
        host, port = environment.text("DANGOL_HOST", "127.0.0.1"), environment.number("DANGOL_PORT", 8000)
        _check_demo(host)
        _check_port(host, port)
        supervisor = Supervisor(_children())
        stack.enter_context(supervisor.signals())
        if not environment.text("DATABASE_URL"):
            database = stack.enter_context(_own_database(data, supervisor))
            supervisor.every_tick = database.tend
        if supervisor.stopping():
            return 0
        prepared = _prepare(supervisor, data)
        if prepared is None:
            return 0 if supervisor.stopping() else 1
        _announce(data, host, port, prepared)
        supervisor.run()
    return 0


class OwnDatabase:
    """The embedded server as the supervisor's charge."""

    def __init__(self, data: Path, supervisor: Supervisor) -> None:
        self.data = data
        self.supervisor = supervisor
        self.server = postgres.start(data, given_up=supervisor.stopping)
        self.not_before = 0.0

    def tend(self) -> None:
        """Start it again when it died."""
        if self.server.is_running() or time.monotonic() < self.not_before:
            return
        log.error("died", child="postgres", pid=self.server.pid)
        try:
            self.server = postgres.start(self.data, given_up=self.supervisor.stopping)
            log.info("started", child="postgres", pid=self.server.pid)
        except postgres.PostgresError as error:
            if not self.supervisor.stopping():
                log.error("does not start", child="postgres", error=str(error))
                self.not_before = time.monotonic() + 5


@contextlib.contextmanager
def _own_database(data: Path, supervisor: Supervisor) -> Iterator[OwnDatabase]:
    with postgres.in_use(data):
        try:
            database = OwnDatabase(data, supervisor)
        except postgres.PostgresError:
            if supervisor.stopping():
                raise KeyboardInterrupt from None
            raise
        os.environ["DATABASE_URL"] = database.server.url()
        try:
            yield database
        finally:
            del os.environ["DATABASE_URL"]
            postgres.stop(database.server, seconds=DATABASE_PATIENCE)


@contextlib.contextmanager
def _alone(data: Path) -> Iterator[None]:
    """One server per data folder."""
    descriptor = os.open(data / "serve.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(descriptor, 20, 0).decode().strip()
            raise CommandFailed(
                _("This installation is being served already (process %s).") % owner,
                _("stop that process, or set another DANGOL_DATA"),
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _check_demo(host: str) -> None:
    if environment.flag("DANGOL_DEMO") and host not in {"localhost", "127.0.0.1", "::1"}:
        raise CommandFailed(
            _("The demo lets everybody in without a password, so it listens on this computer only."),
            _("unset DANGOL_HOST, or DANGOL_DEMO"),
        )


def _check_port(host: str, port: int) -> None:
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise CommandFailed(
            _("Cannot listen on %(host)s:%(port)s: %(reason)s")
            % {"host": host, "port": port, "reason": error.strerror or error},
            _("set another DANGOL_PORT or DANGOL_HOST"),
        ) from None


def _children() -> list[Child]:
    python = sys.executable
    worker = [python, "-m", "dangol.config", "worker", "--queue"]
    return [
        Child("web", [python, "-m", "dangol.config.web"], order=0, patience=WEB_PATIENCE),
        Child("worker", [*worker, "default"], order=1, patience=WORKER_PATIENCE, wait=WEB_FIRST),
        Child("analytics", [*worker, "analytics"], order=1, patience=WORKER_PATIENCE, wait=WEB_FIRST),
    ]


def _prepare(supervisor: Supervisor, data: Path) -> dict[str, object] | None:
    """Schema and first administrator, in a process of its own; None when it failed or a signal came.

    Nothing where this very code has prepared this very database before.
    """
    if seal.is_whole(data, environment.text("DATABASE_URL")):
        return {}
    child = subprocess.Popen(
        [sys.executable, "-m", "dangol.config.preparation"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    while True:
        try:
            out, _err = child.communicate(timeout=0.2)
            break
        except subprocess.TimeoutExpired:
            if supervisor.stopping():
                child.terminate()
    if child.returncode or supervisor.stopping():
        return None
    return dict(json.loads(out.decode().strip().splitlines()[-1]))


def _announce(data: Path, host: str, port: int, prepared: dict[str, object]) -> None:
    shown = "localhost" if host in {"127.0.0.1", "::1", "0.0.0.0", "::"} else host  # noqa: S104
    lines = ["", f"  Dangol  http://{shown}:{port}/"]
    sign_in = prepared.get("sign_in")
    if isinstance(sign_in, dict):
        lines += [
            "",
            "  " + _("First sign-in: %s") % sign_in["email"],
            "  " + _("Password:      %s") % sign_in["password"],
            "  "
            + _("It is also in %s; change it after signing in and delete that file.")
            % (data / FIRST_SIGN_IN),
        ]
    elif (data / FIRST_SIGN_IN).exists():
        lines += ["", "  " + _("How to sign in is in %s.") % (data / FIRST_SIGN_IN)]
    print("\n".join(lines) + "\n", flush=True)
