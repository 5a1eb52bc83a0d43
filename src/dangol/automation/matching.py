"""Which of the interested rules a chunk of records sets off: a few statements for all of them together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, Case, Q, Value, When

from dangol.automation import acting, triggers
from dangol.automation.definitions import Broken, program_of
from dangol.automation.index import Entry
from dangol.automation.models import OffReason, RuleVersion
from dangol.identity.actors import Actor
from dangol.records import filters, permissions
from dangol.records.arrays import one_of
from dangol.records.filters import EVERYTHING, Tree
from dangol.records.history import history_keys, value_of
from dangol.records.models import Change
from dangol.records.types import RecordType

AT_ONCE = 40
"""So many conditions stand in one statement."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A rule, and the records that may set it off: those its trigger is met by."""

    entry: Entry
    ids: Collection[int]


@dataclass(frozen=True, slots=True)
class Match:
    """A rule and the records for which its condition holds, for whom it acts."""

    entry: Entry
    version: RuleVersion
    ids: Sequence[int]


@dataclass(frozen=True, slots=True)
class Unfit:
    """A rule that cannot run, why, and in words."""

    entry: Entry
    reason: OffReason
    detail: str


def condition_q(actor: Actor, record_type: RecordType, tree: Tree) -> Q:
    """The condition as the ORM writes it, as the actor sees the records. No query."""
    if tree == EVERYTHING:
        return Q()
    return filters.compile(
        tree,
        record_type,
        actor=actor,
        visible=permissions.visible_callback(actor),
        revealed=permissions.revealed_callback(actor),
    )


def flag(condition: Q) -> Case:
    """A column that says whether a condition holds."""
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())


def holding(actor: Actor, record_type: RecordType, tree: Tree, ids: Iterable[int]) -> set[int]:
    """Those of the records that are there for the actor and meet the condition. One query."""
    rows = permissions.visible_to(actor, record_type).filter(pk__in=one_of(ids, "bigint"))
    return set(rows.filter(condition_q(actor, record_type, tree)).values_list("pk", flat=True))


def evaluated(
    record_type: RecordType, candidates: Sequence[Candidate], *, deleted: bool = False
) -> tuple[list[Match], list[Unfit]]:
    """For each rule the records that meet its condition, in the order of the rules; and the rules that cannot run.

    One query for the versions, one for each author, and one for every 40 rules.
    """
    versions = (
        RuleVersion.objects.select_related("rule", "author")
        .filter(pk__in=[one.entry.version_id for one in candidates])
        .in_bulk()
    )
    actors: dict[int, Actor | None] = {}
    ready: list[tuple[Candidate, RuleVersion, Q | bool]] = []
    unfit: list[Unfit] = []
    for one in candidates:
        version = versions.get(one.entry.version_id)
        if version is None or not one.ids:
            continue
        if version.author_id not in actors:
            actors[version.author_id] = acting.actor_of(version, record_type.name)
        actor = actors[version.author_id]
        if actor is None:
            unfit.append(Unfit(one.entry, OffReason.AUTHOR, version.author.name))
            continue
        try:
            program = program_of(version, record_type.name)
        except Broken as broken:
            unfit.append(Unfit(one.entry, OffReason.BROKEN, str(broken)))
            continue
        seen = permissions.visible_q(actor, record_type)
        if seen is False:
            continue
        condition = condition_q(actor, record_type, program.condition)
        if isinstance(seen, Q):
            condition = seen & condition
        ready.append((one, version, condition or True))
    return list(_asked(record_type, ready, deleted)), unfit


def _asked(
    record_type: RecordType, ready: Sequence[tuple[Candidate, RuleVersion, Q | bool]], deleted: bool
) -> Iterable[Match]:
    for start in range(0, len(ready), AT_ONCE):
        part = ready[start : start + AT_ONCE]
        wanted = sorted({record_id for one, _version, _q in part for record_id in one.ids})
        rows = record_type.model._default_manager.filter(
            pk__in=one_of(wanted, "bigint"), deleted_at__isnull=not deleted
        ).order_by()
        flags = {f"_c{place}": flag(q) for place, (_one, _v, q) in enumerate(part) if isinstance(q, Q)}
        names = list(flags)
        held: dict[str, set[int]] = defaultdict(set)
        alive: set[int] = set()
        for record_id, *values in rows.annotate(**flags).values_list("pk", *names):
            alive.add(record_id)
            for name, value in zip(names, values, strict=True):
                if value:
                    held[name].add(record_id)
        for place, (one, version, _q) in enumerate(part):
            meets = held[f"_c{place}"] if f"_c{place}" in flags else alive
            ids = sorted(meets & set(one.ids))
            if ids:
                yield Match(one.entry, version, ids)


# what changed

Raw = Mapping[str, tuple[Any, Any]]
"""Field → what history kept of it, before and after."""


def changes_of(record_type: RecordType, ids: Collection[int], transaction: int) -> Mapping[int, Raw]:
    """What a transaction changed in these records, by field. One query."""
    rows = Change.objects.filter(
        table=record_type.table.name,
        record_id__in=one_of(ids, "bigint"),
        changed_in=transaction,
        action="update",
    )
    keys = history_keys(record_type, record_type.editable_fields)
    found: dict[int, dict[str, tuple[Any, Any]]] = {}
    for record_id, changes in rows.order_by("id").values_list("record_id", "changes"):
        known = found.setdefault(record_id, {})
        for key, (before, after) in changes.items():
            name = keys.get(key)
            if name is not None:
                known[name] = (known[name][0] if name in known else before, after)
    return found


def plain_changes(record_type: RecordType, trigger: Mapping[str, Any], raw: Raw) -> triggers.Changes:
    """The changes as triggers compare them; values are read only where the trigger names any."""
    if "from" not in trigger and "to" not in trigger:
        return raw
    name = trigger["fields"][0]
    if name not in raw:
        return {}
    field = record_type.fields[name]
    before, after = (triggers.plain(field, value_of(field, value, {})) for value in raw[name])
    return {name: (before, after)}


def met(record_type: RecordType, entries: Sequence[Entry], changes: Mapping[int, Raw]) -> list[Candidate]:
    """The rules of the kind "changed", each with the records whose changes its trigger waits for. No query."""
    found = []
    for entry in entries:
        if any(name not in record_type.fields for name in entry.trigger.get("fields", ())):
            ids: list[int] = list(changes)  # the definition is broken, which is told when it is read
        else:
            ids = [
                record_id
                for record_id, raw in changes.items()
                if triggers.is_met(entry.trigger, plain_changes(record_type, entry.trigger, raw))
            ]
        if ids:
            found.append(Candidate(entry, ids))
    return found
