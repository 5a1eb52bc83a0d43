"""The changes feed: what changed since a place in the order of transactions, as far as the caller may see it.

`records.changes` tells of every change below the oldest running transaction, in the order of transactions, so that one
which commits late is waited for and not passed by. Several types are merged below one common horizon.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import orjson

from dangol.identity.actors import Actor
from dangol.records import fieldrules, history, permissions, tombstones
from dangol.records.changes import Changed, changed_since, oldest_running
from dangol.records.filters.tree import EVERYTHING
from dangol.records.models import Change
from dangol.records.types import RecordType

_LAST_ID = 2**63 - 1


class BadPlace(ValueError):
    """A cursor that this feed has not given, or that belongs to another database."""


@dataclass(frozen=True, order=True, slots=True)
class Place:
    """Where a reading ended: the transaction, and within it the type and the record told last."""

    transaction: int
    record_type: str = ""
    record_id: int = 0

    def written(self) -> str:
        """As a cursor."""
        raw = orjson.dumps([self.transaction, self.record_type, self.record_id])
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    @classmethod
    def read(cls, text: str) -> Place:
        """The place that a cursor stands for.

        Raises:
            BadPlace: it is none.
        """
        try:
            raw = orjson.loads(base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4)))
        except (ValueError, binascii.Error):
            raise BadPlace(text[:100]) from None
        match raw:
            case [int(transaction), str(name), int(number)] if (
                not isinstance(transaction, bool) and 0 <= transaction < 2**63 and 0 <= number <= _LAST_ID
            ):
                return cls(transaction, name, number)
        raise BadPlace(text[:100])


@dataclass(frozen=True, slots=True)
class Told:
    """One record and what became of it: `created`, `updated`, `restored`, `deleted` (in the recycle bin), `merged` or `purged`.

    `created` says that it is as it was made; one that was made and changed since the place is `updated`; one that has come
    back since, from the recycle bin or from a merge, is `restored`. `into` is the record that stands for a merged one.
    `fields` are names of what changed, those that the caller may know of.
    """

    record_type: RecordType
    id: int
    change: str
    version: int | None = None
    fields: tuple[str, ...] = ()
    into: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the feed, and where to go on. A page may be empty and have more behind it all the same."""

    items: Sequence[Told]
    next: Place
    more: bool


def now() -> Place:
    """The place behind everything that can be told by now. One query."""
    return Place(oldest_running())


def page(*, actor: Actor, types: Iterable[RecordType], after: Place | None, limit: int) -> Page:
    """What changed behind a place, each record once, in the order of transactions.

    Args:
        actor: whose rights hold; what is out of sight is passed over.
        types: only these; those that the actor may not view are left out.
        after: `next` of the page before; None for all there is.
        limit: how many records are looked at.

    Raises:
        BadPlace: the place lies in the future of this database, as after one was put back to an older state.

    Queries: one, one for each type, and three at most for each type that has something to tell; three more where records
    of it were deleted or merged.
    """
    known = {kind.name: kind for kind in types if permissions.allowed(actor, kind, "view")}
    after = after or Place(0)
    # Asked first, so that no type is read further than another: what each statement sees below it has ended.
    horizon = oldest_running()
    if after.transaction > horizon:
        raise BadPlace(after.written())
    found: list[tuple[Place, Changed]] = []
    more = False
    for name, kind in known.items():
        changes = changed_since(kind, after.transaction, after_id=_from(after, name), limit=limit)
        below = [change for change in changes.items if change.transaction < horizon]
        more = more or (changes.more and len(below) == len(changes.items))
        found += [(Place(change.transaction, name, change.id), change) for change in below]
    found.sort(key=lambda item: item[0])
    more = more or len(found) > limit
    found = found[:limit]
    told = _told(actor, known, found, after)
    following = found[-1][0] if more and found else Place(max(horizon, after.transaction))
    return Page([told[place] for place, _change in found if place in told], following, more)


def _from(after: Place, name: str) -> int:
    """Within the transaction of the place: a type before the one told last is done with, one behind it has not begun."""
    if name < after.record_type:
        return _LAST_ID
    return after.record_id if name == after.record_type else 0


def _told(
    actor: Actor, known: dict[str, RecordType], found: Sequence[tuple[Place, Changed]], after: Place
) -> dict[Place, Told]:
    told: dict[Place, Told] = {}
    for name, kind in known.items():
        here = [(place, change) for place, change in found if place.record_type == name]
        if not here:
            continue
        sees_all = permissions.visible(actor, kind) == EVERYTHING
        ids = [change.id for _place, change in here if not change.removed]
        alive = dict(permissions.visible_to(actor, kind).filter(pk__in=ids).values_list("pk", "version"))
        binned, merged = _out_of_sight(actor, kind, [one for one in ids if one not in alive])
        fields, back = _fields(actor, kind, [one for one, version in alive.items() if version > 1], after)
        for place, change in here:
            number = change.id
            if change.removed:
                if sees_all:
                    told[place] = Told(kind, number, "purged")
            elif number in alive:
                act = "created" if alive[number] == 1 else "restored" if number in back else "updated"
                told[place] = Told(kind, number, act, alive[number], fields.get(number, ()))
            elif number in merged:
                told[place] = Told(kind, number, "merged", binned[number], into=merged[number])
            elif number in binned:
                told[place] = Told(kind, number, "deleted", binned[number])
    return told


def _out_of_sight(
    actor: Actor, kind: RecordType, ids: Sequence[int]
) -> tuple[dict[int, int], dict[int, int]]:
    """Of records in the bin or merged into others that the actor could see: their versions, and by which record a merged
    one is stood for. Where that one is not his to see, it is not named. Three queries, none without ids.
    """
    if not ids:
        return {}, {}
    rows = permissions.out_of_sight_for(actor, kind).filter(pk__in=ids)
    versions: dict[int, int] = dict(rows.values_list("pk", "version"))
    return versions, tombstones.seen_survivors(actor, kind, versions)


def _fields(
    actor: Actor, kind: RecordType, ids: Sequence[int], after: Place
) -> tuple[dict[int, tuple[str, ...]], set[int]]:
    """The names of fields that changed at or behind the place, of those that exist for the actor; and the records that have
    come back since. One query."""
    if not ids:
        return {}, set()
    seen = fieldrules.seen_by(actor, kind)
    names = {column: field.name for column, field in history.columns_told(actor, seen).items()}
    rows = Change.objects.filter(
        table=kind.table.name, record_id__in=ids, action="update", changed_in__gte=after.transaction
    )
    found: dict[int, set[str]] = {}
    back = set()
    for number, changes in rows.values_list("record_id", "changes"):
        found.setdefault(number, set()).update(names[column] for column in changes if column in names)
        if "deleted_at" in changes:
            back.add(number)
    return {number: tuple(sorted(fields)) for number, fields in found.items()}, back
