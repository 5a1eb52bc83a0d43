"""What can be done to many records at once: the built-in acts, and those that rooms contribute."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from dangol.identity.actors import Actor
from dangol.records import fieldrules, permissions
from dangol.records.fields.base import Label, Locale
from dangol.records.fields.masks import Masked
from dangol.records.types import RecordType

ORIGIN = "bulk"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one record stays as it is; `field` and `value` where one is to blame. `record_type` for one of another type."""

    id: int
    code: str
    reason: Label
    field: str = ""
    value: str = ""
    record_type: str = ""


@dataclass(frozen=True, slots=True)
class Work:
    """What an act is to do with one chunk, in the caller's transaction.

    `actor` carries the request id of the run, under which history keeps what is changed: write in this name and with
    the origin `bulk`. `settings` are as `Act.read` returned them.
    """

    record_type: RecordType
    ids: Sequence[int]
    actor: Actor
    settings: Any
    snapshot: str = ""


@dataclass(slots=True)
class Done:
    """What became of a chunk. Ids that are neither refused nor unchanged were changed.

    `updated`, `deleted` and `restored` hold ids by record type – also of other types – so that it can be taken back.
    """

    updated: dict[str, list[int]] = field(default_factory=dict)
    deleted: dict[str, list[int]] = field(default_factory=dict)
    restored: dict[str, list[int]] = field(default_factory=dict)
    unchanged: list[int] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)

    def add(self, other: Done) -> None:
        """Join what became of another part of the chunk."""
        for mine, theirs in (
            (self.updated, other.updated),
            (self.deleted, other.deleted),
            (self.restored, other.restored),
        ):
            for name, ids in theirs.items():
                mine.setdefault(name, []).extend(ids)
        self.unchanged += other.unchanged
        self.refused += other.refused


def _as_given(record_type: RecordType, raw: Mapping[str, Any], actor: Actor) -> Any:
    return dict(raw)


def _nothing_said(record_type: RecordType, settings: Any, actor: Actor) -> list[tuple[str, str]]:
    return []


def _none(rows: QuerySet[Any], record_type: RecordType, settings: Any, actor: Actor) -> QuerySet[Any]:
    return rows.none()


@dataclass(frozen=True, slots=True)
class Act:
    """Something that can be done to many records.

    `action` is the right it needs on each record (`edit`, `delete`). `read` checks what it was told (JSON) and makes
    settings of it, raising BulkProblem; `says` describes settings to a reader, as label and text. `already` are those
    of the rows for which nothing would change. `inputs` are fields of the type whose value it asks for; settings are
    then these values by name. `shows` are the fields that the preview shows before and after. `changes_types` are types
    whose records it writes, those it is called for last. `writes` are fields of the type that it sets by itself, `reads`
    fields (`type.field`) that decide what it does: it is offered to nobody who may not change the first and read the second.
    """

    name: str
    label: Label
    icon: str
    carry_out: Callable[[Work], Done]
    action: str = "edit"
    help: Label = ""
    in_bin: bool = False
    danger: bool = False
    inputs: tuple[str, ...] = ()
    read: Callable[[RecordType, Mapping[str, Any], Actor], Any] = _as_given
    says: Callable[[RecordType, Any, Actor], list[tuple[str, str]]] = _nothing_said
    already: Callable[[QuerySet[Any], RecordType, Any, Actor], QuerySet[Any]] = _none
    shows: Callable[[Any], tuple[str, ...]] = lambda settings: ()
    changes_types: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()

    def open_to(self, actor: Actor, record_type: RecordType) -> bool:
        """May the actor do this to any record of the type at all. No query."""
        if not permissions.allowed(actor, record_type, self.action):
            return False
        if not all(actor.may(name, "edit") for name in self.changes_types):
            return False
        mine = fieldrules.seen_by(actor, record_type).editable_fields
        if not all(name in mine and not isinstance(mine[name], Masked) for name in self.writes):
            return False
        return all(fieldrules.is_clear(actor, *name.split(".")) for name in self.reads)


_acts: dict[str, dict[str, Act]] = {}
EVERY_TYPE = "*"


def register(act: Act, record_type: str = EVERY_TYPE) -> None:
    """Make an act known for one record type, or for all. Called while the project starts."""
    _acts.setdefault(record_type, {})[act.name] = act


def acts_for(actor: Actor, record_type: RecordType, *, in_bin: bool = False) -> list[Act]:
    """What the actor may do to records of the type, the built-in acts first. No query."""
    known = {**_acts.get(EVERY_TYPE, {}), **_acts.get(record_type.name, {})}
    return [act for act in known.values() if act.in_bin is in_bin and act.open_to(actor, record_type)]


def find(name: str, record_type: RecordType) -> Act | None:
    """The act of that name for a type."""
    return _acts.get(record_type.name, {}).get(name) or _acts.get(EVERY_TYPE, {}).get(name)


def locale_of(actor: Actor) -> Locale:
    """In whose words values are read and shown."""
    from zoneinfo import ZoneInfo

    return Locale(actor.language, ZoneInfo(actor.time_zone))
