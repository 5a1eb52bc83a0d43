"""A list as a board: a lane for each value of a choice, cards by keyset, counts that keep nobody waiting."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import OperationalError, connection, transaction

from dangol.identity.actors import Actor
from dangol.records.fields import Boolean, Choice, Field
from dangol.records.filters.tree import EVERYTHING, And, Compare, Tree
from dangol.records.groups import summable
from dangol.records.lists import Page, record_list
from dangol.records.patience import CANCELLED
from dangol.records.types import RecordType

CARDS = 20
PATIENCE_MS = 80
"""For all lanes of a page together; lanes that are not read by then come by themselves afterwards."""
LANE_PATIENCE_MS = 40
"""For one lane. A lane with nothing in it is the slow one, where no index says so; it must not keep the others."""
MOST_LANES = 40


@dataclass(frozen=True, slots=True)
class Lane:
    """One value of the board's field; `value` None for records without one. `page` is None where it is not read yet."""

    key: str
    value: Any
    tree: Tree
    page: Page | None = None


def boardable(field: Field) -> bool:
    """Whether the field makes a board."""
    return isinstance(field, (Choice, Boolean)) and field.sortable and bool(field.operators)


def board_field(record_type: RecordType, known: dict[str, Field], asked: str) -> Field | None:
    """The field that makes the lanes: the one asked for, the declared one, else the list's first choice; None: none can."""
    declared = record_type.board.column if record_type.board else ""
    for name in (asked, declared):
        if name in known and boardable(known[name]):
            return known[name]
    first = (known[name] for name in (*record_type.list_fields, *known) if name in known)
    boards = [field for field in first if boardable(field)]
    return next((field for field in boards if isinstance(field, Choice)), boards[0] if boards else None)


def total_field(record_type: RecordType, known: dict[str, Field], asked: str) -> Field | None:
    """The numeric field that lanes are summed by; None for counts alone."""
    declared = record_type.board.total if record_type.board else ""
    field = known.get(asked or declared)
    return field if field is not None and summable(field) else None


def lanes_of(field: Field) -> list[Lane]:
    """The lanes of a field, in the order of its choices; last, where there may be such, those without a value."""
    lanes = []
    if isinstance(field, Choice):
        lanes = [Lane(code, code, Compare((field.name,), "=", code)) for code in field.codes()[:MOST_LANES]]
    elif isinstance(field, Boolean):
        lanes = [
            Lane(key, value, Compare((field.name,), "=", value))
            for key, value in (("true", True), ("false", False))
        ]
    if field.nullable or (isinstance(field, Choice) and not field.required):
        lanes.append(Lane("", None, Compare((field.name,), "is empty")))
    return lanes


def lane_read(
    *,
    actor: Actor,
    record_type: RecordType,
    tree: Tree | None,
    lane: Lane,
    columns: Sequence[str],
    sort: Sequence[str],
    after: str | None = None,
) -> Lane:
    """The lane with its first cards, or those behind the cursor `after`. One query. Raises ListError."""
    page = record_list(
        actor=actor,
        record_type=record_type,
        tree=And.of(tree or EVERYTHING, lane.tree),
        sort=sort,
        limit=CARDS,
        after=after,
        columns=columns,
    )
    return Lane(lane.key, lane.value, lane.tree, page)


def board_read(
    *,
    actor: Actor,
    record_type: RecordType,
    tree: Tree | None,
    lanes: Sequence[Lane],
    columns: Sequence[str],
    sort: Sequence[str],
) -> list[Lane]:
    """The lanes with their first cards. A query each; those that would make the page wait come back unread.

    A lane of few cards among very many records costs a look at all of them where no index helps.
    """
    read: dict[str, Lane] = {}
    waiting = list(lanes)
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while waiting and time.monotonic() < deadline:
        with _hurried():
            while waiting and time.monotonic() < deadline:
                lane = waiting.pop(0)
                read[lane.key] = lane_read(
                    actor=actor, record_type=record_type, tree=tree, lane=lane, columns=columns, sort=sort
                )
    return [read.get(lane.key, lane) for lane in lanes]


@contextmanager
def _hurried() -> Iterator[None]:
    """Statements inside may take so long each; the one that takes longer ends the block."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(LANE_PATIENCE_MS)])
            yield
            cursor.execute("SELECT set_config('statement_timeout', '0', true)")
    except OperationalError as problem:
        if getattr(problem.__cause__, "sqlstate", "") != CANCELLED:
            raise
