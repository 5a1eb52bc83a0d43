"""A dry run over the whole file: exact totals and what each problem would cost, nothing written."""

from __future__ import annotations

import time
import uuid
from contextlib import closing
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import Count, Min
from django.utils.translation import gettext as _
from psycopg.types.json import Jsonb

from dangol.identity.actors import Actor
from dangol.records.importing import engine, repeats
from dangol.records.importing.engine import Progress
from dangol.records.importing.errors import ImportProblem
from dangol.records.models import ImportReject, ImportRun, ImportState

log = structlog.get_logger(__name__)

SHOWN_REASONS = 50
RUNNING, DONE, FAILED = "running", "done", "failed"


class _GivenUp(Exception):
    """The run was started, cancelled or given another mapping meanwhile: nobody waits for these totals."""


def rehearse(import_run: ImportRun, actor: Actor) -> None:
    """Try the whole file in one transaction that is rolled back; the totals go into `run.rehearsed`.

    A copy of the run does the work, so that the run's own row stays free: progress is told on it meanwhile, over a
    connection of its own. Records that the file would change are locked until the end, as by a real import.
    """
    began = time.monotonic()
    with closing(connection.copy()) as beside:
        noted = _Noted(import_run, beside)

        def tell(progress: Progress) -> None:
            noted.write(
                {
                    "state": RUNNING,
                    "share": round(progress.share, 4),
                    "rows": progress.rows,
                    "imported": progress.imported,
                    "unchanged": progress.unchanged,
                    "rejected": progress.rejected,
                    "seconds": round(time.monotonic() - began, 1),
                }
            )

        try:
            noted.write({**_tried(import_run, actor, tell), "seconds": round(time.monotonic() - began, 1)})
        except _GivenUp:
            log.info("rehearsal_given_up", run=import_run.pk)


def _tried(import_run: ImportRun, actor: Actor, tell: engine.Report) -> dict[str, Any]:
    """What comes of the dry run: its totals, or why it stopped."""
    try:
        with transaction.atomic():
            finished = engine.rehearse(_trial(import_run), actor, progress=tell)
            totals = totals_of(finished)
            transaction.set_rollback(True)
    except ImportProblem as problem:
        return {"state": FAILED, "message": str(problem)}
    except _GivenUp:
        raise
    except Exception as error:
        log.exception("rehearsal_failed", run=import_run.pk)
        why = _("The import stopped by an error of the program: %(why)s") % {"why": repr(error)[:500]}
        return {"state": FAILED, "message": why}
    return {**totals, "state": DONE, "share": 1}


class _Noted:
    """Writes onto the run's row while its copy is at work in a transaction that nobody else sees."""

    def __init__(self, import_run: ImportRun, beside: Any) -> None:
        self.run = import_run
        self.connection = beside

    def write(self, rehearsed: dict[str, Any]) -> None:
        """Raises _GivenUp when the run is no longer the draft that was rehearsed."""
        with self.connection.cursor() as cursor:
            cursor.execute(
                "UPDATE records_importrun SET rehearsed = %s WHERE id = %s AND state = %s AND fingerprint = %s"
                " AND rehearsed <> '{}'",
                [Jsonb(rehearsed), self.run.pk, ImportState.DRAFT, self.run.fingerprint],
            )
            if not cursor.rowcount:
                raise _GivenUp


def _trial(import_run: ImportRun) -> ImportRun:
    trial = ImportRun.objects.get(pk=import_run.pk)
    trial.pk = None
    trial.key = uuid.uuid4()
    trial.state = ImportState.WAITING
    trial.save(force_insert=True)
    return trial


def totals_of(finished: ImportRun) -> dict[str, Any]:
    """What came of a run that was tried, with what each problem costs; in the transaction in which it was tried."""
    reasons = (
        ImportReject.objects.filter(run=finished)
        # These are told together; each of their reasons names another row.
        .exclude(code=repeats.CODE)
        .values("field", "column", "code", "reason")
        .annotate(rows=Count("pk"), first=Min("number"))
        .order_by("-rows", "first")[:SHOWN_REASONS]
    )
    shown = []
    for reason in reasons:
        example = ImportReject.objects.get(run=finished, number=reason["first"])
        shown.append(
            {
                "field": reason["field"],
                "column": reason["column"],
                "reason": reason["reason"],
                "rows": reason["rows"],
                "example": {"number": example.number, "value": example.value},
            }
        )
    return {
        "rows": finished.rows,
        "imported": finished.imported,
        "unchanged": finished.unchanged,
        "rejected": finished.rejected,
        "created": finished.created,
        "updated": finished.updated,
        "repeats": finished.repeats,
        "reasons": shown,
    }
