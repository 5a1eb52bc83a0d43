"""Reading the outbox: what waits, what died, who works."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker

from dangol.events.models import Delivery, Heartbeat

WORKER_FRESH = timedelta(seconds=90)


@dataclass(frozen=True)
class OutboxState:
    """How the outbox stands: deliveries waiting, failing (tried and waiting again), dead; the oldest wait."""

    waiting: int
    failing: int
    dead: int
    jobs_waiting: int
    jobs_failed: int
    worker_seen_at: datetime | None

    @property
    def worker_alive(self) -> bool:
        """Was a worker seen in the last minute and a half."""
        return self.worker_seen_at is not None and timezone.now() - self.worker_seen_at < WORKER_FRESH


def outbox_state() -> OutboxState:
    """The state of deliveries, jobs and workers. Four queries."""
    pending = Q(state=Delivery.State.PENDING)
    counts = Delivery.objects.exclude(state=Delivery.State.DONE).aggregate(
        waiting=Count("pk", filter=pending & Q(attempts=0)),
        failing=Count("pk", filter=pending & Q(attempts__gt=0)),
        dead=Count("pk", filter=Q(state=Delivery.State.DEAD)),
    )
    jobs = ProcrastinateJob.objects.filter(status__in=["todo", "doing", "failed"]).aggregate(
        waiting=Count("pk", filter=~Q(status="failed")), failed=Count("pk", filter=Q(status="failed"))
    )
    return OutboxState(
        waiting=counts["waiting"],
        failing=counts["failing"],
        dead=counts["dead"],
        jobs_waiting=jobs["waiting"],
        jobs_failed=jobs["failed"],
        worker_seen_at=worker_seen(),
    )


def worker_seen() -> datetime | None:
    """When any worker was last seen alive; None when there never was one. Two queries."""
    moments = [
        ProcrastinateWorker.objects.aggregate(at=Max("last_heartbeat"))["at"],
        Heartbeat.objects.aggregate(at=Max("seen_at"))["at"],
    ]
    return max((moment for moment in moments if moment is not None), default=None)


def dead_letters() -> QuerySet[Delivery]:
    """Deliveries that were given up, newest first, with their events."""
    return Delivery.objects.filter(state=Delivery.State.DEAD).select_related("event").order_by("-pk")


def dead_letter_count() -> int:
    """How many deliveries were given up. One query on a small index."""
    return Delivery.objects.filter(state=Delivery.State.DEAD).count()


def failing_deliveries() -> QuerySet[Delivery]:
    """Deliveries that failed at least once and will be tried again, the next one first."""
    return (
        Delivery.objects.filter(state=Delivery.State.PENDING, attempts__gt=0)
        .select_related("event")
        .order_by("next_attempt_at")
    )


def unfinished_deliveries() -> QuerySet[Delivery]:
    """Deliveries that are waiting or were given up."""
    return Delivery.objects.exclude(state=Delivery.State.DONE)


def dead_delivery(pk: int) -> Delivery | None:
    """A delivery that was given up, with its event. One query."""
    return dead_letters().filter(pk=pk).first()


def current_jobs() -> QuerySet[ProcrastinateJob]:
    """Jobs that are being done, then those that wait, the oldest first."""
    return ProcrastinateJob.objects.filter(status__in=["doing", "todo"]).order_by("status", "pk")


def failed_jobs() -> QuerySet[ProcrastinateJob]:
    """Jobs that ended in an error, newest first."""
    return ProcrastinateJob.objects.filter(status="failed").order_by("-pk")


def runs_with_live_job(*tasks: str) -> set[int]:
    """The `run_id` of jobs of these tasks that wait, or that a worker is at which was seen just now. One query."""
    at_work = Q(status="doing", worker__last_heartbeat__gt=timezone.now() - WORKER_FRESH)
    jobs = ProcrastinateJob.objects.filter(Q(status="todo") | at_work, task_name__in=tasks)
    return {run for run in jobs.values_list("args__run_id", flat=True) if isinstance(run, int)}


def job_is_there(task_name: str, **arguments: Any) -> bool:
    """Whether a job of this task with these arguments waits or is being worked off. One query."""
    return ProcrastinateJob.objects.filter(
        task_name=task_name, status__in=["todo", "doing"], args__contains=arguments
    ).exists()
