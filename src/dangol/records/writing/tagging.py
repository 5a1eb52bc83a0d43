"""What the writer does for tags: they lie beside the records, not in a column."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from django.db import connection
from django.utils.translation import gettext_lazy as _

from dangol.identity.actors import Actor
from dangol.records import registry
from dangol.records.fields.tags import TagMark, Tags, folded, marks
from dangol.records.models import Tag, TagLink, TagWord
from dangol.records.search import index
from dangol.records.types import Draft, RecordType
from dangol.records.writing.errors import RowError

FIELD = "tags"
_STORE = """
WITH given AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(wanted)s::text[]) AS g(record_id, wanted)
), bearing AS (
    SELECT g.record_id, w.tag_id FROM given g, unnest(string_to_array(g.wanted, ' ')::bigint[]) AS w(tag_id)
), gone AS (
    DELETE FROM records_taglink l USING given g
    WHERE l.record_type = %(type)s AND l.record_id = g.record_id
      AND NOT EXISTS (SELECT 1 FROM bearing b WHERE b.record_id = l.record_id AND b.tag_id = l.tag_id)
)
INSERT INTO records_taglink (tag_id, record_type, record_id)
SELECT b.tag_id, %(type)s, b.record_id FROM bearing b
ON CONFLICT DO NOTHING
"""
_TELL = """
INSERT INTO records_change ("table", record_id, version, action, changes, actor_id, request_id, origin)
SELECT %(table)s, t.id, t.version, 'update', g.changes::jsonb,
       NULLIF(current_setting('dangol.actor', true), '')::bigint,
       COALESCE(current_setting('dangol.request', true), ''), COALESCE(current_setting('dangol.origin', true), '')
FROM unnest(%(ids)s::bigint[], %(changes)s::text[]) AS g(id, changes) JOIN {table} t ON t.id = g.id
"""


def field_of(record_type: RecordType) -> Tags | None:
    """The type's field of tags; None for a type without."""
    field = record_type.fields.get(FIELD)
    return field if isinstance(field, Tags) else None


def load(record_type: RecordType, drafts: Sequence[Draft]) -> None:
    """Read the tags that the rows to change bear now. One query, none where nobody names tags."""
    wanted = [draft for draft in drafts if draft.id is not None and FIELD in draft.values and draft.current]
    field = field_of(record_type)
    if not wanted or field is None:
        return
    rows = TagLink.objects.filter(
        record_type=record_type.name, record_id__in=[draft.id for draft in wanted], tag__deleted_at=None
    ).values_list("record_id", "tag_id", "tag__name", "tag__tone")
    borne: dict[int, list[TagMark]] = defaultdict(list)
    for record_id, tag_id, name, tone in rows:
        borne[record_id].append(TagMark(tag_id, name, tone))
    for draft in wanted:
        assert draft.current is not None
        draft.current[FIELD] = _ordered(borne[draft.id or 0])


def resolve(record_type: RecordType, drafts: Sequence[Draft], *, actor: Actor) -> Iterator[RowError]:
    """Put the company's tags in the place of names; new names become tags where the actor may make some.

    One query where somebody names tags, four where new ones are made.
    """
    naming = [draft for draft in drafts if draft.values.get(FIELD)]
    if not naming:
        for draft in drafts:
            if FIELD in draft.values:
                draft.values[FIELD] = ()
        return
    names = {folded(name): name for draft in naming for name in draft.values[FIELD]}
    known = _known(names)
    missing = [word for word in names if word not in known]
    if missing and actor.may("tag", "create"):
        _make([names[word] for word in missing], actor)
        known |= _known(missing)
    for draft in drafts:
        if FIELD not in draft.values:
            continue
        found = []
        for name in draft.values[FIELD]:
            tag = known.get(folded(name))
            if isinstance(tag, TagMark):
                found.append(tag)
                continue
            binned = folded(name) in known
            message = (
                _("The tag “%(name)s” is in the recycle bin. An administrator can restore it.")
                if binned
                else _("There is no tag “%(name)s”, and you may not make one.")
            )
            yield RowError(
                draft.index, FIELD, name, "binned" if binned else "unknown_tag", message % {"name": name}
            )
        draft.values[FIELD] = _ordered(found)


def _known(words: Any) -> dict[str, TagMark | None]:
    """Tags by folded name; None for those in the recycle bin."""
    rows = TagWord.objects.filter(word__in=list(words)).values_list(
        "word", "tag_id", "tag__name", "tag__tone", "tag__deleted_at"
    )
    return {word: None if binned else TagMark(pk, name, tone) for word, pk, name, tone, binned in rows}


def _make(names: Sequence[str], actor: Actor) -> None:
    """New words of the vocabulary. Whoever was faster with one keeps it."""
    Tag.objects.bulk_create(
        [Tag(name=name, created_by_id=actor.user_id, updated_by_id=actor.user_id) for name in names],
        ignore_conflicts=True,
    )
    made = list(Tag.objects.filter(name__in=names))
    TagWord.objects.bulk_create(
        [TagWord(word=folded(tag.name), tag=tag) for tag in made], ignore_conflicts=True
    )
    index.reindex(registry.get("tag"), [tag.pk for tag in made])


def store(record_type: RecordType, drafts: Sequence[Draft]) -> None:
    """Write the links of rows just stored, and what changed into their history. Two statements at most."""
    naming = [draft for draft in drafts if FIELD in draft.values and draft.id is not None]
    if not naming:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _STORE,
            {
                "type": record_type.name,
                "ids": [draft.id for draft in naming],
                "wanted": [" ".join(str(tag.id) for tag in draft.values[FIELD]) for draft in naming],
            },
        )
    told = {
        draft.id or 0: (draft.current.get(FIELD, ()), draft.values[FIELD])
        for draft in naming
        if draft.current is not None
    }
    tell(record_type, FIELD, {key: tuple(_words(side) for side in sides) for key, sides in told.items()})


def _words(tags: Any) -> list[str]:
    return [tag.name for tag in marks(tags)]


def tell(record_type: RecordType, name: str, changes: dict[int, Any]) -> None:
    """Write (before, after) of something kept beside the records into their history. One statement.

    Who and how come from the transaction, as for columns (`writing.context.sign`).
    """
    if not changes:
        return
    table = connection.ops.quote_name(record_type.table.name)
    with connection.cursor() as cursor:
        cursor.execute(
            _TELL.format(table=table),
            {
                "table": record_type.table.name,
                "ids": list(changes),
                "changes": [orjson.dumps({name: list(sides)}).decode() for sides in changes.values()],
            },
        )


def remove(record_type: RecordType, ids: Sequence[int]) -> None:
    """Links of records that go for good; the words and links of a tag that does. One or two statements."""
    if record_type.name == "tag":
        TagWord.objects.filter(tag__in=list(ids)).delete()
        TagLink.objects.filter(tag__in=list(ids)).delete()
    TagLink.objects.filter(record_type=record_type.name, record_id__in=list(ids)).delete()


def _ordered(tags: Sequence[TagMark]) -> tuple[TagMark, ...]:
    return tuple(sorted(set(tags), key=lambda tag: (tag.name, tag.id)))
