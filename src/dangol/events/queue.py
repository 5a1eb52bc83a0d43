"""Putting a job on the queue in the transaction that asks for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.manager import JobManager
from procrastinate.tasks import configure_task

DEFAULT = "default"
ANALYTICS = "analytics"


def enqueue(
    task_name: str,
    *,
    queue: str = DEFAULT,
    at: datetime | None = None,
    lock: str | None = None,
    queueing_lock: str | None = None,
    **arguments: Any,
) -> int:
    """Put a job on the queue; it exists when, and only when, the caller's transaction commits.

    Use this instead of ``task.defer()``: inside a worker Procrastinate swaps its connector for one with a
    connection of its own, and a job deferred there would survive a rollback. This always writes through
    Django's connection. Costs one query.

    Args:
        task_name: the name of the Procrastinate task.
        queue: ``default``, or ``analytics`` for heavy work.
        at: not before this moment (aware).
        lock: jobs with the same lock run one after the other.
        queueing_lock: at most one waiting job per queueing lock.
        arguments: JSON values handed to the task.

    Raises:
        procrastinate.exceptions.AlreadyEnqueued: the queueing lock is taken by a waiting job. The
            surrounding transaction is then unusable, as after any constraint violation.
    """
    deferrer = configure_task(
        name=task_name,
        job_manager=JobManager(DjangoConnector()),
        queue=queue,
        schedule_at=at,
        lock=lock,
        queueing_lock=queueing_lock,
    )
    return deferrer.defer(**arguments)
