"""What open pages are told: short hints by NOTIFY, after the commit, with ids and never contents.

A hint is no delivery. It may be lost (a database that restarts, a process that dies between commit and hint), so whoever
listens compares what it shows with the database when it comes back. Facts that must not be lost go through the outbox.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import orjson
import structlog
from django.db import connection, transaction

from dangol.events.registry import Event

log = structlog.get_logger(__name__)

CHANNEL = "dangol_live"
LONGEST = 7_900  # bytes; PostgreSQL takes 8,000
MOST_IDS = 500

Changed = Callable[[Any], tuple[str, Sequence[int]]]
_carried: dict[str, Changed] = {}


def carry(event_class: type[Event], changed: Changed) -> None:
    """Let open pages know of facts of this kind, from the moment their transaction is committed.

    Args:
        event_class: the fact.
        changed: gives the record type and the ids that pages may be showing; no ids, no hint.
    """
    _carried[event_class.name] = changed


def carry_event(event: Event, *, by: int | None) -> None:
    """Tell of an announced fact once its transaction is committed, when it is one that pages want to know of."""
    changed = _carried.get(event.name)
    if changed is None:
        return
    record_type, ids = changed(event)
    if ids:
        tell("changed", ids, record_type=record_type, by=by)


def tell(kind: str, ids: Iterable[int], *, record_type: str = "", by: int | None = None) -> None:
    """Send a hint after the commit of the caller's transaction, at once outside of one. One short statement.

    It runs in a transaction of its own: PostgreSQL lets transactions that notify commit one by one, and ours would
    hold that line while their rows are written to disk.

    Args:
        kind: changed, present, or user.
        ids: of the records, or for `user` of the people.
        record_type: whose ids they are.
        by: who did it.
    """
    known = sorted(set(ids))
    message: dict[str, Any] = {"kind": kind, "type": record_type, "ids": known, "by": by}
    text = orjson.dumps(message)
    if len(known) > MOST_IDS or len(text) > LONGEST:
        text = orjson.dumps({**message, "ids": None})  # too many to name: any of that type
    transaction.on_commit(lambda: _send(text.decode()), robust=True)


def _send(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, text])
