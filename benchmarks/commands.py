"""A command as people run it, with its time and the most memory it held."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

EVERY = 0.05


@dataclass(frozen=True)
class Outcome:
    """Exit code, what was printed, wall seconds with its start, and megabytes of memory (RSS) at the most."""

    code: int
    output: str
    complaint: str
    seconds: float
    megabytes: float


def dangol(*arguments: str, environment: Mapping[str, str] | None = None) -> Outcome:
    """Run `dangol ARGUMENTS` to its end."""
    return ran([sys.executable, "-m", "dangol.config", *arguments], environment)


def ran(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Outcome:
    """Run a command to its end.

    Memory is looked at every 50 ms: what the system notes at the end (`ru_maxrss`) counts the process that started it.
    """
    import psutil

    most = 0
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as complaint:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=complaint, env=environment)
        watched = psutil.Process(process.pid)
        while True:
            with suppress(psutil.Error):  # it ended just now
                most = max(most, watched.memory_info().rss)
            try:
                process.wait(EVERY)
                break
            except subprocess.TimeoutExpired:
                continue
        seconds = time.perf_counter() - start
        texts = []
        for file in (output, complaint):
            file.seek(0)
            texts.append(file.read().decode(errors="replace"))
    return Outcome(process.returncode, texts[0], texts[1].strip(), seconds, most / 2**20)
