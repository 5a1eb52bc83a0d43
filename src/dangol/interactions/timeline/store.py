"""Keeps the entries and reads them: the implementation of the kernel's timeline port."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from django.db import connection
from django.db.models import BigIntegerField, Exists, F, Func, OuterRef, Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.interactions import attached
from dangol.interactions.models import TimelineEntry
from dangol.interactions.timeline.presenting import Reader, Stored, fields_of, kinds_on, needs_of, shown
from dangol.records import fieldrules, permissions, registry
from dangol.records.objects.removing import delete_some
from dangol.records.ports import Entry, TimelinePage
from dangol.records.types import RecordType

ALL = "all"
LONGEST_TITLE = 250
LONGEST_BODY = 1000
_COLUMNS = {
    "subject_type": "text", "subject_id": "bigint", "source_type": "text", "source_id": "bigint", "kind": "text",
    "at": "timestamptz", "title": "text", "body": "text", "data": "jsonb", "actor_id": "bigint",
}  # fmt: skip
_ADD = """
INSERT INTO interactions_timelineentry AS e ({columns})
SELECT * FROM unnest({arrays})
ON CONFLICT (source_type, source_id, kind, subject_type, subject_id) DO UPDATE
SET at = EXCLUDED.at, title = EXCLUDED.title, body = EXCLUDED.body, data = EXCLUDED.data, actor_id = EXCLUDED.actor_id
WHERE (e.at, e.title, e.body, e.data, e.actor_id)
      IS DISTINCT FROM (EXCLUDED.at, EXCLUDED.title, EXCLUDED.body, EXCLUDED.data, EXCLUDED.actor_id)
""".format(columns=", ".join(_COLUMNS), arrays=", ".join(f"%s::{kind}[]" for kind in _COLUMNS.values()))


class _Comments(Func):
    """How many comments there are on what an entry tells of; an index look-up for each entry of a page."""

    template = (
        "(SELECT count(*) FROM interactions_comment said WHERE said.record_type = %(expressions)s "
        "AND said.deleted_at IS NULL)"
    )
    arg_joiner = " AND said.record_id = "
    output_field = BigIntegerField()

    def __init__(self) -> None:
        super().__init__(F("source_type"), F("source_id"))


class TimelineError(ValueError):
    """A cursor that is none."""


def remove_subjects(record_type: RecordType, ids: Sequence[int]) -> None:
    """Take away the timelines of records that go for good. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM interactions_timelineentry WHERE subject_type = %s AND subject_id = ANY(%s)",
            [record_type.name, list(ids)],
        )


def forget_type(record_type: str, most: int) -> int:
    """Take away up to so many entries of a type of records that is gone: on its timelines, and told of it elsewhere."""
    return delete_some(
        "interactions_timelineentry",
        "subject_type = %s OR source_type = %s",
        [record_type, record_type],
        most,
    )


class StoredTimeline:
    """Entries in one table, told apart by source, kind and subject, so that rewriting one is harmless."""

    def add(self, entries: Sequence[Entry]) -> None:
        """Write or rewrite entries, in the caller's transaction. One statement, however many."""
        if not entries:
            return
        last = {(entry.source, entry.kind, entry.subject): entry for entry in entries}
        rows = [
            (
                *entry.subject, *entry.source, entry.kind, entry.at, entry.title[:LONGEST_TITLE],
                entry.body[:LONGEST_BODY], orjson.dumps(dict(entry.data)).decode(), entry.actor_id,
            )
            for entry in last.values()
        ]  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(_ADD, [list(column) for column in zip(*rows, strict=True)])

    def remove(self, source_type: str, source_ids: Sequence[int]) -> None:
        """Take away the entries that tell of these records. One statement."""
        if source_ids:
            with connection.cursor() as cursor:
                cursor.execute(
                    "DELETE FROM interactions_timelineentry WHERE source_type = %s AND source_id = ANY(%s)",
                    [source_type, list(source_ids)],
                )

    def page(
        self,
        *,
        actor: Actor,
        record_type: RecordType,
        record_id: int,
        tab: str = ALL,
        limit: int = 30,
        after: str | None = None,
    ) -> TimelinePage:
        """Entries that the actor may read, newest first. One statement.

        Args:
            actor: sees an entry only where it may see the record that the entry tells of. That the actor may
                see the record whose page this is, the caller has checked.
            record_type, record_id: on whose page.
            tab: all, conversations, orders, or a tab that a higher room's presenters name.
            limit: entries a page.
            after: the cursor of the page before.

        Raises:
            TimelineError: the cursor is none of ours.
        """
        rows = entries_query(
            actor=actor, record_type=record_type, record_id=record_id, tab=tab, limit=limit, after=after
        )
        return page_of(list(rows), actor=actor, limit=limit)


