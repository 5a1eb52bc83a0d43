"""The life of a bulk act: planned, started, cancelled, taken back – and who may see it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from dangol.events import queue
from dangol.identity.actors import Actor, may_administer
from dangol.records import registry
from dangol.records.bulk import engine, undoing
from dangol.records.bulk.acts import Act
from dangol.records.bulk.errors import BulkProblem
from dangol.records.bulk.previewing import Preview
from dangol.records.bulk.selection import Selection
from dangol.records.models import BulkRun, BulkState, UndoState
from dangol.records.types import RecordType

RUN_TASK = "dangol.records.bulk.run"
UNDO_TASK = "dangol.records.bulk.undo"
AT_ONCE = 50
"""So many records at most are dealt with while the page waits; more go into the background."""
CHUNK_ROWS = 2_000


@dataclass(frozen=True, slots=True)
class Plan:
    """An act that was previewed: what is confirmed is what is done, once. `key` becomes the key of the run."""

    record_type: RecordType
    act: str
    settings: dict[str, Any]
    selection: Selection
    selected: int
    snapshot: str
    at: str
    key: str

    def to_json(self) -> dict[str, Any]:
        """To be signed, for the page to send back."""
        return {
            "act": self.act,
            "settings": self.settings,
            "selection": self.selection.to_json(),
            "selected": self.selected,
            "snapshot": self.snapshot,
            "at": self.at,
            "key": self.key,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any], record_type: RecordType) -> Plan:
        """As it was signed."""
        return cls(
            record_type,
            data["act"],
            data["settings"],
            Selection.from_json(data["selection"]),
            data["selected"],
            data["snapshot"],
            data["at"],
            data["key"],
        )


def plan_of(
    record_type: RecordType, act: Act, raw: dict[str, Any], selection: Selection, seen: Preview
) -> Plan:
    """The plan that a preview showed."""
    return Plan(
        record_type, act.name, raw, selection, seen.selected, seen.snapshot, seen.at, str(uuid.uuid4())
    )


def runs_visible_to(actor: Actor) -> QuerySet[BulkRun]:
    """An actor's own acts, and those of people whose records of the type the actor sees all; every one for administrators.

    So the address of a result can be handed to a colleague: the list of refused records shows each reader what that reader
    may see. Lazy.
    """
    if may_administer(actor):
        return BulkRun.objects.all()
    if actor.user_id is None:
        return BulkRun.objects.none()
    mine = Q(owner_id=actor.user_id)
    for record_type in registry.all_types():
        scopes = actor.scopes(record_type.name, "view")
        if record_type.scope.administered or not scopes:
            continue
        if "all" in scopes:
            mine |= Q(record_type=record_type.name)
        elif "team" in scopes and actor.team_ids and not record_type.scope.open:
            mine |= Q(record_type=record_type.name, owner__team_id__in=sorted(actor.team_ids))
    return BulkRun.objects.filter(mine)


def run_create(plan: Plan, *, actor: Actor, origin: str = "page", chunk_rows: int = 0) -> BulkRun:
    """Note an act down; it waits. Raises BulkProblem when the actor may not, or the settings make no sense."""
    run = BulkRun(
        key=uuid.UUID(plan.key),
        owner_id=actor.user_id,
        record_type=plan.record_type.name,
        act=plan.act,
        settings=plan.settings,
        selection=plan.selection.to_json(),
        origin=origin,
        language=actor.language,
        snapshot=plan.snapshot,
        previewed_at=datetime.fromisoformat(plan.at),
        selected=plan.selected,
        chunk_rows=chunk_rows or CHUNK_ROWS,
    )
    _type, act, _settings = engine.act_of(run, actor)
    run.record_types = [plan.record_type.name, *act.changes_types]
    run.save()
    return run


def run_start(plan: Plan, *, actor: Actor, origin: str = "page", wait: bool = True) -> BulkRun:
    """Carry a plan out: at once when it is short, else in the background. Sent twice, it is done once.

    Args:
        wait: whether the caller waits for a short one.

    Raises:
        BulkProblem: the actor may not, or the act makes no sense.
    """
    short = wait and plan.selected <= AT_ONCE
    try:
        with transaction.atomic():
            run = run_create(plan, actor=actor, origin=origin)
            if not short:
                enqueue(run)
    except IntegrityError:
        # The key is there: the same plan was sent before. Adding 7 days once was what was meant.
        return BulkRun.objects.get(key=plan.key, owner_id=actor.user_id)
    return engine.run(run, actor) if short else run


def enqueue(run: BulkRun) -> None:
    """Put the job on the queue, in the transaction that makes the run wait."""
    queue.enqueue(RUN_TASK, run_id=run.pk, lock=f"{RUN_TASK}:{run.pk}")


def run_cancel(*, run: BulkRun, actor: Actor) -> None:
    """Stop after the chunk that is being written; what is changed stays, and can be undone. Raises BulkProblem."""
    require_own(run, actor)
    with transaction.atomic():
        locked = BulkRun.objects.select_for_update().get(pk=run.pk)
        if locked.state == BulkState.WAITING:
            locked.state = BulkState.CANCELLED
        elif locked.state == BulkState.RUNNING:
            locked.cancel_requested = True
        locked.save(update_fields=["state", "cancel_requested"])
    run.refresh_from_db()


def run_resume(*, run: BulkRun, actor: Actor) -> None:
    """Let a run that stopped by an error go on behind its last chunk. Raises BulkProblem."""
    require_own(run, actor)
    engine.act_of(run, actor)
    with transaction.atomic():
        resumed = BulkRun.objects.filter(pk=run.pk, state=BulkState.FAILED).update(
            state=BulkState.WAITING, message="", finished_at=None
        )
        if resumed:
            enqueue(run)
    run.refresh_from_db()


def run_undo(*, run: BulkRun, actor: Actor, wait: bool = True) -> None:
    """Take an act back: at once when it was short, else in the background. Raises BulkProblem."""
    with transaction.atomic():
        locked = BulkRun.objects.select_for_update().get(pk=run.pk)
        undoing.require_undoable(locked, actor)
        short = wait and locked.changed <= AT_ONCE
        locked.undo = UndoState.RUNNING
        locked.undone = {**locked.undone, "share": locked.undone.get("share", 0)}
        locked.save(update_fields=["undo", "undone"])
        if not short:
            queue.enqueue(UNDO_TASK, run_id=run.pk, user_id=actor.user_id, lock=f"{RUN_TASK}:{run.pk}")
    if short:
        undoing.undo(locked, actor)
    run.refresh_from_db()


def may_handle(run: BulkRun, actor: Actor) -> bool:
    """Whether this is somebody who may stop the act or take it back: whose it is, or an administrator."""
    return may_administer(actor) or (actor.user_id is not None and run.owner_id == actor.user_id)


def require_own(run: BulkRun, actor: Actor) -> None:
    """Raise BulkProblem for anybody else."""
    if not may_handle(run, actor):
        raise BulkProblem(_("Only who started it, or an administrator, can do this."), code="forbidden")
