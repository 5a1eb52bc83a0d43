"""Making one record of several."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dangol.events import outbox
from dangol.identity.actors import NO_RULES, Actor
from dangol.records import fieldrules, permissions, registry
from dangol.records import writing as writer
from dangol.records.fields import Field
from dangol.records.fields.own import COLUMN as OWN
from dangol.records.fields.own_json import encoded
from dangol.records.merging import choosing, moving, places
from dangol.records.merging import registry as declared
from dangol.records.merging.choosing import BOTH, Chosen
from dangol.records.merging.errors import refusal
from dangol.records.merging.events import RecordsMerged
from dangol.records.merging.places import Place
from dangol.records.models import Merge, Merged, MergeMove, TagLink
from dangol.records.search import index
from dangol.records.types import RecordType, WrittenRows
from dangol.records.writing import Change, Conflict, Missing, RowError, locks, storing, tagging
from dangol.records.writing.context import sign

ORIGIN = moving.ORIGIN
MOST_RECORDS = 20
"""Records in one merge."""
MOST_ROWS = 100_000
"""Rows that one merge moves: all of it is one transaction."""
TAGS = "records_taglink.record_id"


def mergeable(record_type: RecordType) -> bool:
    """Whether records of the type can be merged: not the company's words and settings, which have their own ways."""
    return not (record_type.scope.administered or record_type.scope.governed)


def offered(actor: Actor, record_type: RecordType) -> bool:
    """May the actor merge any records of the type at all. No query."""
    return mergeable(record_type) and all(
        permissions.allowed(actor, record_type, action) for action in ("view", "edit", "delete")
    )


def merge(
    *,
    actor: Actor,
    record_type: RecordType,
    into: int,
    others: Sequence[int],
    values: Mapping[str, int | str] | None = None,
    versions: Mapping[int, int] | None = None,
    origin: str = "page",
) -> Merge:
    """Make one record of several: `into` stays, everything that pointed at the others points at it. One transaction.

    Args:
        actor: may edit `into` and delete the others.
        into: the record that stays. others: those that become part of it, at most 19.
        values: by field, the id of the record whose value stays, or `both` for lists; the rest as `choosing.choose` says.
        versions: by id, the versions that the choice was made upon.
        origin: the way in.

    Returns:
        The merge, by which it can be taken back (`undo`).

    Raises:
        Missing: one of the records is not there for this actor.
        Conflict: one has another version by now.
        WriteError: the actor may not, a choice cannot be made, a value cannot be stored, or too much would have to move.

    About forty queries, one or two more for each place that names records of the type, and four for each 2,000 rows moved.
    """
    record_type = fieldrules.whole(record_type)
    wanted = list(dict.fromkeys(others))
    if not mergeable(record_type):
        raise refusal("type", _("Records of this type cannot be merged."))
    if not wanted or into in wanted or len(wanted) >= MOST_RECORDS:
        message = _("Give one record that stays and one to %(most)s others that become part of it.")
        raise refusal("records", message % {"most": MOST_RECORDS - 1}, field="others")
    with transaction.atomic():
        key = uuid4()
        actor = replace(actor, request_id=f"merge-{key}")
        sign(actor, ORIGIN)
        known = _locked(record_type, into, wanted, versions or {}, actor)
        found = places.places_of(record_type)
        if sum(places.counted(record_type, found, wanted).values()) > MOST_ROWS:
            message = _("More than %(most)s rows would have to move. Merge fewer records at once.")
            raise refusal("too_many", message % {"most": f"{MOST_ROWS:,}"})
        held = choosing.values_of(record_type, [into, *wanted])
        newest = sorted(wanted, key=lambda number: (known[number], number), reverse=True)
        chosen = choosing.choose(record_type, held, into, newest, values or {}, actor)
        row = Merge(
            key=key, record_type=record_type.name, into_id=into, actor_id=actor.user_id, origin=origin
        )
        return _Act(row, record_type, newest, held, chosen, found, actor).carry_out()


def _locked(
    record_type: RecordType, into: int, others: Sequence[int], versions: Mapping[int, int], actor: Actor
) -> dict[int, datetime]:
    """Lock the records and see that the actor may; returns when each was changed last. Four queries."""
    ids = [into, *others]
    rows = record_type.model._default_manager.filter(pk__in=ids, deleted_at=None)
    held = rows.select_for_update().order_by("pk").values_list("pk", "version", "updated_at")
    known = {number: (version, moment) for number, version, moment in held}
    seen = set(permissions.visible_to(actor, record_type).filter(pk__in=ids).values_list("pk", flat=True))
    lost = [number for number in ids if number not in known or number not in seen]
    if lost:
        raise Missing([RowError(0, "id", lost[0], "missing", _("There is no such record."))])
    for action, needed in (("edit", [into]), ("delete", list(others))):
        may = permissions.visible_to(actor, record_type, action).filter(pk__in=needed)
        if set(may.values_list("pk", flat=True)) != set(needed):
            message = _(
                "To merge you must be allowed to change the record that stays and to delete the others."
            )
            raise refusal("forbidden", message)
    for number, version in versions.items():
        if number in known and known[number][0] != version:
            message = _("The record has been changed since you opened it. Reload it and try again.")
            raise Conflict([RowError(0, "version", version, "conflict", message)])
    locks.require_free(record_type, ids, actor)
    return {number: moment for number, (_version, moment) in known.items()}


