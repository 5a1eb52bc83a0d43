"""Holding an import for one process."""

from __future__ import annotations

from contextlib import AbstractContextManager

from django.utils.translation import gettext_lazy as _

from dangol.records import batches
from dangol.records.batches import await_database, calm_collector, quick_turns
from dangol.records.importing.errors import RunBusy
from dangol.records.models import ImportRun

__all__ = ["await_database", "calm_collector", "holding", "lock_number", "quick_turns"]

_LOCK = 0x44474C << 40


def lock_number(import_run: ImportRun) -> int:
    """The advisory lock that stands for this run."""
    return _LOCK | import_run.pk


def holding(import_run: ImportRun) -> AbstractContextManager[None]:
    """Hold the run for this process. Raises RunBusy."""
    return batches.holding(lock_number(import_run), RunBusy(_("This file is being imported already.")))
