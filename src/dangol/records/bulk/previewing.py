"""What a bulk act would do: counted over all records, and tried on the first of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from dangol.identity.actors import Actor
from dangol.records import permissions
from dangol.records.bulk.acts import ORIGIN, Act, Refusal, Work
from dangol.records.bulk.selection import Selection
from dangol.records.fields import Field, Reference
from dangol.records.lists import records_at
from dangol.records.types import RecordType
from dangol.records.writing.context import sign

TRIED = 100
SHOWN = 8


@dataclass(frozen=True, slots=True)
class Example:
    """One record before and after: (field, old, new), values as `lists` returns them."""

    id: int
    title: Any
    changes: list[tuple[Field, Any, Any]]


@dataclass(frozen=True, slots=True)
class Preview:
    """`selected = changing + already + forbidden`, counted over all records when nobody writes meanwhile.

    Of the first `tried` that would change, `refused` would be turned away by a check that only writing makes (`reasons`
    with how often each). `snapshot` is the state of the database that was seen.
    """

    selected: int
    changing: int
    already: int
    forbidden: int
    tried: int
    refused: list[Refusal] = field(default_factory=list)
    reasons: list[tuple[Refusal, int]] = field(default_factory=list)
    examples: list[Example] = field(default_factory=list)
    snapshot: str = ""
    at: str = ""


def preview(
    *, record_type: RecordType, act: Act, settings: Any, selection: Selection, actor: Actor
) -> Preview:
    """Count over all, and carry the act out on the first records in a transaction that is rolled back.

    Three counts, one statement for the examples before and one after, and what the act costs.

    Raises:
        BulkProblem: the filter or the sort cannot be.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot()::text")
        snapshot = cursor.fetchone()[0]
    at = timezone.now().isoformat()
    rows = selection.rows(record_type, actor)
    selected = int(rows.order_by().count())
    reach = permissions.visible_q(actor, record_type, act.action)
    mine = rows if reach is True else rows.none() if reach is False else rows.filter(reach)
    editable = selected if reach is True else int(mine.order_by().count())
    same = act.already(mine, record_type, settings, actor).order_by().values("pk")
    already = int(same.count())
    ordered = selection.in_order(record_type, actor)
    if reach is not True:
        ordered = ordered.none() if reach is False else ordered.filter(reach)
    first = list(ordered.exclude(pk__in=same).values_list("pk", flat=True)[:TRIED])
    refused, examples = _tried(record_type, act, settings, selection, actor, first)
    times = Counter((one.code, one.field, str(one.reason)) for one in refused)
    reasons = []
    for one in refused:
        key = (one.code, one.field, str(one.reason))
        if key in times:
            reasons.append((one, times.pop(key)))
    return Preview(
        selected=selected,
        changing=editable - already,
        already=already,
        forbidden=selected - editable,
        tried=len(first),
        refused=refused,
        reasons=reasons,
        examples=examples,
        snapshot=snapshot,
        at=at,
    )


def _tried(
    record_type: RecordType,
    act: Act,
    settings: Any,
    selection: Selection,
    actor: Actor,
    first: Sequence[int],
) -> tuple[list[Refusal], list[Example]]:
    if not first:
        return [], []
    known = permissions.fields_for(actor, record_type)
    names = [name for name in act.shows(settings) if name in known]
    columns = [record_type.title, *(name for name in names if name != record_type.title)]

    def seen(deleted: bool) -> dict[int, dict[str, Any]]:
        return records_at(actor=actor, record_type=record_type, ids=first, columns=columns, deleted=deleted)

    before = seen(selection.in_bin)
    with transaction.atomic():
        trying = replace(actor, request_id="bulk-preview")
        sign(trying, ORIGIN)
        done = act.carry_out(Work(record_type, first, trying, settings))
        after = seen(deleted=False) if names else {}
        after |= _handed_away(record_type, names, [number for number in first if number not in after])
        transaction.set_rollback(True)
    examples = []
    turned_away = {one.id for one in done.refused}
    for number in first:
        old, new = before.get(number), after.get(number)
        if number in turned_away or old is None:
            continue
        changes = [
            (known[name], old[name], new[name])
            for name in names
            if new is not None and name in old and name in new and old[name] != new[name]
        ]
        examples.append(Example(number, old.get(record_type.title), changes))
        if len(examples) == SHOWN:
            break
    return done.refused, examples


def _handed_away(
    record_type: RecordType, names: Sequence[str], ids: Sequence[int]
) -> dict[int, dict[str, Any]]:
    """Whose records are that the act moves out of the actor's sight: only people, teams and territories. One query."""
    whose = [
        name
        for name in names
        if isinstance(field := record_type.fields[name], Reference) and field.target is None
    ]
    if not ids or not whose:
        return {}
    return records_at(actor=Actor.system("preview"), record_type=record_type, ids=ids, columns=whose)
