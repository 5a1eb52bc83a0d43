"""The active rules as each process keeps them in memory, so that a write pays a look into a dictionary.

Kept fresh by `identity.revisions`: whoever loads an actor hears of another edition at no cost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, TextField
from django.db.models.functions import Cast

from dangol.automation.models import ApprovalRequest, ApprovalState, Rule
from dangol.identity import revisions

REVISION = "automation"
ANY = "*"


@dataclass(frozen=True, slots=True)
class Entry:
    """An active rule, as far as it takes to know whether something might set it off."""

    rule_id: int
    version_id: int
    record_type: str
    trigger: dict[str, Any]
    name: str

    @property
    def kind(self) -> str:
        return str(self.trigger.get("kind", ""))


@dataclass
class _Known:
    by_field: dict[tuple[str, str], list[Entry]] = field(default_factory=lambda: defaultdict(list))
    """(type, field) → rules that begin with a change of it; the field `*` stands for any."""
    by_kind: dict[tuple[str, str], list[Entry]] = field(default_factory=lambda: defaultdict(list))
    """(type, kind of trigger) → rules."""
    signals: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    approvals: frozenset[str] = frozenset()
    """The types with a rule that asks for approval."""
    locks: frozenset[str] = frozenset()
    """The types with a record that an approval locks, or with a rule that may do so."""


_known = _Known()


def read() -> None:
    """Read all active rules anew. Four queries; called by `revisions`."""
    global _known
    found = _Known()
    rows = Rule.objects.filter(is_active=True, deleted_at=None, current__isnull=False).order_by("order", "id")
    for pk, version, record_type, trigger, name in rows.values_list(
        "pk", "current_id", "record_type", "current__trigger", "name"
    ):
        entry = Entry(pk, version, record_type, trigger, name)
        found.by_kind[record_type, entry.kind].append(entry)
        if entry.kind == "changed":
            for name_ in trigger.get("fields") or [ANY]:
                found.by_field[record_type, name_].append(entry)
        elif entry.kind == "event":
            found.signals[trigger.get("event", "")].append(entry)
    asking = rows.annotate(told=Cast("current__steps", TextField())).filter(
        told__contains='"kind": "approval"'
    )
    found.approvals = frozenset(asking.order_by().values_list("record_type", flat=True))
    locking = asking.filter(Q(told__contains='"lock": "record"') | Q(told__contains='"lock": "fields"'))
    # Those too that ask by an earlier version of their rule.
    waiting = ApprovalRequest.objects.filter(state=ApprovalState.PENDING).exclude(lock="")
    found.locks = frozenset(locking.order_by().values_list("record_type", flat=True)) | frozenset(
        waiting.values_list("record_type", flat=True).distinct()
    )
    _known = found


def may_lock(record_type: str) -> bool:
    """Whether any record of the type may be locked by an approval. No query."""
    return record_type in _known.locks


def asks_for_approval(record_type: str = "") -> bool:
    """Whether any active rule (for records of this type) asks for approval. No query."""
    return record_type in _known.approvals if record_type else bool(_known.approvals)


def register() -> None:
    """Called once, while the project starts."""
    revisions.keep(REVISION, read)


def changed(record_type: str, names: Iterable[str]) -> list[Entry]:
    """The rules that a change of any of these fields may set off, in their order. No query."""
    found: dict[int, Entry] = {}
    by_field = _known.by_field
    for name in (*names, ANY):
        for entry in by_field.get((record_type, name), ()):
            found[entry.rule_id] = entry
    return list(found.values())


def is_watched(record_type: str, names: Iterable[str]) -> bool:
    """Whether a change of any of these fields may set a rule off: all that a write pays. No query."""
    by_field = _known.by_field
    return (record_type, ANY) in by_field or any((record_type, name) in by_field for name in names)


def of_kind(record_type: str, kind: str) -> list[Entry]:
    """The rules of a type that begin in this way. No query."""
    return _known.by_kind.get((record_type, kind), [])


def all_of_kind(kind: str) -> list[Entry]:
    """The rules of all types that begin in this way. No query."""
    return [entry for (_type, one), entries in _known.by_kind.items() if one == kind for entry in entries]


def for_signal(key: str) -> list[Entry]:
    """The rules that wait for a fact. No query."""
    return _known.signals.get(key, [])
