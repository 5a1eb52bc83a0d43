"""Refreshing what is known about customers: lake, scores, series."""

from collections.abc import Callable
from datetime import date, datetime
from itertools import chain
from typing import Any, Final
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction

from dangol.events import queue
from dangol.identity.actors import Actor
from dangol.insight import customer_value
from dangol.insight.effects import outcomes
from dangol.insight.modelling import room
from dangol.insight.policies import can_refresh
from dangol.insight.segmentation import looking_back, snapshot, standard
from dangol.measures import lake, metrics, services
from dangol.measures.metrics import standing
from dangol.measures.models import RefreshRun
from dangol.records.planning import analyze_grown_tables

log = structlog.get_logger(__name__)

REFRESH_TASK: Final = "dangol.insight.refresh"
Progress = Callable[[str, int, float], None]
"""Called with the step, the rows done in it, and how far the whole is (0 … 1)."""

_ASKING: Final = 4_711_002
"""Advisory lock of whoever asks for a run, so that two askers get one."""


def refresh_request(*, actor: Actor, reason: str) -> RefreshRun:
    """Ask for a refresh by the analytics worker; joins a run that is already waiting.

    Raises:
        PermissionDenied: the actor may not.
    """
    if not can_refresh(actor):
        raise PermissionDenied
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ASKING])
        waiting = RefreshRun.objects.filter(state=RefreshRun.State.WAITING).order_by("-pk").first()
        if waiting is not None:
            return waiting
        run = RefreshRun.objects.create(reason=reason, requested_by=actor.user_id)
        queue.enqueue(REFRESH_TASK, queue=queue.ANALYTICS, lock=REFRESH_TASK, run=run.pk)
    log.info("refresh_requested", run=run.pk, reason=reason)
    return run


def refresh_stop(*, actor: Actor) -> bool:
    """Ask the refresh that waits or runs to stop; false where there is none.

    Raises:
        PermissionDenied: the actor may not.
    """
    if not can_refresh(actor):
        raise PermissionDenied
    log.info("refresh_stop_requested", by=actor.user_id)
    return services.run_stop()


def refresh_all(*, actor: Actor, full: bool = False, progress: Progress | None = None) -> RefreshRun:
    """Refresh everything now, in this process, and return the finished run.

    Waits for a run that is under way elsewhere. What was published before stays until the new results replace it in
    one transaction.

    Args:
        actor: who asks; kept with the run.
        full: copy the lake anew instead of by what changed; scores are always computed over all of it.
        progress: told about every step.

    Raises:
        PermissionDenied: the actor may not.
        Exception: whatever went wrong; it is noted in the run as well.
    """
    if not can_refresh(actor):
        raise PermissionDenied
    run = RefreshRun.objects.create(reason=actor.name[:60], requested_by=actor.user_id)
    refresh_run(run=run, full=full, progress=progress)
    return run


def refresh_run(*, run: RefreshRun, full: bool = False, progress: Progress | None = None) -> None:
    """Carry out a run that was asked for; `full` as in `refresh_all`."""
    with lake.exclusive():
        services.run_begin(run=run)
        log.info("refresh_started", run=run.pk)
        try:
            _refresh(run, full, progress)
        except services.RunStopped:
            services.run_stopped(run=run)
            log.info("refresh_stopped", run=run.pk)
            return
        except BaseException as error:
            services.run_fail(run=run, error=error)
            log.error("refresh_failed", run=run.pk, error=str(error))
            raise
    # The results stand. Who is in which segment follows from them, each segment in a transaction of its own; a million
    # customers' new scores are joined row by row where the planner thinks that there are none.
    analyze_grown_tables()
    standard.make()
    looking_back.fill(currency=run.facts["currency"])
    snapshot.take()
    outcomes.compute()
    log.info("refresh_done", run=run.pk, as_of=run.as_of, **run.facts.get("rows", {}))


