"""Runs of the refresh: what they are at, for whoever waits."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from dangol.measures.models import RefreshRun

ERROR_LENGTH = 2_000


class RunStopped(Exception):
    """Somebody asked the run to stop; nothing of it is published."""


def run_begin(*, run: RefreshRun) -> None:
    """Mark a run as under way. The caller holds the lake's lock, so a run that still seems under way was killed."""
    RefreshRun.objects.filter(state=RefreshRun.State.RUNNING).exclude(pk=run.pk).update(
        state=RefreshRun.State.FAILED, finished_at=timezone.now(), error="interrupted"
    )
    run.state = RefreshRun.State.RUNNING
    run.started_at = timezone.now()
    run.step, run.rows, run.part, run.error = "", 0, 0.0, ""
    run.save()


def run_step(*, run: RefreshRun, step: str, rows: int, part: float) -> None:
    """Note how far a run is; two short statements, to be called outside the publishing transaction.

    Raises:
        RunStopped: somebody asked for it meanwhile.
    """
    run.step, run.rows, run.part = step, rows, part
    run.save(update_fields=["step", "rows", "part"])
    if RefreshRun.objects.filter(pk=run.pk, stop_requested=True).exists():
        raise RunStopped


def run_stop() -> bool:
    """Ask the run under way to stop at its next step, and take back those that wait; false where there is none."""
    waiting = RefreshRun.objects.filter(state=RefreshRun.State.WAITING).update(
        state=RefreshRun.State.STOPPED, stop_requested=True, finished_at=timezone.now()
    )
    running = RefreshRun.objects.filter(state=RefreshRun.State.RUNNING).update(stop_requested=True)
    return bool(waiting or running)


def run_stopped(*, run: RefreshRun) -> None:
    """Mark a run as stopped; what was published before it stays."""
    run.state = RefreshRun.State.STOPPED
    run.finished_at = timezone.now()
    run.save(update_fields=["state", "finished_at"])


def run_finish(*, run: RefreshRun, as_of: date | None, facts: Mapping[str, Any]) -> None:
    """Mark a run as done, in the transaction that publishes its results. Older finished runs beyond 100 go."""
    run.state = RefreshRun.State.DONE
    run.finished_at = timezone.now()
    run.step, run.part = "", 1.0
    run.as_of = as_of
    run.facts = dict(facts)
    with transaction.atomic():
        run.save()
        kept = RefreshRun.objects.order_by("-pk").values("pk")[:100]
        RefreshRun.objects.exclude(pk__in=list(kept.values_list("pk", flat=True))).delete()


def run_fail(*, run: RefreshRun, error: BaseException) -> None:
    """Mark a run as failed; what was published before it stays."""
    run.state = RefreshRun.State.FAILED
    run.finished_at = timezone.now()
    run.error = f"{type(error).__name__}: {error}"[:ERROR_LENGTH].replace("\x00", "")
    run.save()
