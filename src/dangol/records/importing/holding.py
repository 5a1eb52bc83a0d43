"""Holding a run for one process, and outlasting a database that goes away."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.db import InterfaceError, OperationalError, connection
from django.utils.translation import gettext_lazy as _

from dangol.records.importing.errors import RunBusy, Text
from dangol.records.models import ImportRun

log = structlog.get_logger(__name__)

PAUSES = (0.5, 1.0, 2.0, 4.0)
COLLECT_AFTER = 100_000
AFTERLIFE = 2.0
"""Seconds that the database may take to notice that the process which held a run was killed."""
TURN = 0.0005
_LOCK = 0x44474C << 40


def lock_number(import_run: ImportRun) -> int:
    """The advisory lock that stands for this run."""
    return _LOCK | import_run.pk


@contextmanager
def holding(import_run: ImportRun) -> Iterator[None]:
    """Hold the run for this process. Raises RunBusy."""
    with held(lock_number(import_run), _("This file is being imported already.")):
        yield


@contextmanager
def held(number: int, otherwise: Text) -> Iterator[None]:
    """Hold an advisory lock. It belongs to the database session and dies with it. Raises RunBusy with the text."""
    deadline = time.monotonic() + AFTERLIFE
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [number])
            if cursor.fetchone()[0]:
                break
            if time.monotonic() >= deadline:
                raise RunBusy(otherwise)
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
                log.info("import_lock_died_with_session", lock=number)


def runs_held() -> set[int]:
    """The ids of runs that some process of any machine is at. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted"
            " AND classid::bigint = %s AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [_LOCK >> 32],
        )
        return {number for (number,) in cursor.fetchall()}


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
