"""All that this room shows on a record's page, read in one statement."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import F, QuerySet
from django.utils import timezone

from dangol.customers.beside import Written, composed, once, subselect
from dangol.identity.actors import Actor
from dangol.interactions.models import Kind
from dangol.interactions.people import KeyPerson, people_of, people_query
from dangol.interactions.timeline.store import entries_query, page_of
from dangol.records import fieldrules, permissions, registry
from dangol.records.ports import TimelinePage
from dangol.records.types import RecordType

_NOTHING = "SELECT NULL WHERE false"
_DESK = """
SELECT (SELECT coalesce(json_agg(row_to_json(e)), '[]') FROM ({entries}) e),
       (SELECT count(*) FROM ({tasks}) t),
       (SELECT coalesce(json_agg(row_to_json(p)), '[]') FROM ({people}) p),
       (SELECT coalesce(json_agg(row_to_json(n)), '[]') FROM ({next_tasks}) n)
"""
NEXT_TASKS = 3


@dataclass(frozen=True)
class Desk:
    """The first page of the timeline; of a customer also its people, and how many tasks are open and which are next."""

    page: TimelinePage
    open_tasks: int = 0
    people: list[KeyPerson] = field(default_factory=list)
    next_tasks: list[dict[str, Any]] = field(default_factory=list)


def desk_of(*, actor: Actor, record_type: RecordType, record: Mapping[str, Any]) -> Desk:
    """The desk of the record that is being shown; one statement for all cards that ask."""
    return once(
        record, "desk", lambda: record_desk(actor=actor, record_type=record_type, record_id=record["id"])
    )


def record_desk(*, actor: Actor, record_type: RecordType, record_id: int) -> Desk:
    """Timeline, open tasks and people of a record, as far as the actor may see them. One statement.

    That the actor may see the record itself, the caller has checked.
    """
    now = timezone.now()
    statement, parameters = composed(
        actor,
        f"desk of {record_type.name}",
        lambda record, moment: _written(actor, record_type, record, moment),
        record_id=record_id,
        now=now,
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        entries, open_tasks, people, next_tasks = cursor.fetchone()
    return Desk(
        page_of(_list(entries), actor=actor),
        open_tasks,
        people_of(_list(people), actor=actor, now=now),
        [fieldrules.shown_row(actor, "interaction", task) for task in _list(next_tasks)],
    )


def _written(actor: Actor, record_type: RecordType, record_id: int, now: datetime) -> Written:
    """The statement of the desk for this actor."""
    parts: dict[str, str] = {}
    parameters: list[Any] = []
    is_customer = record_type.name == "customer"

    def tasks() -> QuerySet[Any, Any]:
        visible: QuerySet[Any, Any] = permissions.visible_to(actor, registry.get("interaction"))
        return visible.filter(customer_id=record_id, kind=Kind.TASK, done_at=None)

    reads: dict[str, Callable[[], QuerySet[Any, Any]]] = {
        "entries": lambda: entries_query(actor=actor, record_type=record_type, record_id=record_id),
        "tasks": lambda: tasks().values("id"),
        "people": lambda: people_query(actor=actor, customer_id=record_id, now=now),
        "next_tasks": lambda: (
            tasks()
            .annotate(who=F("owner__name"))
            .order_by(F("due_at").asc(nulls_last=True), "pk")
            .values("id", "subject", "body", "due_at", "who")[:NEXT_TASKS]
        ),
    }
    for name, rows in reads.items():
        parts[name] = _NOTHING
        if name == "entries" or is_customer:
            try:
                parts[name], more = subselect(rows())
            except EmptyResultSet:
                continue
            parameters += more
    return _DESK.format(**parts), parameters


def _list(value: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = orjson.loads(value) if isinstance(value, str | bytes) else value
    return found
