"""Holding a run for one process, and outlasting a database that goes away."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.db import InterfaceError, OperationalError, connection

log = structlog.get_logger(__name__)

PAUSES = (0.5, 1.0, 2.0, 4.0)
COLLECT_AFTER = 100_000
AFTERLIFE = 2.0
"""Seconds that the database may take to notice that the process which held a run was killed."""
TURN = 0.0005


@contextmanager
def holding(number: int, busy: Exception) -> Iterator[None]:
    """Hold what the advisory lock `number` stands for. The lock belongs to the database session and dies with it.

    Raises `busy` when another session still holds it after two seconds.
    """
    deadline = time.monotonic() + AFTERLIFE
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [number])
            if cursor.fetchone()[0]:
                break
            if time.monotonic() >= deadline:
                raise busy
            time.sleep(0.1)
    try:
        yield
    finally:
        if (
            connection.connection is not None
            and not connection.connection.closed
            and not connection.needs_rollback
        ):
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [number])
            except (OperationalError, InterfaceError):
                # The session is gone, and the lock with it.
                log.info("lock_died_with_session", lock=number)


@contextmanager
def quick_turns() -> Iterator[None]:
    """Let threads hand over more often: the one that stores would else wait 5 ms for the one that reads, after each answer
    of the database. Worth a fifth of the importer's time."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(min(interval, TURN))
    try:
        yield
    finally:
        sys.setswitchinterval(interval)


@contextmanager
def calm_collector() -> Iterator[None]:
    """Let the garbage collector look less often: a chunk is a million small objects, none of them in a cycle.

    Worth a third of the importer's time; what the chunks leave behind is freed by reference counting all the same.
    """
    thresholds = gc.get_threshold()
    gc.set_threshold(COLLECT_AFTER, thresholds[1], thresholds[2])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)


def await_database(patience: float, cause: Exception) -> None:
    """Wait until the database answers again. Raises the cause when it does not in time."""
    deadline = time.monotonic() + patience
    tries = 0
    while True:
        connection.close()
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            return
        except (OperationalError, InterfaceError):
            if time.monotonic() >= deadline:
                raise cause from None
            time.sleep(PAUSES[min(tries, len(PAUSES) - 1)])
            tries += 1