def entries_query(
    *,
    actor: Actor,
    record_type: RecordType,
    record_id: int,
    tab: str = ALL,
    limit: int = 30,
    after: str | None = None,
) -> QuerySet[Any, Any]:
    """The rows of a page and one more, which says whether there is another page. Lazy.

    Raises:
        TimelineError: the cursor is none of ours.
    """
    rows = TimelineEntry.objects.filter(subject_type=record_type.name, subject_id=record_id)
    if tab != ALL:
        rows = rows.filter(kind__in=kinds_on(tab))
    rows = rows.filter(_readable(actor))
    if not attached.is_told(actor, record_type):
        rows = rows.exclude(source_type=attached.INTERACTION)
    if after:
        at, entry_id = _read_cursor(after)
        rows = rows.filter(at__lte=at).filter(Q(at__lt=at) | Q(pk__lt=entry_id))
    named = rows.order_by("-at", "-pk").annotate(who=F("actor__name"), comments=_Comments())
    return named.values(
        "id",
        "subject_type",
        "source_type",
        "source_id",
        "kind",
        "at",
        "title",
        "body",
        "data",
        "actor_id",
        "who",
        "comments",
    )[: limit + 1]


def page_of(rows: Sequence[Mapping[str, Any]], *, actor: Actor, limit: int = 30) -> TimelinePage:
    """The rows of `entries_query` as they are read; moments may be ISO text. No query."""
    reader = Reader(actor.language, ZoneInfo(actor.time_zone), timezone.now())
    with translation.override(actor.language):
        entries = [shown(_stored(row, actor), reader) for row in rows[:limit]]
    last = entries[-1] if len(rows) > limit else None
    return TimelinePage(entries, _write_cursor(last.at, last.id) if last else None)


def _readable_data(row: Mapping[str, Any], actor: Actor) -> Mapping[str, Any]:
    """The entry's data without what comes from records that the actor might not see.

    Those belong where the entry's subject belongs, which the actor sees: so the roles settle it.
    """
    data: Mapping[str, Any] = row["data"]
    hidden = {
        key
        for key, needed in needs_of(row["kind"]).items()
        if key in data
        and not permissions.follows(actor, registry.get(needed), registry.get(row["subject_type"]))
    }
    return {key: value for key, value in data.items() if key not in hidden} if hidden else data


def _ruled_data(row: Mapping[str, Any], data: Mapping[str, Any], actor: Actor) -> Mapping[str, Any]:
    """The entry's data without what field rules hide or mask: facts have no mask. People are named as they may be seen."""
    if not actor.field_rules:
        return data
    names = fields_of(row["kind"])
    shown = {}
    for key, value in data.items():
        type_name, _dot, name = names.get(key, "").rpartition(".")
        type_name = type_name or row["source_type"]
        if (
            name
            and name in registry.get(type_name).fields
            and not fieldrules.is_clear(actor, type_name, name)
        ):
            continue
        shown[key] = value
    contact = shown.get("contact")
    if isinstance(contact, Mapping):
        titles = {"id": "", "title": "job_title"}
        shown["contact"] = fieldrules.shown_row(actor, "contact", contact, titles)
    return shown


def _stored(row: Mapping[str, Any], actor: Actor) -> Stored:
    at = row["at"]
    texts = fieldrules.shown_row(
        actor, row["source_type"], {key: row[key] for key in ("title", "body")}, fields_of(row["kind"])
    )
    return Stored(
        id=row["id"],
        source=(row["source_type"], row["source_id"]),
        kind=row["kind"],
        at=datetime.fromisoformat(at) if isinstance(at, str) else at,
        title=texts["title"],
        body=texts["body"],
        data=_ruled_data(row, _readable_data(row, actor), actor),
        actor_id=row["actor_id"],
        actor_name=row["who"] or "",
        comments=row["comments"],
    )


def _readable(actor: Actor) -> Q:
    """Entries whose source the actor may see; sources of types that are seen in full need no look at the rows."""
    condition = Q(pk__in=[])
    in_full = []
    for source in registry.all_types():
        visible = permissions.visible_q(actor, source)
        if visible is True:
            in_full.append(source.name)
        elif visible is not False:
            rows: QuerySet[Any] = permissions.visible_to(actor, source).filter(pk=OuterRef("source_id"))
            condition |= Q(source_type=source.name) & Q(Exists(rows))
    if in_full:
        condition |= Q(source_type__in=in_full)
    return condition


def _write_cursor(at: datetime, entry_id: int) -> str:
    return f"{int(at.timestamp()) * 1_000_000 + at.microsecond}-{entry_id}"


def _read_cursor(text: str) -> tuple[datetime, int]:
    micros, _dash, entry_id = text.partition("-")
    if not (
        micros.isascii() and micros.isdigit() and entry_id.isascii() and entry_id.isdigit() and len(text) < 40
    ):
        raise TimelineError(_("The cursor is not valid. Start from the first page."))
    number = int(micros)
    try:
        at = datetime.fromtimestamp(number // 1_000_000, tz=ZoneInfo("UTC")).replace(
            microsecond=number % 1_000_000
        )
    except (OverflowError, ValueError, OSError):
        raise TimelineError(_("The cursor is not valid. Start from the first page.")) from None
    if int(entry_id) >= 2**63:
        raise TimelineError(_("The cursor is not valid. Start from the first page."))
    return at, int(entry_id)
