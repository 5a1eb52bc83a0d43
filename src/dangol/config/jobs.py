"""The worker's loop round Procrastinate, and what keeps its queues clean."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

import structlog
from procrastinate import App
from procrastinate.contrib.django import app

log = structlog.get_logger(__name__)

HEARTBEAT_SECONDS = 5.0
STALLED_SECONDS = 20.0
TIDY_SECONDS = 15.0
KEEP_HOURS = 72


async def work(
    queues: Sequence[str], *, concurrency: int = 1, once: bool = False, grace: float = 3.0
) -> None:
    """Run jobs of these queues.

    Jobs of a worker that was killed go back into their queue: jobs are written so that running one again is safe.

    Args:
        queues: names of the queues.
        concurrency: jobs at the same time in this process.
        once: return when the queues are empty.
        grace: seconds a running job gets when the worker is told to stop.
    """
    with app.replace_connector(app.connector.get_worker_connector()) as worker_app:  # type: ignore[attr-defined]
        async with worker_app.open_async():
            await _put_back_stalled(worker_app, queues)
            tidying = asyncio.create_task(_tidy(worker_app, queues))
            try:
                await worker_app.run_worker_async(
                    queues=list(queues),
                    name="+".join(queues),
                    concurrency=concurrency,
                    wait=not once,
                    shutdown_graceful_timeout=grace,
                    update_heartbeat_interval=HEARTBEAT_SECONDS,
                    stalled_worker_timeout=STALLED_SECONDS,
                    delete_jobs="never",
                )
            finally:
                tidying.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await tidying


async def _tidy(worker_app: App, queues: Sequence[str]) -> None:
    while True:
        await asyncio.sleep(TIDY_SECONDS)
        try:
            await _put_back_stalled(worker_app, queues)
            await worker_app.job_manager.delete_old_jobs(nb_hours=KEEP_HOURS, include_failed=False)
        except Exception as error:  # noqa: BLE001 - the database may be away; the worker itself decides when to give up
            log.warning("tidying failed", error=type(error).__name__)


async def _put_back_stalled(worker_app: App, queues: Sequence[str]) -> None:
    for queue in queues:
        for job in await worker_app.job_manager.get_stalled_jobs(
            queue=queue, seconds_since_heartbeat=STALLED_SECONDS
        ):
            log.warning("put back", job=job.id, task=job.task_name)
            await worker_app.job_manager.retry_job(job)
