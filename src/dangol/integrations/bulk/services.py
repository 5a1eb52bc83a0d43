"""The life of a bulk job: taken in, worked off, cancelled, forgotten."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from dangol.events import queue
from dangol.identity.actors import Actor, may_administer
from dangol.integrations.bulk import storage
from dangol.integrations.models import BulkJob, JobState

RUN_TASK = "dangol.integrations.bulk.run"
KEPT = timedelta(days=7)


def jobs_visible_to(actor: Actor) -> QuerySet[BulkJob]:
    """One's own jobs; all of them for administrators. Lazy."""
    if may_administer(actor):
        return BulkJob.objects.all()
    return BulkJob.objects.filter(owner_id=actor.user_id or 0)


def job_start(job: BulkJob) -> None:
    """Store a job and hand it to the worker, in one transaction. Raises IntegrityError when its key was used already."""
    with transaction.atomic():
        job.save(force_insert=True)
        queue.enqueue(RUN_TASK, job_id=job.pk, lock=f"{RUN_TASK}:{job.pk}")


def job_cancel(*, job: BulkJob) -> None:
    """Stop after the chunk that is being written; what has gone in stays in."""
    with transaction.atomic():
        locked = BulkJob.objects.select_for_update().get(pk=job.pk)
        if locked.state == JobState.WAITING:
            locked.state, locked.finished_at = JobState.CANCELLED, timezone.now()
        elif locked.state == JobState.RUNNING:
            locked.cancel_requested = True
        locked.save(update_fields=["state", "finished_at", "cancel_requested"])
    job.refresh_from_db()


def jobs_forget() -> int:
    """Remove jobs that ended more than seven days ago, with their files; how many."""
    old = BulkJob.objects.filter(finished_at__lt=timezone.now() - KEPT)
    gone = 0
    for job in old.iterator():
        Path(job.path).unlink(missing_ok=True)
        storage.results_path(job.key).unlink(missing_ok=True)
        job.delete()
        gone += 1
    return gone
