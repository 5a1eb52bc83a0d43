"""Executes runs: all that stand at the same step of a rule together, in one transaction with the mark that it was done."""

from __future__ import annotations

import traceback
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import connection, transaction
from django.utils import timezone, translation

from dangol.automation import acting, matching, starting
from dangol.automation.acting import Chain
from dangol.automation.definitions import Broken, Instruction, Program, program_of
from dangol.automation.models import OffReason, RuleRun, RuleVersion, RunReason, RunState
from dangol.automation.ports import DONE, Batch, Outcome
from dangol.identity import revisions
from dangol.identity.actors import Actor
from dangol.records import permissions
from dangol.records.arrays import one_of
from dangol.records.filters import EVERYTHING
from dangol.records.types import RecordType

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 5
FIRST_WAIT = timedelta(seconds=30)
STEP_PATIENCE_MS = 60_000
ERROR_LENGTH = 1_000
DUE_LIMIT = 2_000
OPEN = (RunState.QUEUED, RunState.WAITING)


def execute(ids: Sequence[int]) -> None:
    """Execute these runs as far as they go, rule by rule in the order they were written down.

    What fails is tried again, a minute later and then less and less often; after five attempts it stays failed with its
    reason. A run that is being executed elsewhere, or is not due, is left alone.
    """
    revisions.look()
    groups: dict[tuple[int, int, int], list[int]] = {}
    rows = RuleRun.objects.filter(pk__in=ids, state__in=OPEN).order_by("rule__order", "rule_id", "id")
    for pk, version, chain, depth in rows.values_list("pk", "version_id", "chain", "depth"):
        groups.setdefault((version, chain.int, depth), []).append(pk)
    for (version, _chain, _depth), members in groups.items():
        _group(version, members)


def execute_due(*, late: timedelta = timedelta(0), limit: int = DUE_LIMIT) -> int:
    """Execute what is due: waits that are over, attempts to repeat, runs whose job was lost. How many there were."""
    before = timezone.now() - late
    due = RuleRun.objects.filter(state__in=OPEN, due_at__lte=before).order_by("due_at")
    ids = list(due.values_list("pk", flat=True)[:limit])
    for start in range(0, len(ids), starting.RUNS_PER_JOB):
        execute(ids[start : start + starting.RUNS_PER_JOB])
    return len(ids)


def _group(version_id: int, ids: Sequence[int]) -> None:
    try:
        with transaction.atomic():
            _Execution(version_id, ids).go()
    # Whatever a step raises is kept with the run, logged, and tried again.
    except Exception as error:  # noqa: BLE001
        if len(ids) > 1:
            for one in ids:  # one of them is to blame; the others go on
                _group(version_id, [one])
            return
        _failed(ids[0], error)


def _failed(run_id: int, error: Exception) -> None:
    """Note the attempt; the next one later, or none."""
    with transaction.atomic():
        run = RuleRun.objects.select_for_update().filter(pk=run_id, state__in=OPEN).first()
        if run is None:
            return
        run.attempts += 1
        run.detail = f"{type(error).__name__}: {error}"[:ERROR_LENGTH].replace("\0", "")
        if run.attempts >= MAX_ATTEMPTS:
            run.state, run.reason, run.finished_at = RunState.FAILED, RunReason.ERROR, timezone.now()
        else:
            run.due_at = timezone.now() + FIRST_WAIT * 4 ** (run.attempts - 1)
        run.save(update_fields=["attempts", "detail", "state", "reason", "finished_at", "due_at"])
    log.warning(
        "rule_run_failed",
        run=run_id,
        rule=run.rule_id,
        attempts=run.attempts,
        error=run.detail,
        trace="".join(traceback.format_exception(error))[-4_000:],
    )


