"""Trying a rule out on a record as it is: what would happen, and nothing does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from dangol.automation import matching, ports, triggers
from dangol.automation.definitions import Definition
from dangol.automation.models import RuleVersion
from dangol.automation.ports import Batch
from dangol.identity.actors import Actor
from dangol.records import filters, permissions
from dangol.records.bulk.acts import locale_of
from dangol.records.fields import FieldError
from dangol.records.filters import EVERYTHING, And, Tree
from dangol.records.history import history_keys
from dangol.records.lists import record_get
from dangol.records.models import Change
from dangol.records.types import RecordType

LOOK_BACK = timedelta(days=30)
MOST_FACTS = 5_000
SHOWN_CHANGES = 10


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the condition, and whether the record meets it."""

    text: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Tried:
    """One step: what it would do. `skipped` for those that would not be reached."""

    icon: str
    label: str
    says: str
    skipped: bool = False
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Past:
    """How often it would have begun in the last 30 days: `facts`, of them `fitting` about records that meet the condition now.

    None where that cannot be told. Not `exact`: at least so many.
    """

    facts: int | None
    fitting: int = 0
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Trial:
    """What would happen to the record."""

    title: str
    changes: Sequence[tuple[datetime, bool]]
    parts: Sequence[Part]
    holds: bool
    steps: Sequence[Tried]
    past: Past


def try_out(
    *,
    actor: Actor,
    record_type: RecordType,
    definition: Definition | RuleVersion,
    record_id: int,
    rule_id: int = 0,
) -> Trial | None:
    """Ask of a record what a rule would do with it, by the rights of the actor; None where there is no such record.

    Writes nothing: turns are looked at and not taken, calls are not made. About a query for each step and five others.
    """
    record = record_get(
        actor=actor, record_type=record_type, record_id=record_id, columns=[record_type.title]
    )
    if record is None:
        return None
    tree = filters.from_json(definition.condition or {"and": []}, record_type)
    parts = _parts(actor, record_type, tree, record_id)
    steps: list[Tried] = []
    _walk(actor, record_type, definition.steps, record_id, rule_id, steps, going=True, depth=0)
    return Trial(
        title=record_type.title_field.text(record[record_type.title], locale_of(actor)) or f"#{record_id}",
        changes=_changes(record_type, definition.trigger, record_id),
        parts=parts,
        holds=all(part.holds for part in parts),
        steps=steps,
        past=past(actor, record_type, definition),
    )


def _parts(actor: Actor, record_type: RecordType, tree: Tree, record_id: int) -> list[Part]:
    """Each member of the condition, true or false. One query."""
    if tree == EVERYTHING:
        return []
    members = tree.nodes if isinstance(tree, And) else (tree,)
    words = [
        chip.label_text
        for chip in filters.to_chips(tree, record_type, actor=actor, titles=triggers.titles_for(actor))
    ]
    flags = {
        f"_c{place}": matching.flag(matching.condition_q(actor, record_type, member))
        for place, member in enumerate(members)
    }
    rows = permissions.visible_to(actor, record_type).filter(pk=record_id).annotate(**flags)
    held = rows.values_list(*flags).get()
    return [Part(text, bool(value)) for text, value in zip(words, held, strict=True)]


def _walk(
    actor: Actor,
    record_type: RecordType,
    steps: Sequence[Mapping[str, Any]],
    record_id: int,
    rule_id: int,
    into: list[Tried],
    *,
    going: bool,
    depth: int,
) -> bool:
    """The steps in their order, those not reached marked. Returns whether it goes on behind them."""
    for step in steps:
        kind = ports.step_kind(str(step["kind"]))
        if kind is None:
            continue
        settings = step.get("settings") or {}
        if not going:
            into.append(
                Tried(kind.icon, str(kind.label), kind.says(record_type, settings, actor), True, depth)
            )
        else:
            batch = Batch(rule_id, str(step["id"]), record_type, [record_id], actor, settings, timezone.now())
            try:
                said = kind.preview(batch).get(record_id, "")
            except FieldError as problem:
                said = str(problem.message)
            into.append(Tried(kind.icon, str(kind.label), said, False, depth))
            if kind.kind == "stop":
                going = False
        if kind.decided is not None:
            _both(actor, record_type, step, record_id, rule_id, into, depth)
        elif kind.kind == "branch":
            tree = filters.from_json(settings["condition"], record_type)
            met = going and record_id in matching.holding(actor, record_type, tree, [record_id])
            arms = (("then", going and met), ("else", going and not met))
            left = [
                _walk(
                    actor,
                    record_type,
                    step.get(arm) or [],
                    record_id,
                    rule_id,
                    into,
                    going=taken,
                    depth=depth + 1,
                )
                for arm, taken in arms
            ]
            going = any(left[place] for place, (_arm, taken) in enumerate(arms) if taken)
    return going


def _both(
    actor: Actor,
    record_type: RecordType,
    step: Mapping[str, Any],
    record_id: int,
    rule_id: int,
    into: list[Tried],
    depth: int,
) -> None:
    """Both ways behind a decision that is still to come; the first as if it were taken."""
    for arm, going in (("then", True), ("else", False)):
        _walk(actor, record_type, step.get(arm) or [], record_id, rule_id, into, going=going, depth=depth + 1)


def _changes(
    record_type: RecordType, trigger: Mapping[str, Any], record_id: int
) -> list[tuple[datetime, bool]]:
    """The record's last changes: when, and whether the rule would have begun. One query; none for other triggers."""
    if trigger.get("kind") != triggers.CHANGED:
        return []
    rows = Change.objects.filter(table=record_type.table.name, record_id=record_id, action="update")
    found = rows.order_by("-id").values_list("at", "changes")[:SHOWN_CHANGES]
    return [(at, _met(record_type, trigger, changes)) for at, changes in found]


def _met(record_type: RecordType, trigger: Mapping[str, Any], changes: Mapping[str, Any]) -> bool:
    keys = history_keys(record_type, record_type.editable_fields)
    raw = {keys[key]: (both[0], both[1]) for key, both in changes.items() if key in keys}
    return triggers.is_met(trigger, matching.plain_changes(record_type, trigger, raw))


def past(actor: Actor, record_type: RecordType, definition: Definition | RuleVersion) -> Past:
    """How often the rule would have begun in the last 30 days, imports left out. Two queries."""
    since = timezone.now() - LOOK_BACK
    kind = definition.trigger.get("kind")
    table = record_type.table.name
    if kind == triggers.CREATED:
        rows = permissions.visible_to(actor, record_type).filter(created_at__gt=since).order_by("-pk")
        ids = list(rows.values_list("pk", flat=True)[: MOST_FACTS + 1])
    elif kind in (triggers.CHANGED, triggers.DELETED):
        changes = Change.objects.filter(table=table, at__gt=since, action="update").exclude(origin="import")
        found = list(changes.order_by("-id").values_list("record_id", "changes")[: MOST_FACTS + 1])
        if kind == triggers.CHANGED:
            ids = [number for number, what in found if _met(record_type, definition.trigger, what)]
        else:
            return Past(sum(1 for _n, what in found if (what.get("deleted_at") or [None, None])[1]))
    else:
        return Past(None)
    tree = filters.from_json(definition.condition or {"and": []}, record_type)
    meeting = matching.holding(actor, record_type, tree, set(ids)) if ids else set()
    return Past(
        min(len(ids), MOST_FACTS), sum(1 for number in ids if number in meeting), len(ids) <= MOST_FACTS
    )
