"""Carrying a move out: step by step, each an import run; the dry run of all of them; taking all of it back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from django.db import connection, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from psycopg.types.json import Jsonb

from dangol.events.outbox import announce
from dangol.identity import revisions
from dangol.identity.actors import Actor
from dangol.integrations.models import Move, MoveState
from dangol.integrations.moving import amounts, people
from dangol.integrations.moving.expressions import plain_column
from dangol.integrations.moving.facts import MoveFinished
from dangol.integrations.moving.plans import Plan, PlannedStep, plan_from_json
from dangol.integrations.moving.targets import MOVE
from dangol.records import registry
from dangol.records.fields import Reference
from dangol.records.importing import engine, rehearsals, runs, undoing
from dangol.records.importing.engine import Progress
from dangol.records.importing.errors import ImportProblem
from dangol.records.importing.mapping import read_mapping
from dangol.records.models import ImportRun, ImportState, UndoState

log = structlog.get_logger(__name__)

Report = Callable[[PlannedStep, Progress], None]
RUNNING, DONE, FAILED = "running", "done", "failed"


def carry_out(move: Move, actor: Actor, report: Report | None = None) -> Move:
    """Carry a move through to its end, or to where it is paused, and return it as it then is.

    Can be called again after any kind of death: steps that have ended stay so, and the one that was under way goes on
    behind its last chunk.

    Args:
        actor: in whose name; the rights of each import hold.
        report: told after each chunk.

    Raises:
        RunBusy: another process is at it.
        ImportProblem: a step cannot go on; the move is marked as stopped, and goes on when this is called again.
    """
    revisions.look()  # own fields that were made for the move
    move = _begun(move)
    plan = plan_from_json(move.plan)
    steps = plan.carried_out()
    for at, step in enumerate(steps):
        if _rests(move, at):
            return move
        run = _run_of(move, plan, step, actor)
        if run.state == ImportState.FINISHED:
            continue
        if run.state in (ImportState.PAUSED, ImportState.FAILED):
            ImportRun.objects.filter(pk=run.pk).update(state=ImportState.WAITING, pause_requested=False)
        try:
            done = engine.run(run, actor, partial(report, step) if report else None)
        except ImportProblem as problem:
            _stop(move, f"{plan.files[step.file].name}: {problem}")
            raise
        if done.state == ImportState.PAUSED:
            Move.objects.filter(pk=move.pk).update(state=MoveState.PAUSED, pause_requested=False)
            move.refresh_from_db()
            return move
        if done.state == ImportState.CANCELLED:
            _stop(move, _("The import of %(file)s was cancelled.") % {"file": plan.files[step.file].name})
            return move
        _add_up(move, step, done)
    _end(move, MoveState.FINISHED, len(steps))
    return move


def _begun(move: Move) -> Move:
    Move.objects.filter(pk=move.pk).update(state=MoveState.RUNNING, message="", finished_at=None)
    Move.objects.filter(pk=move.pk, started_at=None).update(started_at=timezone.now())
    return Move.objects.get(pk=move.pk)


def _rests(move: Move, at: int) -> bool:
    """Note where the move is; true when it is to rest before this step."""
    with transaction.atomic():
        locked = Move.objects.select_for_update().get(pk=move.pk)
        locked.place = at
        if locked.pause_requested:
            locked.state, locked.pause_requested = MoveState.PAUSED, False
        locked.save(update_fields=["place", "state", "pause_requested"])
    move.refresh_from_db()
    return move.state == MoveState.PAUSED


def _run_of(move: Move, plan: Plan, step: PlannedStep, actor: Actor) -> ImportRun:
    """The step's import run; made, and noted in the plan, when it has none yet."""
    if step.run is not None:
        known = ImportRun.objects.filter(pk=step.run).first()
        if known is not None:
            return known
    with transaction.atomic():
        run = _new_run(plan, step, actor)
        step.run = run.pk
        locked = Move.objects.select_for_update().get(pk=move.pk)
        locked.plan = plan.to_json()
        locked.save(update_fields=["plan"])
    move.refresh_from_db()
    return run


def _new_run(plan: Plan, step: PlannedStep, actor: Actor) -> ImportRun:
    file = plan.files[step.file]
    mapping = read_mapping(people.applied(step.mapping, step, plan))
    return runs.run_create(
        actor=actor,
        path=Path(file.path),
        mapping=mapping,
        size=file.size,
        sha256=file.sha256,
        file_name=file.name,
    )


def _add_up(move: Move, step: PlannedStep, run: ImportRun) -> None:
    """Keep the sums of amounts of a step that has ended with the report."""
    sums = amounts.sums_of(run)
    with transaction.atomic():
        locked = Move.objects.select_for_update().get(pk=move.pk)
        locked.rehearsed = {**locked.rehearsed, "sums": {**locked.rehearsed.get("sums", {}), step.name: sums}}
        locked.save(update_fields=["rehearsed"])