class _Execution:
    """The runs of one version and one chain, in the caller's transaction."""

    def __init__(self, version_id: int, ids: Sequence[int]) -> None:
        self.now = timezone.now()
        locked = RuleRun.objects.select_for_update(skip_locked=True, of=("self",)).filter(
            pk__in=ids, state__in=OPEN, due_at__lte=self.now
        )
        self.runs = {run.record_id: run for run in locked.order_by("id")}
        self.version = RuleVersion.objects.select_related("rule", "author", "rule__current").get(
            pk=version_id
        )
        self.rule = self.version.rule

    def go(self) -> None:
        if not self.runs:
            return
        runs = list(self.runs.values())
        if not self.rule.is_active or self.rule.deleted_at is not None:
            self._end(runs, RunState.STOPPED, RunReason.OFF)
            self._save(runs)
            return
        actor = acting.actor_of(self.version, self.rule.record_type)
        if actor is None:
            starting.switch_off(self.rule, OffReason.AUTHOR, self.version.author.name)
            return
        with translation.override(actor.language):
            try:
                program = program_of(self.version, self.rule.record_type)
            except Broken as broken:
                starting.switch_off(self.rule, OffReason.BROKEN, str(broken))
                return
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(STEP_PATIENCE_MS)])
            chain = Chain(runs[0].chain, runs[0].depth)
            self._walk(program, acting.signed(actor, self.rule.pk, chain))
        self._save(runs)

    def _walk(self, program: Program, actor: Actor) -> None:
        """Step by step, from the earliest on: as steps only lead forward, those at the same step come together."""
        record_type = program.record_type
        deleted = program.trigger.get("kind") == "deleted"
        there = self._there(record_type, actor, deleted)
        places: dict[int, list[RuleRun]] = defaultdict(list)
        for run in self.runs.values():
            if run.record_id in there:
                run.state = RunState.QUEUED
                places[run.position].append(run)
            else:
                self._end([run], RunState.STOPPED, RunReason.GONE)
        while places:
            place = min(places)
            group = places.pop(place)
            if place >= len(program.instructions):
                self._end(group, RunState.DONE)
                continue
            for run, target in self._step(program.instructions[place], place, record_type, group, actor):
                places[target].append(run)

    def _there(self, record_type: RecordType, actor: Actor, deleted: bool) -> set[int]:
        rows = permissions.visible_to(actor, record_type, deleted=deleted)
        return set(rows.filter(pk__in=one_of(self.runs, "bigint")).values_list("pk", flat=True))

    def _step(
        self, one: Instruction, place: int, record_type: RecordType, group: list[RuleRun], actor: Actor
    ) -> Iterable[tuple[RuleRun, int]]:
        """Do one instruction for these runs; each that goes on, and where."""
        if one.kind is None:
            return [(run, one.jump) for run in group]
        ids = [run.record_id for run in group]
        batch = Batch(
            self.rule.pk,
            one.id,
            record_type,
            ids,
            actor,
            one.settings,
            self.now,
            {run.record_id: run.pk for run in group},
        )
        if one.decides:
            if one.kind.prolonged is not None:
                group = self._prolong(one, group, batch)
                batch = replace(
                    batch,
                    ids=[run.record_id for run in group],
                    runs={run.record_id: run.pk for run in group},
                )
            if one.kind.decided is not None:
                met = one.kind.decided(batch)
            else:
                met = matching.holding(actor, record_type, one.condition or EVERYTHING, batch.ids)
            for run in group:
                self._note(run, one, Outcome("yes" if run.record_id in met else "no"))
            return [(run, place + 1 if run.record_id in met else one.otherwise) for run in group]
        outcomes = one.kind.execute(batch)
        going = []
        for run in group:
            outcome = outcomes.get(run.record_id, DONE)
            self._note(run, one, outcome)
            if not outcome.ok:
                run.detail = outcome.detail[:ERROR_LENGTH]
                self._end([run], RunState.FAILED, RunReason.REFUSED)
            elif outcome.code == "stop":
                self._end([run], RunState.STOPPED, RunReason.STEP)
            elif outcome.code == "waits":
                run.state, run.position = RunState.WAITING, place + 1
                run.due_at = datetime.fromisoformat(outcome.data["until"])
                run.attempts = 0
            else:
                going.append((run, place + 1))
        return going

    def _prolong(self, one: Instruction, group: list[RuleRun], batch: Batch) -> list[RuleRun]:
        """Let those wait on that the step says; returns the others."""
        assert one.kind is not None
        assert one.kind.prolonged is not None
        later = one.kind.prolonged(batch)
        for run in group:
            if run.record_id in later:
                until, data = later[run.record_id]
                self._note(run, one, Outcome("escalated", {"until": until.isoformat(), **data}))
                run.state, run.due_at, run.attempts = RunState.WAITING, until, 0
        return [run for run in group if run.record_id not in later]

    def _note(self, run: RuleRun, one: Instruction, outcome: Outcome) -> None:
        entry: dict[str, Any] = {
            "step": one.id,
            "kind": one.kind.kind if one.kind else "",
            "code": outcome.code,
            "at": self.now.isoformat(),
        }
        if outcome.data:
            entry["data"] = dict(outcome.data)
        run.results = [*run.results, entry]

    def _end(self, runs: Iterable[RuleRun], state: str, reason: str = "") -> None:
        for run in runs:
            run.state, run.reason, run.finished_at = state, reason, self.now
            if state == RunState.DONE:
                run.detail = ""

    def _save(self, runs: Sequence[RuleRun]) -> None:
        RuleRun.objects.bulk_update(
            runs,
            ["state", "reason", "detail", "position", "results", "due_at", "finished_at", "attempts"],
            batch_size=500,
        )
