"""Acts on the vocabulary, and on the tags of many records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dangol.identity.actors import Actor
from dangol.records import permissions, registry, writing
from dangol.records.fields.tags import folded
from dangol.records.models import TagLink, TagWord
from dangol.records.types import RecordType, WrittenRows
from dangol.records.writing import Change, Missing, RowError, WriteError

BATCH = 1_000


def words_follow(written: WrittenRows) -> None:
    """Have the names of tags just written lead to them. One statement."""
    words = [
        TagWord(word=folded(draft.values["name"]), tag_id=draft.id or 0)
        for draft in (*written.created, *written.updated)
        if draft.values.get("name")
    ]
    if words:
        TagWord.objects.bulk_create(words, ignore_conflicts=True)


def tag_merge(*, source_id: int, target_id: int, actor: Actor) -> int:
    """Join one tag to another: its records bear the other one, its names lead there, it goes for good.

    The history of the records is not told of it: what they were marked with has another name, that is all.

    Returns:
        How many records bore the first tag. About twenty queries.

    Raises:
        Missing: there is no such tag that the actor may change.
        WriteError: both are the same.
    """
    record_type = registry.get("tag")
    if source_id == target_id:
        raise WriteError([RowError(0, "target", target_id, "same", _("Choose another tag."))])
    with transaction.atomic():
        rows = permissions.visible_to(actor, record_type, "edit").select_for_update(of=("self",))
        found = set(rows.filter(pk__in=[source_id, target_id]).order_by("pk").values_list("pk", flat=True))
        if found != {source_id, target_id}:
            raise Missing([RowError(0, "id", source_id, "missing", _("There is no such record."))])
        links = TagLink.objects.filter(tag_id=source_id)
        borne = links.count()
        TagLink.objects.bulk_create(
            (
                TagLink(tag_id=target_id, record_type=of_type, record_id=of)
                for of_type, of in links.values_list("record_type", "record_id").iterator(chunk_size=10_000)
            ),
            batch_size=10_000,
            ignore_conflicts=True,
        )
        names = list(TagWord.objects.filter(tag_id=source_id).values_list("word", flat=True))
        writing.purge(record_type, [source_id], actor=actor)
        TagWord.objects.bulk_create([TagWord(word=name, tag_id=target_id) for name in names])
    return borne


def tags_change(
    *,
    actor: Actor,
    record_type: RecordType,
    ids: Sequence[int],
    add: Iterable[str] = (),
    remove: Iterable[str] = (),
    origin: str = "page",
) -> int:
    """Put tags on many records and take others off, through the writer, a thousand records to a transaction.

    Args:
        ids: of records that the actor may edit.
        add, remove: names of tags; new ones are made where the actor may make some.

    Returns:
        How many records have changed.

    Raises:
        WriteError: a record is not there for this actor, or a tag cannot be made; the batches before stay.
    """
    added, gone = list(add), {folded(name) for name in remove}
    changed = 0
    for start in range(0, len(ids), BATCH):
        some = list(ids[start : start + BATCH])
        borne: dict[int, list[str]] = {record_id: [] for record_id in some}
        with transaction.atomic():
            rows = TagLink.objects.filter(
                record_type=record_type.name, record_id__in=some, tag__deleted_at=None
            )
            for record_id, name in rows.values_list("record_id", "tag__name"):
                if folded(name) not in gone:
                    borne[record_id].append(name)
            changes = [Change({"tags": [*names, *added]}, id=record_id) for record_id, names in borne.items()]
            changed += len(writing.write(record_type, changes, actor=actor, origin=origin).updated)
    return changed
