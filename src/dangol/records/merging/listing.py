"""Which merges there were, for whoever may see what became of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.records import fieldrules, permissions, registry
from dangol.records.fields import Locale
from dangol.records.merging import choosing
from dangol.records.merging.acts import mergeable
from dangol.records.models import Merge, Merged
from dangol.records.types import RecordType

Titles = dict[tuple[str, int], str]


@dataclass(frozen=True, slots=True)
class Shown:
    """A merge as an actor may see it. `titles` are by record; of one that he may not see there is none."""

    merge: Merge
    record_type: RecordType
    title: str
    merged: tuple[tuple[int, str], ...]
    who: str
    undone_by: str
    moved: tuple[tuple[str, int], ...] = field(default=())

    @property
    def key(self) -> UUID:
        return self.merge.key

    @property
    def at(self) -> datetime:
        return self.merge.at

    @property
    def undone_at(self) -> datetime | None:
        return self.merge.undone_at


def visible(actor: Actor) -> QuerySet[Merge]:
    """The merges whose surviving record lies where the actor may see, newest first; parts of others are not listed. Lazy."""
    condition = Q(pk__in=[])
    in_full = []
    for record_type in filter(mergeable, registry.all_types()):
        seen = permissions.visible_q(actor, record_type)
        if seen is True:
            in_full.append(record_type.name)
        elif seen is not False:
            # Not only those alive: one that was merged on, or binned, is still listed.
            rows = record_type.model._default_manager.filter(seen, pk=OuterRef("into_id"))
            condition |= Q(record_type=record_type.name) & Q(Exists(rows))
    if in_full:
        condition |= Q(record_type__in=in_full)
    return Merge.objects.filter(condition, part_of=None).order_by("-pk")


def shown(actor: Actor, merges: Sequence[Merge], locale: Locale) -> list[Shown]:
    """Merges with the names of what took part. A query for each type among them, and one for the merged records.

    Merges of types that are gone are left out.
    """
    members: dict[int, list[int]] = defaultdict(list)
    for merge in merges:
        members[merge.pk] = sorted(_members(merge))
    wanted: dict[str, set[int]] = defaultdict(set)
    for merge in merges:
        wanted[merge.record_type] |= {merge.into_id, *members[merge.pk]}
    titles = titles_of(actor, wanted, locale)
    found = []
    for merge in merges:
        record_type = registry.find(merge.record_type)
        if record_type is None:
            continue
        name = merge.record_type
        found.append(
            Shown(
                merge,
                fieldrules.seen_by(actor, record_type),
                titles.get((name, merge.into_id), f"#{merge.into_id}"),
                tuple((one, titles.get((name, one), f"#{one}")) for one in members[merge.pk]),
                merge.actor.name if merge.actor else _("System"),
                "" if merge.undone_at is None else merge.undone_by.name if merge.undone_by else _("System"),
                tuple(moved(actor, merge.counts)),
            )
        )
    return found


def _members(merge: Merge) -> list[int]:
    """The records that became part of another one; also of a merge that was taken back."""
    if merge.undone_at is not None:
        return [int(number) for number in merge.undone.get("merged", ())]
    return [one.record_id for one in merge.merged.all()]


def titles_of(actor: Actor, wanted: Mapping[str, set[int]], locale: Locale) -> Titles:
    """What records are called, also those out of sight that lie where the actor may see. A query for each type."""
    titles: Titles = {}
    for name, ids in wanted.items():
        record_type = registry.find(name)
        seen = permissions.visible_q(actor, record_type) if record_type else False
        if record_type is None or seen is False:
            continue
        rows = record_type.model._default_manager.filter(pk__in=list(ids))
        if seen is not True:
            rows = rows.filter(seen)
        for number, title in rows.values_list("pk", record_type.title):
            text = record_type.title_field.text(title, locale)
            titles[name, number] = fieldrules.masked_title(actor, record_type, text) or f"#{number}"
    return titles


def moved(actor: Actor, counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """How much moved, in the reader's words, the most first; of types that the actor may not see nothing is told. No query."""
    found: dict[str, int] = defaultdict(int)
    for name, count in counts.items():
        record_type = registry.find(name)
        if record_type is not None:
            if permissions.allowed(actor, record_type, "view"):
                found[str(record_type.label_plural)] += count
        elif (label := labels().get(name)) is not None:
            found[label] += count
    return sorted(found.items(), key=lambda item: (-item[1], item[0]))


def labels() -> dict[str, str]:
    """What is kept beside records and worth counting, by place."""
    return {
        "records_attachment.record_id": _("Files"),
        "records_taglink.record_id": _("Tags"),
        "interactions_comment.record_id": _("Comments"),
        "interactions_follow.record_id": _("Followers"),
    }


def choices_of(actor: Actor, one: Shown) -> dict[str, int | str]:
    """Whose value each field has, of fields that exist for the actor."""
    mine = choosing.choosable(actor, one.record_type)
    return {name: source for name, source in one.merge.choices.items() if name in mine}


def gone_by(merge_id: int) -> list[tuple[str, list[int]]]:
    """The records that are out of sight by a merge and what was merged along with it, by type; two queries or three."""
    found: dict[str, list[int]] = defaultdict(list)
    rows = Merged.objects.filter(merge__in=_whole(merge_id)).order_by("record_id")
    for name, number in rows.values_list("record_type", "record_id"):
        found[name].append(number)
    return list(found.items())


def back_by(merge_id: int) -> list[tuple[str, list[int]]]:
    """The records that are there again since a merge, with what was merged along, was taken back; as `gone_by`."""
    found: dict[str, list[int]] = defaultdict(list)
    rows = Merge.objects.filter(pk__in=_whole(merge_id), undone_at__isnull=False).order_by("pk")
    for name, undone in rows.values_list("record_type", "undone"):
        found[name] += undone.get("merged", ())
    return list(found.items())


def _whole(merge_id: int) -> list[int]:
    """A merge and its parts, and theirs."""
    whole = new = [merge_id]
    while new:
        new = list(Merge.objects.filter(part_of__in=new).values_list("pk", flat=True))
        whole = whole + new
    return whole
