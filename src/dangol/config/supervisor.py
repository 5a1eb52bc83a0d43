"""Keeps the processes of one installation alive, and stops them in the right order.

Knows nothing of Django or of what its children do: it starts them, starts them again with growing pauses when they
die, and on SIGTERM or SIGINT stops them group by group. Children end with it even when it is killed (`processes`).
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog

from dangol.config import processes

log = structlog.get_logger(__name__)

FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 30.0
STEADY_SECONDS: Final = 60.0  # alive this long: the next death starts with the first pause again
TICK: Final = 0.5


@dataclass
class Child:
    """One process to keep alive.

    `order` says when it is stopped (lowest first); `patience` how many seconds it has for that. `wait` is how many
    seconds it is started after the others, the first time.
    """

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    order: int = 0
    patience: float = 3.0
    wait: float = 0.0
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0
    not_before: float = 0.0

    def start(self) -> None:
        """Start it, in a session of its own so that Ctrl+C reaches the supervisor alone."""
        self.process = subprocess.Popen(
            list(self.arguments),
            env={**os.environ, **self.environment, "DANGOL_SUPERVISED": "1"},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=processes.die_with_parent(),
        )
        self.started = time.monotonic()
        log.info("started", child=self.name, pid=self.process.pid)

    def is_running(self) -> bool:
        """Whether the process exists."""
        return self.process is not None and self.process.poll() is None

    def tend(self) -> None:
        """Notice a death, and start the next one when its pause is over."""
        now = time.monotonic()
        if self.process is not None and (code := self.process.poll()) is not None:
            self.clear_group()
            self.deaths = 1 if now - self.started > STEADY_SECONDS else self.deaths + 1
            pause = min(FIRST_PAUSE * 2 ** (self.deaths - 1), LONGEST_PAUSE)
            self.not_before = now + pause
            log.error("died", child=self.name, pid=self.process.pid, code=code, again_in_seconds=pause)
            self.process = None
        if self.process is None and now >= self.not_before:
            self.start()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process; a process that is gone is no error."""
        if self.process is not None and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(number)

    def clear_group(self) -> None:
        """End whatever the process left behind in its session (web workers of a killed web server)."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)


class Supervisor:
    """Starts children, tends them until told to stop, stops them.

    Args:
        children: what to keep alive.
        every_tick: called about twice a second; used to look after the database.
    """

    def __init__(self, children: Sequence[Child], every_tick: Callable[[], None] = lambda: None) -> None:
        self.children = list(children)
        self.every_tick = every_tick
        self.stops_asked = 0
        self._wake_in, self._wake_out = os.pipe()
        os.set_blocking(self._wake_in, False)
        os.set_blocking(self._wake_out, False)

    def stopping(self) -> bool:
        """Whether a signal asked to stop."""
        return self.stops_asked > 0

    @contextlib.contextmanager
    def signals(self) -> Iterator[None]:
        """While open, SIGTERM, SIGINT and SIGHUP ask to stop; SIGCHLD only wakes the loop."""
        numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        before = {number: signal.signal(number, self._ask) for number in numbers}
        before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        wake = signal.set_wakeup_fd(self._wake_out, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(wake)
            for number, handler in before.items():
                signal.signal(number, handler)

    def _ask(self, *_: object) -> None:
        self.stops_asked += 1

    def run(self) -> None:
        """Tend the children until a signal asks to stop; then stop them."""
        begin = time.monotonic()
        for child in self.children:
            child.not_before = begin + child.wait
        try:
            while not self.stopping():
                self.every_tick()
                for child in self.children:
                    if self.stopping():
                        break
                    child.tend()
                self._sleep(TICK)
        finally:
            self.stop()

    def stop(self) -> None:
        """Stop all, lowest order first; who is not done in its time, or at a second signal, is killed."""
        log.info("stopping")
        for order in sorted({child.order for child in self.children}):
            group = [child for child in self.children if child.order == order]
            for child in group:
                child.signal(signal.SIGTERM)
            begin = time.monotonic()
            while any(child.is_running() for child in group):
                for child in group:
                    late = time.monotonic() - begin > child.patience
                    if child.is_running() and (late or self.stops_asked > 1):
                        log.warning("killed", child=child.name)
                        child.signal(signal.SIGKILL)
                self._sleep(0.05)
            for child in group:
                child.clear_group()

    def _sleep(self, seconds: float) -> None:
        """Up to so long; a signal or the death of a child ends it at once."""
        ready, _, _ = select.select([self._wake_in], [], [], seconds)
        if ready:
            with contextlib.suppress(BlockingIOError):
                while os.read(self._wake_in, 4096):
                    pass