def _refresh(run: RefreshRun, full: bool, progress: Progress | None) -> None:
    def tell(step: str, rows: int, part: float) -> None:
        services.run_step(run=run, step=step, rows=rows, part=part)
        if progress:
            progress(step, rows, part)

    tell("extract", 0, 0.0)
    manifest = lake.extract(full=full, progress=lambda name, rows: tell(f"extract {name}", rows, 0.1))
    rows = {name: part.rows for name, part in manifest.datasets.items()}
    with lake.connect(manifest) as opened:
        tell("score", rows.get("order_lines", 0), 0.5)
        facts = customer_value.facts(opened, _today())
        as_of: date = facts.pop("as_of") or _today()
        currency = facts["currency"]
        known = metrics.registered()
        scores = opened.keep("scores", customer_value.customer_scores(opened, as_of=as_of, currency=currency))
        models, stays = _models(opened, as_of, currency, lambda step, part: tell(step, 0, part))
        tell("publish", 0, 0.8)
        with transaction.atomic():
            published = services.scores_publish(
                record_type="customer",
                model=customer_value.MODEL,
                as_of=as_of,
                batches=opened.batches(scores),
                currency=currency,
                money=customer_value.MONEY,
            )
            for purpose in room.PURPOSES:
                published += room.scores_write(
                    models.get(purpose), names=room.score_names(purpose), as_of=as_of, currency=currency
                )
            for per_record in (False, True):
                tables = metrics.by_month(opened, known, currency=currency, per_record=per_record)
                services.series_publish(
                    names=[metric.name for metric in known],
                    grain=metrics.MONTH,
                    as_of=as_of,
                    batches=chain.from_iterable(opened.batches(table) for table in tables),
                    record_type="customer" if per_record else "",
                )
            # Read after the scores are there: customers are split by the segments of this very run.
            standing.publish(standing.standing_of(opened, currency=currency))
            told: dict[str, Any] = {"retention": stays} if stays else {}
            told |= {purpose: dict(one.facts) for purpose, one in models.items()}
            services.run_finish(
                run=run,
                as_of=as_of if facts["lines"] else None,
                facts={**facts, "rows": rows, "scores": published, "taken_at": manifest.taken_at, **told},
            )
    if progress:
        progress("done", published, 1.0)


def _models(
    opened: lake.Lake, as_of: date, currency: str, tell: Callable[[str, float], None]
) -> tuple[dict[str, room.Prepared], dict[str, Any]]:
    """Learn what is due, and have the models in use tell of every customer, by purpose; and how customers stay."""
    from dangol.insight.modelling import defecting
    from dangol.insight.modelling.margins import margin_of
    from dangol.insight.modelling.purchases import read_days
    from dangol.insight.modelling.retention import retention

    if not currency:
        return {}, {}
    tell("learn", 0.55)
    days = read_days(opened, currency=currency, until=as_of.toordinal())
    if room.is_due(room.LIFETIME, as_of):
        margin = margin_of(opened, until=as_of, currency=currency)
        room.learn_lifetime(
            days, as_of=as_of, currency=currency, step=lambda: tell("learn", 0.6), margin=margin
        )
    if room.is_due(room.DEFECTION, as_of):
        defecting.learn_defection(days, as_of=as_of, currency=currency, step=lambda: tell("learn", 0.65))
    tell("value", 0.7)
    stays = retention(days, until=as_of.toordinal(), gap_days=defecting.gap_said())
    found: dict[str, room.Prepared] = {}
    lifetime = room.prepare_lifetime(days, as_of=as_of, currency=currency)
    if lifetime is not None:
        found[room.LIFETIME] = lifetime
    leaving = defecting.prepare_defection(days, as_of=as_of, currency=currency, lifetime=lifetime)
    if leaving is not None:
        found[room.DEFECTION] = leaving
    return found, stays


def _today() -> date:
    return datetime.now(ZoneInfo(settings.TIME_ZONE)).date()
