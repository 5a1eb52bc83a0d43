"""Background work for own fields."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from procrastinate.contrib.django import app

from dangol.events import queue
from dangol.identity import revisions
from dangol.identity.actors import Actor, actor_for
from dangol.records.own import indexing, removing
from dangol.records.own.services import INDEX_TASK, REMOVE_TASK


@app.task(name=INDEX_TASK, queue=queue.DEFAULT)
def index(*, field_id: int) -> None:
    """Build or drop the index of an own field."""
    revisions.look()
    indexing.settle(field_id)


@app.task(name=REMOVE_TASK, queue=queue.DEFAULT)
def remove(*, field_id: int, user_id: int | None) -> None:
    """Remove the values of a deleted own field."""
    revisions.look()
    user = get_user_model()._default_manager.filter(pk=user_id).first() if user_id else None
    removing.remove(field_id, actor_for(user) if user else Actor.system("fields"))