@dataclass(slots=True)
class _Act:
    """One merge under way, within its transaction. `others` are the newest first."""

    row: Merge
    type: RecordType
    others: Sequence[int]
    held: choosing.Values
    chosen: Chosen
    places: Sequence[Place]
    actor: Actor

    @property
    def into(self) -> int:
        return self.row.into_id

    def carry_out(self) -> Merge:
        self.row.choices = self.chosen.sources
        self.row.save()
        self._write()
        borne = tags_of(self.type, self.into)
        counts: Counter[str] = Counter()
        renamed: list[tuple[Place, list[int], int]] = []
        for place in self.places:
            for other in self.others:
                ids = self._move(place, other)
                if ids:
                    renamed.append((place, ids, other))
                    counts[place.bearer.name if place.bearer else place.name] += len(ids)
        for name, mover in declared.movers().items():
            for other in self.others:
                memory = mover.move(self.type, self.into, other)
                if memory is not None:
                    MergeMove.objects.create(
                        merge=self.row, place=name, from_id=other, to_id=self.into, memory=memory
                    )
        self._bury()
        for place, ids, other in renamed:
            moving.follow_up(place, ids, other, self.into, self.actor)
        index.refresh_scope(self.type, [self.into], registry.inheriting(self.type))
        self.row.counts = dict(counts)
        self.row.save(update_fields=["counts"])
        self._tell_tags(borne)
        told = ", ".join(f"#{number}" for number in sorted(self.others))
        tagging.tell(self.type, "merged", {self.into: (None, told)})
        if self.row.part_of_id is None:
            outbox.announce(
                RecordsMerged(self.type.name, self.into, sorted(self.others), self.row.pk), actor=self.actor
            )
        return self.row

    def gather(self) -> int:
        """Move what came to the others while the merge was under way. Returns how many rows."""
        found = 0
        for place in self.places:
            if place.name == TAGS and self.chosen.sources.get("tags", BOTH) != BOTH:
                continue  # whose tags stay was chosen; the others are where they belong
            for other in self.others:
                ids = self._move(place, other)
                moving.follow_up(place, ids, other, self.into, self.actor)
                found += len(ids)
        return found

    # values

    def _write(self) -> None:
        """Give the surviving record its values, through the writer. Unique ones change places with those it had."""
        new = self.chosen.values
        if not new:
            return
        before = self.held[self.into]
        swapped = [
            (name, int(self.chosen.sources[name]))
            for name, value in new.items()
            if self.type.fields[name].unique and choosing.is_filled(value)
        ]
        for name, source in swapped:
            put(self.type, source, name, self._stand_in(self.type.fields[name]))
        # The choice is checked; what is filled in beside it may be hidden from the actor, or lie where he sees nothing.
        whole = replace(self.actor, is_administrator=True, field_rules=NO_RULES)
        writer.write(self.type, [Change(new, id=self.into, parsed=True)], actor=whole, origin=ORIGIN)
        for name, source in swapped:
            field = self.type.fields[name]
            put(self.type, source, name, before[name])
            self.row.keys.append(
                {
                    "field": name,
                    "record": source,
                    "before": choosing.raw_of(field, new[name]),
                    "after": choosing.raw_of(field, before[name]),
                }
            )
        self.row.written = {
            name: [choosing.raw_of(self.type.fields[name], value) for value in (before[name], new[name])]
            for name in new
        }
        self.row.save(update_fields=["keys", "written"])

    def _stand_in(self, field: Field) -> Any:
        """What stands in a unique column while two records change theirs."""
        if field.nullable:
            return None
        if field.kind != "text":
            raise refusal(
                "unique",
                _("This value cannot change places. Choose the surviving record's."),
                field=field.name,
            )
        return f"~{self.row.key.hex}"

    # what points here

    def _move(self, place: Place, other: int) -> list[int]:
        """Have what names the other name the surviving record; what would stand twice stays with the other, out of sight."""
        if place.name == TAGS and (asked := self.chosen.sources.get("tags", BOTH)) != BOTH:
            if asked == other:
                self._swap_tags(place, other)
            return []
        stay = set()
        for double, kept in moving.doubles(self.type, place, other, self.into).items():
            stay.add(double)
            if place.counts_within:
                message = _("Both have “%(records)s” with the same number. Number them differently first.")
                raise refusal(
                    "numbered", message % {"records": place.bearer.label if place.bearer else place.table}
                )
            if place.bearer is not None and mergeable(place.bearer) and not place.own:
                self._merge_along(place.bearer, kept, double)
        if place.table == self.type.table.name:
            stay |= {self.into, *self.others}  # the records themselves: their values are chosen, not moved
        return self._renamed(place, other, self.into, but=sorted(stay))

    def _renamed(
        self,
        place: Place,
        source: int,
        target: int,
        *,
        but: Sequence[int] = (),
        only: Sequence[int] | None = None,
    ) -> list[int]:
        ids = moving.rename(self.type, place, source, target, but=but, only=only)
        if ids:
            MergeMove.objects.create(merge=self.row, place=place.name, from_id=source, to_id=target, ids=ids)
        return ids

    def _swap_tags(self, place: Place, other: int) -> None:
        """The other's tags are wanted and the survivor's are not: they change places; those of both stay where they are."""
        shared = moving.doubles(self.type, place, other, self.into)
        mine = list(
            TagLink.objects.filter(record_type=self.type.name, record_id=self.into)
            .exclude(pk__in=list(shared.values()))
            .values_list("pk", flat=True)
        )
        self._renamed(place, other, self.into, but=sorted(shared))
        self._renamed(place, self.into, other, only=mine)

    def _merge_along(self, record_type: RecordType, kept: int, double: int) -> None:
        """Two records that would stand beside each other alike become one, as part of this merge."""
        gone = dict(
            Merged.objects.filter(record_type=record_type.name, record_id__in=[kept, double]).values_list(
                "record_id", "into_id"
            )
        )
        kept = gone.get(kept, kept)
        rows = record_type.model._default_manager.filter(pk__in=[kept, double]).select_for_update()
        binned = dict(rows.order_by("pk").values_list("pk", "deleted_at"))
        if len(binned) < 2 or double in gone:
            return
        part = Merge(
            record_type=record_type.name,
            into_id=kept,
            actor_id=self.actor.user_id,
            origin=self.row.origin,
            part_of=self.row,
        )
        if binned[kept] is not None and binned[double] is None:
            # The one that stays lies in the bin, the other one does not: so the one does not either.
            part.binned_at = binned[kept]
            revive(record_type, [kept], self.actor)
        held = choosing.values_of(record_type, [kept, double])
        chosen = choosing.choose(record_type, held, kept, [double], {}, Actor.system("merge"))
        _Act(part, record_type, [double], held, chosen, places.places_of(record_type), self.actor).carry_out()

    def _tell_tags(self, before: list[str]) -> None:
        after = tags_of(self.type, self.into)
        if after != before:
            tagging.tell(self.type, "tags", {self.into: (before, after)})

    def _bury(self) -> None:
        """Put the others out of sight. Their rows keep all that was not taken over."""
        rows = self.type.model._default_manager.filter(pk__in=list(self.others))
        alive = set(rows.filter(deleted_at=None).values_list("pk", flat=True))
        rows.filter(deleted_at=None).update(deleted_at=timezone.now(), updated_by=self.actor.user_id)
        Merged.objects.bulk_create(
            Merged(
                merge=self.row,
                record_type=self.type.name,
                record_id=number,
                into_id=self.into,
                revives=number in alive,
            )
            for number in self.others
        )
        index.remove(self.type, self.others)
        self.type.after_write(WrittenRows([], [], ORIGIN, removed=list(self.others)), actor=self.actor)