def _stop(move: Move, message: str) -> None:
    Move.objects.filter(pk=move.pk).update(
        state=MoveState.FAILED, message=message.replace("\0", "\ufffd"), finished_at=timezone.now()
    )
    move.refresh_from_db()
    log.warning("move_stopped", move=move.pk, why=message)


def _end(move: Move, state: MoveState, place: int) -> None:
    with transaction.atomic():
        Move.objects.filter(pk=move.pk).update(state=state, place=place, finished_at=timezone.now())
        if move.owner_id:
            announce(MoveFinished(target_type=MOVE, target_id=move.pk, users=(move.owner_id,)))
    move.refresh_from_db()
    log.info("move_ended", move=move.pk, state=state.value)


# dry run


def rehearse(move: Move, actor: Actor, report: Report | None = None) -> dict[str, Any]:
    """Carry out all steps in one transaction that is rolled back, so that later files find what earlier ones make.

    Returns and keeps the totals: by step rows, imported, unchanged, rejected, created, updated, reasons, how many rows were
    rejected because what they point at was not found, and sums. A plan that was changed meanwhile keeps none.
    """
    revisions.look()
    plan = plan_from_json(move.plan)
    told: dict[str, Any] = {"state": RUNNING, "done": 0, "steps": {}}
    with closing(connection.copy()) as beside, translation.override(actor.language):
        _note(beside, move, told)
        try:
            with transaction.atomic():
                for step in plan.carried_out():
                    told["steps"][step.name] = _tried(plan, step, actor, report)
                    told["done"] += 1
                    _note(beside, move, told)
                transaction.set_rollback(True)
            told["state"] = DONE
        except ImportProblem as problem:
            told |= {"state": FAILED, "message": str(problem)}
        except BaseException as error:
            _note(beside, move, told | {"state": FAILED, "message": repr(error)[:500]})
            raise
        _note(beside, move, told)
    move.refresh_from_db()
    return told


def _tried(plan: Plan, step: PlannedStep, actor: Actor, report: Report | None) -> dict[str, Any]:
    file = plan.files[step.file]
    try:
        run = _new_run(plan, step, actor)
        done = engine.rehearse(run, actor, partial(report, step) if report else None)
    except ImportProblem as problem:
        raise ImportProblem(f"{file.name}: {problem}") from problem
    totals = rehearsals.totals_of(done)
    lost: Counter[str] = Counter()
    for reason in totals["reasons"]:
        known, column = _pointing(step, reason["field"])
        if known:
            lost[reason["column"] or column or reason["field"]] += reason["rows"]
    return {**totals, "lost": dict(lost), "sums": amounts.sums_of(done), "seconds": round(done.seconds, 1)}


def _pointing(step: PlannedStep, name: str) -> tuple[bool, str]:
    """Whether a field that a reject names is a reference, and the column it comes from."""
    for record in step.mapping["records"]:
        known = registry.get(record["type"]).fields.get(name)
        if isinstance(known, Reference) and name in record["fields"]:
            return True, plain_column(record["fields"][name])
    return False, ""


def _note(beside: Any, move: Move, told: dict[str, Any]) -> None:
    """Tell how far the dry run is, over a connection of its own, since its transaction is seen by nobody."""
    with beside.cursor() as cursor:
        cursor.execute(
            "UPDATE integrations_move SET rehearsed = %s WHERE id = %s AND state = %s AND plan = %s",
            [Jsonb(told), move.pk, MoveState.DRAFT, Jsonb(move.plan)],
        )


# back


def take_back(move: Move, actor: Actor) -> Move:
    """Take all steps back, the last first. What somebody changed since, or made to point at it, stays, as with any import.

    Can be called again after any kind of death.
    """
    plan = plan_from_json(move.plan)
    kept = 0
    back: list[ImportRun] = []
    revisions.look()
    for step in reversed(plan.steps):
        run = ImportRun.objects.filter(pk=step.run).first() if step.run else None
        if run is None:
            continue
        if run.state in (ImportState.WAITING, ImportState.RUNNING, ImportState.PAUSED, ImportState.FAILED):
            ImportRun.objects.filter(pk=run.pk).update(state=ImportState.CANCELLED)
        if run.undo != UndoState.DONE and run.chunks.filter(undone=False).exists():
            run = undoing.undo(run, actor, together=back)
        back.append(run)
        kept += sum(run.undone.get("kept", {}).values())
    message = _("%(count)s records were changed since and stayed.") % {"count": kept} if kept else ""
    Move.objects.filter(pk=move.pk).update(message=message)
    _end(move, MoveState.UNDONE, 0)
    return move
