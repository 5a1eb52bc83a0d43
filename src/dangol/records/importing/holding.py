"""Holding an import for one process."""

from __future__ import annotations

from contextlib import AbstractContextManager

from django.db import connection
from django.utils.translation import gettext_lazy as _

from dangol.records import batches
from dangol.records.batches import await_database, calm_collector, quick_turns
from dangol.records.importing.errors import RunBusy, Text
from dangol.records.models import ImportRun

__all__ = [
    "await_database",
    "calm_collector",
    "held",
    "holding",
    "lock_number",
    "quick_turns",
    "runs_held",
]

_LOCK = 0x44474C << 40


def lock_number(import_run: ImportRun) -> int:
    """The advisory lock that stands for this run."""
    return _LOCK | import_run.pk


def holding(import_run: ImportRun) -> AbstractContextManager[None]:
    """Hold the run for this process. Raises RunBusy."""
    return held(lock_number(import_run), _("This file is being imported already."))


def held(number: int, otherwise: Text) -> AbstractContextManager[None]:
    """Hold an advisory lock. It belongs to the database session and dies with it. Raises RunBusy with the text."""
    return batches.holding(number, RunBusy(otherwise))


def runs_held() -> set[int]:
    """The ids of runs that some process of any machine is at. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted"
            " AND classid::bigint = %s AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [_LOCK >> 32],
        )
        return {number for (number,) in cursor.fetchall()}
