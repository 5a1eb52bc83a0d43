"""Making several records of one again, also when it was changed since."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dangol.events import outbox
from dangol.identity.actors import NO_RULES, Actor
from dangol.records import permissions, registry
from dangol.records import writing as writer
from dangol.records.fields import Field
from dangol.records.merging import choosing, moving, places
from dangol.records.merging import registry as declared
from dangol.records.merging.acts import put, revive, tags_of
from dangol.records.merging.errors import UndoConflicts, refusal
from dangol.records.merging.events import RecordsUnmerged
from dangol.records.merging.places import Place
from dangol.records.models import Merge, Merged
from dangol.records.search import index
from dangol.records.types import RecordType, WrittenRows
from dangol.records.writing import Change, Missing, RowError, WriteError, locks, storing, tagging
from dangol.records.writing.context import sign

ORIGIN = "undo"


@dataclass(frozen=True, slots=True)
class ChangedSince:
    """A field of the surviving record that somebody changed after the merge."""

    field: Field
    before: Any
    merged: Any
    now: Any


@dataclass(slots=True)
class _Outcome:
    taken: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    stayed: int = 0


def undo(*, actor: Actor, merge: Merge, take_back: Collection[str] = (), keep: Collection[str] = ()) -> Merge:
    """Take a merge back: the merged records are there again, with all that was theirs. One transaction.

    What came to the surviving record since stays with it, as does what somebody has given to a third one. A value that
    somebody changed since is a conflict.

    Args:
        actor: may edit the surviving record and delete the merged ones.
        take_back: of the fields changed since, those that get back what they had before the merge. keep: those that stay
            as they are now. Of fields that the actor may not see, the value stays.

    Raises:
        Missing: the merge or its records are not there for this actor.
        UndoConflicts: of a field changed since nothing is said.
        WriteError: it has been taken back already; a later merge must be taken back first.

    Costs what the merge did.
    """
    record_type = registry.find(merge.record_type)
    if record_type is None or merge.part_of_id is not None:
        raise _missing()
    with transaction.atomic():
        row = Merge.objects.select_for_update().get(pk=merge.pk)
        actor = replace(actor, request_id=f"unmerge-{row.key}")
        sign(actor, ORIGIN)
        require_undoable(row, record_type, actor)
        open_ = [one.field.name for one in conflicts(row, record_type, actor)]
        undecided = [name for name in open_ if name not in take_back and name not in keep]
        if undecided:
            raise UndoConflicts(undecided)
        return _Undo(row, record_type, actor, set(take_back) & set(open_)).carry_out()


def _missing() -> Missing:
    return Missing([RowError(0, "id", None, "missing", _("There is no such record."))])


def require_undoable(row: Merge, record_type: RecordType, actor: Actor) -> None:
    """Raise unless this actor can take the merge back now. Locks its records; about six queries.

    Raises:
        Missing: the surviving record is not there for this actor.
        WriteError: why not.
    """
    merged = list(row.merged.values_list("record_id", flat=True))
    group = [row.into_id, *merged]
    rows = record_type.model._default_manager.filter(pk__in=group).select_for_update().order_by("pk")
    there = dict(rows.values_list("pk", "deleted_at"))
    if row.undone_at is not None:
        raise refusal("undone", _("This merge has been undone already."))
    later = later_than(row, group)
    if later is not None:
        message = _("Undo the later merge of %(when)s first (%(link)s).")
        when = timezone.localtime(later.at).strftime("%Y-%m-%d %H:%M")
        raise refusal(
            "order", message % {"when": when, "link": f"/merges/{later.key}/"}, value=str(later.key)
        )
    if not permissions.visible_to(actor, record_type).filter(pk=row.into_id).exists():
        raise _missing()
    if any(number not in there for number in group):
        raise refusal("gone", _("One of the merged records is gone for good."))
    for action, ids in (("edit", [row.into_id]), ("delete", merged)):
        if not _within(actor, record_type, action, ids):
            message = _(
                "To undo a merge you must be allowed to change the record that stays and to delete the others."
            )
            raise refusal("forbidden", message)
    locks.require_free(record_type, group, actor)


def _within(actor: Actor, record_type: RecordType, action: str, ids: Sequence[int]) -> bool:
    """As `permissions.visible_to`, for records whether they are out of sight or not."""
    condition = permissions.visible_q(actor, record_type, action)
    if isinstance(condition, bool):
        return condition
    rows = record_type.model._default_manager.filter(condition, pk__in=list(ids))
    return rows.values("pk").distinct().count() == len(set(ids))


def later_than(row: Merge, group: Sequence[int]) -> Merge | None:
    """The last merge after this one that one of its records took part in, and that stands. One query."""
    rows = Merge.objects.filter(
        Q(into_id__in=list(group)) | Q(merged__record_id__in=list(group)),
        record_type=row.record_type,
        part_of=None,
        undone_at=None,
        pk__gt=row.pk,
    )
    return rows.order_by("-pk").first()


def conflicts(row: Merge, record_type: RecordType, actor: Actor) -> list[ChangedSince]:
    """What somebody has changed since of what the merge wrote, as far as the actor may choose it. One query."""
    mine = choosing.choosable(actor, record_type)
    return [one for one in _changed_since(row, record_type) if one.field.name in mine]


def _changed_since(row: Merge, record_type: RecordType) -> list[ChangedSince]:
    if not row.written:
        return []
    now = choosing.values_of(record_type, [row.into_id]).get(row.into_id, {})
    found = []
    for name, (before, merged) in row.written.items():
        known = record_type.fields.get(name)
        if known is None or name not in now:
            continue
        one = ChangedSince(
            known, choosing.value_from(known, before), choosing.value_from(known, merged), now[name]
        )
        if not choosing.same(known, one.merged, one.now):
            found.append(one)
    return found


@dataclass(slots=True)
class _Undo:
    """Taking one merge back, and then those that were part of it, within its transaction."""

    row: Merge
    type: RecordType
    actor: Actor
    take_back: Collection[str]

    def carry_out(self) -> Merge:
        row, outcome = self.row, _Outcome()
        merged = list(row.merged.order_by("pk"))
        ids = [one.record_id for one in merged]
        Merged.objects.filter(merge=row).delete()
        revive(self.type, [one.record_id for one in merged if one.revives], self.actor)
        borne = tags_of(self.type, row.into_id)
        known = {place.name: place for place in places.places_of(self.type)}
        renamed: list[tuple[Place, list[int], int, int]] = []
        for move in row.moves.order_by("-pk"):
            if move.memory is not None:
                if mover := declared.movers().get(move.place):
                    mover.back(self.type, row.into_id, move.from_id, move.memory)
                continue
            place = known.get(move.place)
            if place is None:
                continue  # an own field that was deleted since, with its values
            stay = moving.doubles(self.type, place, move.to_id, move.from_id, move.ids)
            back = moving.rename(self.type, place, move.to_id, move.from_id, only=move.ids, but=sorted(stay))
            if place.bearer is not None:  # what is written anew beside records need not be counted
                outcome.stayed += len(move.ids) - len(back)
            renamed.append((place, back, move.to_id, move.from_id))
        self._write(outcome)  # now that all are back: they may refer to each other
        if row.keys:
            index.reindex(self.type, ids)
        for place, back, source, target in renamed:
            moving.follow_up(place, back, source, target, self.actor)
        index.refresh_scope(self.type, [row.into_id, *ids], registry.inheriting(self.type))
        self._tell(borne, ids)
        for part in row.parts.order_by("-pk"):
            if of := registry.find(part.record_type):
                _Undo(part, of, self.actor, ()).carry_out()
        self._bin_again()
        row.undone_at, row.undone_by_id = timezone.now(), self.actor.user_id
        row.undone = {
            "merged": sorted(ids), "taken": outcome.taken, "kept": outcome.kept, "stayed": outcome.stayed
        }  # fmt: skip
        row.save(update_fields=["undone_at", "undone_by", "undone"])
        row.moves.all().delete()
        if row.part_of_id is None:
            outbox.announce(
                RecordsUnmerged(self.type.name, row.into_id, sorted(ids), row.pk), actor=self.actor
            )
        return row

    def _tell(self, borne: list[str], ids: Sequence[int]) -> None:
        into = self.row.into_id
        after = tags_of(self.type, into)
        if after != borne:
            tagging.tell(self.type, "tags", {into: (borne, after)})
        tagging.tell(self.type, "merged", {into: (", ".join(f"#{number}" for number in sorted(ids)), None)})

    def _bin_again(self) -> None:
        """What a part of a merge took out of the recycle bin goes back, with the moment at which it went in."""
        moment, into = self.row.binned_at, self.row.into_id
        if moment is None:
            return
        rows = self.type.model._default_manager.filter(pk=into, deleted_at=None)
        if rows.update(deleted_at=moment, updated_by=self.actor.user_id):
            index.remove(self.type, [into])
            self.type.after_write(WrittenRows([], [], ORIGIN, removed=[into]), actor=self.actor)

    # values

    def _write(self, outcome: _Outcome) -> None:
        """Give the surviving record back what it had, but for what was changed since and stays."""
        row = self.row
        changed = {one.field.name for one in _changed_since(row, self.type)}
        known = {name: sides for name, sides in row.written.items() if name in self.type.fields}
        kept = [name for name in known if name in changed and name not in self.take_back]
        values = {
            name: choosing.value_from(self.type.fields[name], before)
            for name, (before, _after) in known.items()
            if name not in kept
        }
        for one in row.keys:
            self._hold_back(one)
        values = self._stored(values, kept)
        for one in row.keys:
            self._hand_back(one)
        outcome.kept, outcome.taken = sorted(kept), sorted(changed & values.keys())

    def _stored(self, values: dict[str, Any], kept: list[str]) -> dict[str, Any]:
        """Write; what cannot be any more (it points at what is gone) stays as it is now. Returns what was written."""
        whole = replace(self.actor, is_administrator=True, field_rules=NO_RULES)
        while values:
            change = Change(values, id=self.row.into_id, parsed=True)
            try:
                writer.write(self.type, [change], actor=whole, origin=ORIGIN)
            except WriteError as problem:
                wrong = {error.field for error in problem.errors} & values.keys()
                if not wrong:
                    raise
                kept += sorted(wrong)
                values = {name: value for name, value in values.items() if name not in wrong}
            else:
                break
        return values

    def _hold_back(self, one: Mapping[str, Any]) -> None:
        """Take the surviving record's former unique value from the merged one, so that it is free."""
        known = self.type.fields.get(one["field"])
        if known is not None:
            stand_in = None if known.nullable else f"~{self.row.key.hex}"
            put(self.type, one["record"], known.name, stand_in)

    def _hand_back(self, one: Mapping[str, Any]) -> None:
        """The unique value that the merged record had – or, where it is taken by now, the one it had since."""
        known = self.type.fields.get(one["field"])
        if known is None:
            return
        for raw in (one["before"], one["after"]):
            value = choosing.value_from(known, raw)
            if value is not None and self._taken(known, value):
                continue
            put(self.type, one["record"], known.name, value)
            return

    def _taken(self, known: Field, value: Any) -> bool:
        rows = self.type.model._default_manager.all()
        if known.name in self.type.own_fields:
            return rows.filter(known.q("=", value)).exists()
        return rows.filter(**{known.column: storing.column_value(value)}).exists()
