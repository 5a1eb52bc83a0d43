"""From a match to runs: the guards, the rows of the log, the job."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from dangol.automation import index, ports
from dangol.automation.acting import Chain
from dangol.automation.matching import Match, Unfit
from dangol.automation.models import OffReason, Rule, RuleRun, RunReason, RunState
from dangol.events import queue
from dangol.identity import revisions

log = structlog.get_logger(__name__)

EXECUTE_TASK = "dangol.automation.execute"
DEEPEST_CHAIN = 5
RUNS_PER_JOB = 500


@dataclass(frozen=True, slots=True)
class Cause:
    """What set rules off: an event, or none for the clock; `by` is the person."""

    trigger: str
    chain: Chain
    event: uuid.UUID | None = None
    by: int | None = None


def start(matches: Sequence[Match], cause: Cause) -> list[int]:
    """Write down a run for each rule and record, and have them executed; in the caller's transaction.

    Those that the guards hold back are written down too, with the reason. A rule over its limit is switched off.

    Returns:
        Ids of the runs that will be executed. About five queries, whatever the number of rules.
    """
    if not matches:
        return []
    rules = {match.entry.rule_id: match.version.rule for match in matches}
    again = _ran_before(matches, cause.chain)
    lately = _lately(list(rules)) if rules else {}
    now = timezone.now()
    runs: list[RuleRun] = []
    for match in matches:
        rule = rules[match.entry.rule_id]
        room = rule.hourly_limit - lately.get(rule.pk, 0)
        for record_id in match.ids:
            reason = ""
            if (rule.pk, record_id) in again:
                reason = RunReason.LOOP
            elif cause.chain.depth >= DEEPEST_CHAIN:
                reason = RunReason.DEPTH
            elif room <= 0:
                reason = RunReason.RATE
            else:
                room -= 1
            runs.append(
                RuleRun(
                    rule=rule,
                    version=match.version,
                    record_type=match.entry.record_type,
                    record_id=record_id,
                    state=RunState.STOPPED if reason else RunState.QUEUED,
                    reason=reason,
                    trigger=cause.trigger,
                    due_at=now,
                    chain=cause.chain.key,
                    depth=cause.chain.depth,
                    cause=cause.event,
                    caused_by=cause.by,
                    finished_at=now if reason else None,
                )
            )
    RuleRun.objects.bulk_create(runs, batch_size=1_000)
    for rule_id in {run.rule_id for run in runs if run.reason == RunReason.RATE}:
        switch_off(rules[rule_id], OffReason.RATE, str(rules[rule_id].hourly_limit))
    ready = [run.pk for run in runs if not run.reason and run.rule.is_active]
    for place in range(0, len(ready), RUNS_PER_JOB):
        queue.enqueue(EXECUTE_TASK, runs=ready[place : place + RUNS_PER_JOB])
    return ready


def _ran_before(matches: Sequence[Match], chain: Chain) -> set[tuple[int, int]]:
    """Rules that ran for these records in this chain already. One query; none where no rule came before."""
    if chain.depth == 0:
        return set()
    rules = [match.entry.rule_id for match in matches]
    return set(RuleRun.objects.filter(chain=chain.key, rule__in=rules).values_list("rule_id", "record_id"))


def _lately(rules: Sequence[int]) -> dict[int, int]:
    """How often each rule ran in the last hour. One query."""
    counted = (
        RuleRun.objects.filter(rule__in=rules, created_at__gt=timezone.now() - timedelta(hours=1))
        .exclude(state=RunState.STOPPED)
        .order_by()
        .values_list("rule")
        .annotate(number=Count("pk"))
    )
    return dict(counted)


def switch_off(rule: Rule, reason: OffReason, detail: str) -> None:
    """Switch a rule off that must not go on, cancel what waits, and tell whom it concerns. In the caller's transaction."""
    with transaction.atomic():
        switched = Rule.objects.filter(pk=rule.pk, is_active=True).update(
            is_active=False,
            off_reason=reason,
            off_detail=detail[:2_000],
            switched_at=timezone.now(),
            switched_by=None,
        )
        rule.is_active = False
        cancel_waiting(rule)
        if not switched:
            return
        revisions.changed(index.REVISION)
        log.warning("rule_switched_off", rule=rule.pk, reason=str(reason), detail=detail)
        if rule.current is not None:
            ports.tell(rule.current.author_id, str(reason), rule.pk)


def cancel_waiting(rule: Rule) -> int:
    """Stop the runs of a rule that wait; how many there were. One statement."""
    waiting = RuleRun.objects.filter(rule=rule, state__in=[RunState.QUEUED, RunState.WAITING])
    return waiting.update(state=RunState.STOPPED, reason=RunReason.OFF, finished_at=timezone.now())


def drop_unfit(unfit: Sequence[Unfit]) -> None:
    """Switch off the rules that cannot run any more, with words."""
    for one in unfit:
        rule = Rule.objects.select_related("current").filter(pk=one.entry.rule_id).first()
        if rule is not None:
            switch_off(rule, one.reason, one.detail)