def gather(merge_id: int, actor: Actor) -> int:
    """Have what was added to merged records at the moment of their merge follow them; returns how many rows.

    Whoever was writing an order of theirs waited for the merge and then wrote it. One transaction; a query or two for each
    place that names records of the type.
    """
    with transaction.atomic():
        row = Merge.objects.select_for_update(of=("self",)).filter(pk=merge_id, undone_at=None).first()
        record_type = registry.find(row.record_type) if row else None
        if row is None or record_type is None:
            return 0
        others = list(row.merged.filter(into_id=row.into_id).values_list("record_id", flat=True))
        sign(replace(actor, request_id=row.request), ORIGIN)
        found = places.places_of(record_type)
        if not others or not places.counted(record_type, found, others):
            return 0
        return _Act(row, record_type, others, {}, Chosen(row.choices), found, actor).gather()


def put(record_type: RecordType, record_id: int, name: str, value: Any) -> None:
    """Store one value as it is: of a record that is out of sight, or about to be. One statement."""
    own = record_type.own_fields.get(name)
    if own is not None:
        patch = encoded({name: None if value is None else own.raw(value)})
        storing.update(record_type.table, [OWN], [record_id], [[patch]])
        return
    storing.update(record_type.table, [name], [record_id], [[storing.column_value(value)]])


def revive(record_type: RecordType, ids: Sequence[int], actor: Actor) -> None:
    """Have records back among those that are there. A few statements."""
    rows = record_type.model._default_manager.filter(pk__in=list(ids))
    rows.update(deleted_at=None, updated_by=actor.user_id)
    index.reindex(record_type, ids)
    record_type.after_write(WrittenRows([], [], ORIGIN, restored=list(ids)), actor=actor)


def tags_of(record_type: RecordType, record_id: int) -> list[str]:
    """The names of a record's tags. One query."""
    links = TagLink.objects.filter(record_type=record_type.name, record_id=record_id, tag__deleted_at=None)
    return sorted(links.values_list("tag__name", flat=True))
