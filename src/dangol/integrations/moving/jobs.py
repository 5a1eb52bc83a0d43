"""Moves in the background."""

from __future__ import annotations

import structlog
from django.contrib.auth import get_user_model
from procrastinate.contrib.django import app

from dangol.events import queue
from dangol.identity import revisions
from dangol.identity.actors import Actor, actor_for
from dangol.integrations.models import Move, MoveState
from dangol.integrations.moving import carrying
from dangol.integrations.moving.services import CARRY_TASK, REHEARSE_TASK, UNDO_TASK
from dangol.records.importing.errors import ImportProblem, RunBusy

log = structlog.get_logger(__name__)


@app.task(name=CARRY_TASK, queue=queue.DEFAULT)
def carry(*, move_id: int, user_id: int | None) -> None:
    """Carry a move out. A job whose worker died goes on where it stopped."""
    move = Move.objects.filter(pk=move_id, state__in=[MoveState.WAITING, MoveState.RUNNING]).first()
    if move is None:
        log.info("move_gone", move=move_id)
        return
    try:
        carrying.carry_out(move, _actor(user_id))
    except RunBusy:
        log.info("move_busy", move=move_id)
    except ImportProblem as problem:
        # The move carries the message; there is nothing a retry could better.
        log.warning("move_refused", move=move_id, why=str(problem))
    except Exception as error:
        Move.objects.filter(pk=move_id).update(state=MoveState.FAILED, message=repr(error)[:500])
        raise


@app.task(name=REHEARSE_TASK, queue=queue.DEFAULT)
def rehearse(*, move_id: int, user_id: int | None) -> None:
    """Try a whole move without writing anything; a job whose worker died begins anew."""
    move = Move.objects.filter(pk=move_id, state=MoveState.DRAFT).first()
    if move is not None:
        carrying.rehearse(move, _actor(user_id))


@app.task(name=UNDO_TASK, queue=queue.DEFAULT)
def undo(*, move_id: int, user_id: int | None) -> None:
    """Take a move back. A job whose worker died goes on with what is left."""
    move = Move.objects.filter(pk=move_id, state=MoveState.UNDOING).first()
    if move is None:
        return
    try:
        carrying.take_back(move, _actor(user_id))
    except RunBusy:
        log.info("move_busy", move=move_id)
    except Exception as error:
        Move.objects.filter(pk=move_id).update(state=MoveState.FAILED, message=repr(error)[:500])
        raise


def _actor(user_id: int | None) -> Actor:
    """Whoever asked, with the rights of today."""
    if user_id is None:
        revisions.look()
        return Actor.system("move")
    return actor_for(get_user_model()._default_manager.get(pk=user_id))
