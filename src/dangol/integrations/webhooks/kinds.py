"""What can be told: facts of the rooms below, as names that outsiders understand: `<record type>.<act>`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from dangol.events.outbox import Event
from dangol.interactions.events import Commented, TaskCompleted, TaskReopened
from dangol.records import registry
from dangol.records.events import (
    FilesAttached,
    FilesRemoved,
    RecordsAssigned,
    RecordsDeleted,
    RecordsPurged,
    RecordsRestored,
    RecordsWritten,
)
from dangol.records.fields.base import Label
from dangol.records.merging import listing
from dangol.records.merging.events import RecordsMerged, RecordsUnmerged

Found = Iterable[tuple[str, Sequence[int]]]
"""Record type and ids."""


@dataclass(frozen=True)
class Kind:
    """A fact that endpoints can be told of.

    Args:
        act: the second half of the name, such as `created`.
        label: what people read.
        event_class: the fact.
        found: the records it is about, by type; those of a type nobody asked for are left out.
        only: the one record type it can be about; "" for any.
        gone: where the records are afterwards: "" alive, `bin`, `merged` into others, or `purged` for good.
    """

    act: str
    label: Label
    event_class: type[Event]
    found: Callable[[Any], Found]
    only: str = ""
    gone: str = ""


_kinds: list[Kind] = [
    Kind("created", _("Newly made"), RecordsWritten, lambda fact: [(fact.record_type, fact.created)]),
    Kind("updated", _("Something changed"), RecordsWritten, lambda fact: [(fact.record_type, fact.updated)]),
    Kind("assigned", _("Assigned"), RecordsAssigned, lambda fact: [(fact.record_type, fact.ids)]),
    Kind("deleted", _("Deleted"), RecordsDeleted, lambda fact: [(fact.record_type, fact.ids)], gone="bin"),
    Kind("restored", _("Restored"), RecordsRestored, lambda fact: [(fact.record_type, fact.ids)]),
    Kind(
        "purged",
        _("Removed for good"),
        RecordsPurged,
        lambda fact: [(fact.record_type, fact.ids)],
        gone="purged",
    ),
    Kind(
        "merged",
        _("Merged"),
        RecordsMerged,
        lambda fact: listing.gone_by(fact.merge),
        gone="merged",
    ),
    Kind("unmerged", _("Merge undone"), RecordsUnmerged, lambda fact: listing.back_by(fact.merge)),
    Kind("commented", _("Commented"), Commented, lambda fact: [(fact.record_type, [fact.record_id])]),
    Kind(
        "file_attached",
        _("File attached"),
        FilesAttached,
        lambda fact: [(fact.record_type, [fact.record_id])],
    ),
    Kind(
        "file_removed", _("File removed"), FilesRemoved, lambda fact: [(fact.record_type, [fact.record_id])]
    ),
    Kind(
        "task_completed",
        _("Task done"),
        TaskCompleted,
        lambda fact: [("interaction", [fact.interaction_id])],
        only="interaction",
    ),
    Kind(
        "task_reopened",
        _("Task reopened"),
        TaskReopened,
        lambda fact: [("interaction", [fact.interaction_id])],
        only="interaction",
    ),
]


def add(kind: Kind) -> None:
    """Make a fact known; `handlers.contribute` also listens to it."""
    _kinds.append(kind)


def all_kinds() -> list[Kind]:
    """Every fact that can be told, in the order in which they are shown."""
    return list(_kinds)


def of_event(event_class: type[Event]) -> list[Kind]:
    """What can be told of a fact."""
    return [kind for kind in _kinds if kind.event_class is event_class]


def named(event: str) -> Kind | None:
    """The kind behind a name such as `customer.created`, whatever the record type."""
    act = event.rpartition(".")[2]
    return next((kind for kind in _kinds if kind.act == act), None)


def names() -> list[str]:
    """Every name there is now, own objects included."""
    return [
        f"{record_type.name}.{kind.act}"
        for record_type in registry.all_types()
        for kind in _kinds
        if kind.only in ("", record_type.name)
    ]
