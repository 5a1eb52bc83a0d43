"""The life of an export: noted down, made or sent, kept for a week, fetched by those who may."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

import structlog
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from dangol.events import queue
from dangol.events.outbox import announce
from dangol.events.selectors import runs_with_live_job
from dangol.identity.actors import Actor, may_administer
from dangol.records import filters
from dangol.records.exporting import storage
from dangol.records.exporting.asking import Asked
from dangol.records.exporting.events import ExportDownloaded, RecordsExported
from dangol.records.exporting.losses import Losses
from dangol.records.filters.tree import EVERYTHING
from dangol.records.folders import abandoned
from dangol.records.models import ExportRun, ExportState

log = structlog.get_logger(__name__)

RUN_TASK = "dangol.records.exporting.run"
KEPT = timedelta(days=7)
STUCK_AFTER = timedelta(minutes=10)
DIRECT_ROWS = 50_000
"""So many rows at most are sent at once; longer lists are made in the background."""


def rights_of(actor: Actor) -> str:
    """A fingerprint of all that an actor may see and do."""
    parts = [
        actor.is_administrator,
        sorted(actor.team_ids),
        sorted(actor.territory_ids),
        sorted((*key, *sorted(scopes)) for key, scopes in actor.grants.items()),
        *sorted((*key, rule) for key, rule in actor.field_rules.items()),
    ]
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def runs_visible_to(actor: Actor) -> QuerySet[ExportRun]:
    """An actor's own exports; all of them for administrators. Lazy."""
    if may_administer(actor):
        return ExportRun.objects.all()
    if actor.user_id is None:
        return ExportRun.objects.none()
    return ExportRun.objects.filter(owner_id=actor.user_id)


def run_create(asked: Asked, *, origin: str, state: ExportState = ExportState.RUNNING) -> ExportRun:
    """Note an export down, before the first row is read. One query."""
    return ExportRun.objects.create(
        owner_id=asked.actor.user_id,
        record_type=asked.record_type.name,
        filter="" if asked.tree == EVERYTHING else filters.to_text(asked.tree),
        sort=list(asked.sort),
        columns=list(asked.columns),
        format=asked.format.name,
        encoding=asked.encoding,
        reason=asked.reason,
        origin=origin,
        rights=rights_of(asked.actor),
        state=state,
        file_name=asked.file_name(),
        started_at=timezone.now() if state == ExportState.RUNNING else None,
    )


def run_enqueue(asked: Asked, *, total: int | None = None) -> ExportRun:
    """Note an export down and hand it to the worker."""
    with transaction.atomic():
        run = run_create(asked, origin="page", state=ExportState.WAITING)
        if total is not None:
            ExportRun.objects.filter(pk=run.pk).update(total=total)
        queue.enqueue(RUN_TASK, run_id=run.pk, lock=f"{RUN_TASK}:{run.pk}")
    return run


def run_close(
    run: ExportRun,
    *,
    actor: Actor,
    state: ExportState,
    rows: int,
    losses: Losses,
    path: Path | None = None,
    size: int = 0,
    message: str = "",
) -> None:
    """Note how an export ended, and announce what has left. A kept file (`path`) expires in a week.

    What was broken off or failed on the way to the reader has left as far as it came; a file that was not finished
    has not left at all. Four queries.
    """
    now = timezone.now()
    run.state, run.rows, run.losses, run.message = state, rows, losses.to_json(), message
    run.finished_at, run.size = now, size
    run.path = str(path) if path else ""
    run.expires_at = now + KEPT if path else None
    if run.started_at:
        run.seconds = (now - run.started_at).total_seconds()
    with transaction.atomic():
        run.save(
            update_fields=[
                "state", "rows", "losses", "message", "finished_at", "size", "path", "expires_at", "seconds"
            ]
        )  # fmt: skip
        if rows or state == ExportState.FINISHED:
            announce(
                RecordsExported(
                    record_type=run.record_type,
                    rows=rows,
                    reason=run.reason,
                    run_id=run.pk,
                    format=run.format,
                    fields=list(run.columns),
                    complete=state == ExportState.FINISHED,
                ),
                actor=actor,
            )


def run_cancel(*, run: ExportRun, actor: Actor) -> None:
    """Stop a run that waits or is being worked on; nothing of it is kept."""
    with transaction.atomic():
        locked = ExportRun.objects.select_for_update().get(pk=run.pk)
        if locked.state == ExportState.WAITING:
            locked.state, locked.finished_at = ExportState.CANCELLED, timezone.now()
            locked.save(update_fields=["state", "finished_at"])
        elif locked.state == ExportState.RUNNING:
            locked.cancel_requested = True
            locked.save(update_fields=["cancel_requested"])
    run.refresh_from_db()


def run_fetchable(run: ExportRun, actor: Actor) -> bool:
    """Whether the actor may fetch the kept file: an administrator, or the owner while his rights are the same.

    Who has moved to another team since asks again and gets what he may see now.
    """
    if not run.path or not Path(run.path).exists():
        return False
    if may_administer(actor):
        return True
    return run.owner_id == actor.user_id and run.rights == rights_of(actor)


def run_fetched(run: ExportRun, *, actor: Actor) -> None:
    """Count a download and announce it. Two queries."""
    with transaction.atomic():
        ExportRun.objects.filter(pk=run.pk).update(downloads=F("downloads") + 1)
        announce(ExportDownloaded(run_id=run.pk), actor=actor)


def forget_expired() -> int:
    """Remove files that are past their time, and what processes that died left behind; the runs stay.

    Returns how many files went.
    """
    gone = 0
    ExportRun.objects.filter(
        state=ExportState.RUNNING, started_at__lt=timezone.now() - timedelta(days=1)
    ).update(state=ExportState.FAILED, finished_at=timezone.now())
    for run in ExportRun.objects.filter(expires_at__lt=timezone.now()).exclude(path=""):
        Path(run.path).unlink(missing_ok=True)
        ExportRun.objects.filter(pk=run.pk).update(path="")
        gone += 1
    for path in leftovers():
        path.unlink(missing_ok=True)
        gone += 1
    return gone


def leftovers() -> list[Path]:
    """Files of processes that died, a day old or more; `forget_expired` removes them. One query."""
    return abandoned(storage.folder(), set(ExportRun.objects.exclude(path="").values_list("path", flat=True)))


def runs_stuck() -> list[ExportRun]:
    """Exports that nobody carries on: waiting for minutes without a job, or under way for more than a day.

    A list that is sent while it is read has no job; `forget_expired` closes it after a day when its process died.
    Two queries.
    """
    now = timezone.now()
    waiting = Q(state=ExportState.WAITING, created_at__lt=now - STUCK_AFTER)
    running = Q(state=ExportState.RUNNING, started_at__lt=now - timedelta(days=1))
    with_job = runs_with_live_job(RUN_TASK)
    return [
        run for run in ExportRun.objects.filter(waiting | running).order_by("pk") if run.pk not in with_job
    ]
