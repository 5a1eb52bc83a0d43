"""Background work for own fields."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from procrastinate.contrib.django import app

from dangol.events import queue
from dangol.identity import revisions
from dangol.identity.actors import Actor, actor_for
from dangol.records.own import indexing, removing, roll_checks, rolling
from dangol.records.own.computing import ROLL_UP_TASK
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


@app.task(name=ROLL_UP_TASK, queue=queue.DEFAULT)
def roll_up(*, field_id: int) -> None:
    """Compute all values of a roll-up, and have them kept from now on; or no longer."""
    revisions.look()
    rolling.settle(field_id)


@app.periodic(cron="1 * * * *")
@app.task(
    name="dangol.records.own.follow_the_day", queue=queue.DEFAULT, queueing_lock="dangol.records.own.follow_the_day"
)  # fmt: skip
def follow_the_day(timestamp: int) -> None:
    """Each hour: after the company's midnight, roll-ups whose filter speaks of today are computed anew."""
    revisions.look()
    roll_checks.follow_the_day()


# Cron times are UTC: a quarter past four at night in Seoul.
@app.periodic(cron="15 19 * * *")
@app.task(
    name="dangol.records.own.check_roll_ups",
    queue=queue.DEFAULT,
    queueing_lock="dangol.records.own.check_roll_ups",
)
def check_roll_ups(timestamp: int) -> None:
    """Each night: roll-ups are compared with a computation from scratch."""
    revisions.look()
    roll_checks.check_all()
