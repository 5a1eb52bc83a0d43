"""Runs of the refresh: what they are at, for whoever waits."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from dangol.measures.models import RefreshRun

ERROR_LENGTH = 2_000


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
    """Note how far a run is; one short statement, to be called outside the publishing transaction."""
    run.step, run.rows, run.part = step, rows, part
    run.save(update_fields=["step", "rows", "part"])


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
