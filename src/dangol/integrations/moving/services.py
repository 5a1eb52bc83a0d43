"""Acts on a move: planned, changed, tried, carried out, paused, taken back, forgotten."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import structlog
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from dangol.events import queue
from dangol.identity.actors import Actor
from dangol.identity.models import User
from dangol.integrations.models import Move, MoveState
from dangol.integrations.moving import planning, proposing
from dangol.integrations.moving.looking import Given
from dangol.integrations.moving.people import ACTS, EXISTING
from dangol.integrations.moving.plans import Plan, plan_from_json
from dangol.integrations.moving.targets import may_move
from dangol.records.importing.errors import ImportProblem
from dangol.records.models import ImportRun

log = structlog.get_logger(__name__)

CARRY_TASK: Final = "dangol.integrations.move"
REHEARSE_TASK: Final = "dangol.integrations.move_rehearse"
UNDO_TASK: Final = "dangol.integrations.move_undo"


def moves_visible_to(actor: Actor) -> QuerySet[Move]:
    """All moves, for those who may move in. Lazy."""
    return Move.objects.all() if may_move(actor) else Move.objects.none()


def move_create(
    *, actor: Actor, files: Sequence[Given], recipe: str = planning.AUTOMATIC, date_order: str = ""
) -> Move:
    """Look at the files and keep a plan of them. Nothing is written but the plan.

    Raises:
        PermissionDenied: the actor may not move in.
        ImportProblem: no file, or no such recipe.
    """
    if not may_move(actor):
        raise PermissionDenied
    plan, followed = planning.plan_of(files, actor=actor, recipe=recipe, date_order=date_order)
    move = Move.objects.create(owner_id=actor.user_id, recipe=followed, plan=plan.to_json())
    log.info("move_planned", move=move.pk, recipe=followed, files=len(plan.files), steps=len(plan.steps))
    return move


def _changed(move: Move, actor: Actor, change: Callable[[Plan], object]) -> None:
    """Change the plan of a move that has not begun; its dry run counts no more."""
    if not may_move(actor):
        raise PermissionDenied
    with transaction.atomic():
        locked = Move.objects.select_for_update().get(pk=move.pk)
        if locked.state != MoveState.DRAFT:
            raise ImportProblem(_("The move has begun already."))
        plan = plan_from_json(locked.plan)
        change(plan)
        locked.plan, locked.rehearsed = plan.to_json(), {}
        locked.save(update_fields=["plan", "rehearsed"])
    move.refresh_from_db()


def steps_choose(*, move: Move, actor: Actor, taken: Sequence[str]) -> None:
    """Carry out just these steps. Raises ImportProblem."""

    def change(plan: Plan) -> None:
        for step in plan.steps:
            step.skip = step.name not in taken

    _changed(move, actor, change)


def file_set_type(*, move: Move, actor: Actor, file: int, record_type: str) -> None:
    """Say what a file holds. Raises ImportProblem."""

    def change(plan: Plan) -> None:
        if not 0 <= file < len(plan.files):
            raise ImportProblem(_("There is no such file in this plan."))
        planning.step_for(plan, file, record_type, actor=actor)

    _changed(move, actor, change)


def people_set(*, move: Move, actor: Actor, said: Mapping[int, tuple[str, int | None]]) -> None:
    """Say who people are: place in the plan → act and user. Raises ImportProblem."""

    ids = {user for act, user in said.values() if user and act == EXISTING}
    known = set(User.objects.filter(pk__in=ids).values_list("pk", flat=True))

    def change(plan: Plan) -> None:
        for at, (act, user) in said.items():
            if not 0 <= at < len(plan.people) or act not in ACTS:
                raise ImportProblem(_("There is no such person in this plan."))
            person = plan.people[at]
            if act == EXISTING and user not in known:
                raise ImportProblem(_("Choose the user that %(name)s is.") % {"name": person.name})
            if act in ("new", "inactive") and not person.email:
                raise ImportProblem(
                    _("%(name)s has no e-mail address and cannot get an account.") % {"name": person.name}
                )
            if (act, user) != (person.act, person.user):
                person.act, person.user, person.how = act, user if act == EXISTING else None, ""

    _changed(move, actor, change)


def fields_make(*, move: Move, actor: Actor, columns: Sequence[tuple[str, str]]) -> int:
    """Make own fields for columns (step and column). Returns how many. Raises ImportProblem, ValidationError."""
    made: list[int] = []
    _changed(move, actor, lambda plan: made.append(proposing.make(plan, columns, actor=actor)))
    return made[0]


def move_rehearse(*, move: Move, actor: Actor) -> None:
    """Hand a dry run of the whole move to the worker. Raises ImportProblem."""
    if not may_move(actor):
        raise PermissionDenied
    with transaction.atomic():
        locked = Move.objects.select_for_update().get(pk=move.pk)
        if locked.state != MoveState.DRAFT:
            raise ImportProblem(_("The move has begun already."))
        if locked.rehearsed.get("state") != "running":
            locked.rehearsed = {"state": "running", "done": 0}
            locked.save(update_fields=["rehearsed"])
            queue.enqueue(
                REHEARSE_TASK, move_id=move.pk, user_id=actor.user_id, lock=f"{REHEARSE_TASK}:{move.pk}"
            )
    move.refresh_from_db()


def move_start(*, move: Move, actor: Actor) -> None:
    """Hand the move to the worker: one that is planned, rests, or stopped by an error. Raises ImportProblem."""
    if not may_move(actor):
        raise PermissionDenied
    with transaction.atomic():
        locked = Move.objects.select_for_update().get(pk=move.pk)
        if locked.state not in (MoveState.DRAFT, MoveState.PAUSED, MoveState.FAILED):
            raise ImportProblem(_("The move is going on already, or has ended."))
        if not plan_from_json(locked.plan).carried_out():
            raise ImportProblem(_("No file is chosen."))
        locked.state, locked.message, locked.pause_requested = MoveState.WAITING, "", False
        locked.owner_id = locked.owner_id or actor.user_id
        locked.save(update_fields=["state", "message", "pause_requested", "owner"])
        queue.enqueue(CARRY_TASK, move_id=move.pk, user_id=actor.user_id, lock=f"{CARRY_TASK}:{move.pk}")
    move.refresh_from_db()


def move_pause(*, move: Move, actor: Actor) -> None:
    """Let a move rest after the chunk it is at. Raises ImportProblem."""
    if not may_move(actor):
        raise PermissionDenied
    with transaction.atomic():
        locked = Move.objects.select_for_update().get(pk=move.pk)
        if locked.state == MoveState.WAITING:
            locked.state = MoveState.PAUSED
        elif locked.state == MoveState.RUNNING:
            locked.pause_requested = True
            ImportRun.objects.filter(pk=_current(locked) or 0, state="running").update(pause_requested=True)
        else:
            raise ImportProblem(_("Only a move that is going on can be paused."))
        locked.save(update_fields=["state", "pause_requested"])
    move.refresh_from_db()


def _current(move: Move) -> int | None:
    steps = plan_from_json(move.plan).carried_out()
    return steps[move.place].run if move.place < len(steps) else None


def move_undo(*, move: Move, actor: Actor) -> None:
    """Hand the taking back of the whole move to the worker. Raises ImportProblem."""
    if not may_move(actor):
        raise PermissionDenied
    with transaction.atomic():
        locked = Move.objects.select_for_update().get(pk=move.pk)
        if locked.is_active or locked.state in (MoveState.DRAFT, MoveState.UNDONE):
            raise ImportProblem(_("Only a move that has ended or rests can be taken back."))
        locked.state = MoveState.UNDOING
        locked.save(update_fields=["state"])
        queue.enqueue(UNDO_TASK, move_id=move.pk, user_id=actor.user_id, lock=f"{CARRY_TASK}:{move.pk}")
    move.refresh_from_db()


def move_remove(*, move: Move, actor: Actor) -> None:
    """Forget a move and its files. What it brought in stays, and so do its imports. Raises ImportProblem."""
    if not may_move(actor):
        raise PermissionDenied
    with transaction.atomic():
        locked = Move.objects.select_for_update().get(pk=move.pk)
        if locked.is_active or locked.rehearsed.get("state") == "running":
            raise ImportProblem(_("The move is still going on. Pause it first."))
        plan = plan_from_json(locked.plan)
        locked.delete()
    for file in plan.files:
        if file.stored:
            Path(file.path).unlink(missing_ok=True)


def runs_of(move: Move) -> dict[int, ImportRun]:
    """The import runs of a move by id. One query."""
    ids = [step.run for step in plan_from_json(move.plan).steps if step.run]
    return {run.pk: run for run in ImportRun.objects.filter(pk__in=ids)}
