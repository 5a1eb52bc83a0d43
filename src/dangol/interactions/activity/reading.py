"""The stream as one person may read it, newest first."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dangol.identity.actors import Actor
from dangol.identity.models import User
from dangol.interactions.activity.sources import Place, Raw, Scope, What, batch
from dangol.records import permissions, registry
from dangol.records.fields import Field, Locale
from dangol.records.history import columns_told
from dangol.records.titles import Titled, titles
from dangol.records.types import RecordType

PAGE = 30
ROUNDS = 3
BATCH = 120
TOGETHER = timedelta(hours=1)
LONGEST_TEXT = 300


@dataclass(slots=True)
class Item:
    """Something that happened, or several things of one act. `record` is the (last) record it happened to.

    `fields` are those that changed, `count` how many records; `kind` says what sort of note it is, `text` is the comment.
    """

    what: What
    id: int
    at: datetime
    by: int | None
    record_type: RecordType
    record: Titled
    act: str = ""
    fields: dict[str, Field] = field(default_factory=dict)
    restored: bool = False
    kind: str = ""
    text: str = ""
    about: Titled | None = None
    records: set[int] = field(default_factory=set)
    who: str = ""

    @property
    def count(self) -> int:
        return len(self.records)

    @property
    def labels(self) -> str:
        """The fields by name."""
        return ", ".join(str(one.label) for one in self.fields.values())

    def to_json(self) -> dict[str, Any]:
        """As the API gives it."""
        return {
            "kind": self.what.value,
            "at": self.at.isoformat(),
            "by": {"id": self.by, "name": self.who} if self.by else None,
            "record": {"type": self.record_type.name, "id": self.record.id, "title": self.record.title},
            "records": self.count,
            "fields": list(self.fields),
            "restored": self.restored,
            "comment": {"id": self.id, "text": self.text} if self.what == What.COMMENT else None,
            "customer": {"id": self.about.id, "title": self.about.title} if self.about else None,
        }


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the stream; `next` is the cursor of what came before, None at the end."""

    items: Sequence[Item]
    next: str | None


def activity_page(
    *,
    actor: Actor,
    scope: Scope = Scope.FOLLOWED,
    what: What | None = None,
    record_type: str = "",
    after: str = "",
    limit: int = PAGE,
) -> Page:
    """What happened, newest first, as far as the actor may see it: no value of a field, and no field that is not there for
    the actor.

    Where much of what happened is hidden from the actor a page may be short, or empty, and have a next one all the same.

    Args:
        what: only changes, comments or notes. record_type: only of records of this type.
        after: the cursor of the page before.

    Costs up to three rounds, each of three queries and one for each type of record in it; and one for names.

    Raises:
        ValueError: the cursor is none of ours.
    """
    place = Place.from_text(after) if after else Place()
    reader = _Reader(actor)
    types = [
        one.name
        for one in registry.all_types()
        if permissions.allowed(actor, one, "view") and record_type in ("", one.name)
    ]
    kinds = [what] if what else list(What)
    size = max(BATCH, 2 * limit)
    items: list[Item] = []
    for _round in range(ROUNDS):
        batches = [
            batch(kind, actor=actor, scope=scope, types=types, place=place, limit=size) for kind in kinds
        ]
        reader.know(raw for rows in batches for raw in rows)
        for raw in _merged(batches, size):
            item = reader.item(raw)
            if item is not None and not (items and _joined(items[-1], item)):
                if len(items) == limit:
                    return reader.page(items, place)
                items.append(item)
            place = place.below(raw)
        if all(len(rows) < size for rows in batches):
            return reader.page(items, None)
    return reader.page(items, place)


def _merged(batches: Sequence[Sequence[Raw]], size: int) -> Iterable[Raw]:
    """All of them by time, each in its own order; up to where one that was cut off has no more to compare with."""
    waiting = [(deque(rows), len(rows) == size) for rows in batches]
    while True:
        if any(cut and not rows for rows, cut in waiting):
            return
        heads = [rows for rows, _cut in waiting if rows]
        if not heads:
            return
        yield max(heads, key=lambda rows: rows[0].at).popleft()


def _joined(newer: Item, item: Item) -> bool:
    """Put a change to the one just after it when both are one act: of one record within the hour, or of one request."""
    if newer.what != What.CHANGE or item.what != What.CHANGE or newer.by != item.by:
        return False
    if newer.restored or item.restored or newer.record_type is not item.record_type:
        return False
    is_one_record = newer.records == item.records and newer.at - item.at <= TOGETHER
    if not is_one_record and not (newer.act and newer.act == item.act):
        return False
    newer.fields |= item.fields
    newer.records |= item.records
    return True


class _Reader:
    """What one actor may know of the records that were read so far."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.locale = Locale(actor.language, ZoneInfo(actor.time_zone))
        self.titled: dict[str, dict[int, Titled | None]] = defaultdict(dict)
        self.columns: dict[str, dict[str, Field]] = {}

    def know(self, raws: Iterable[Raw]) -> None:
        """Read the titles of these records, where they may be seen. One query for each type."""
        wanted: dict[str, set[int]] = defaultdict(set)
        for raw in raws:
            wanted[raw.record_type].add(raw.record_id)
            if raw.about is not None:
                wanted["customer"].add(raw.about)
        for name, ids in wanted.items():
            unknown = ids - self.titled[name].keys()
            found = titles(self.actor, registry.get(name), unknown) if unknown else {}
            self.titled[name].update((pk, found.get(pk)) for pk in unknown)

    def item(self, raw: Raw) -> Item | None:
        """The thing in words; None where there is nothing of it for this actor."""
        record = self.titled[raw.record_type].get(raw.record_id)
        if record is None:
            return None
        record_type = registry.get(raw.record_type)
        item = Item(raw.what, raw.id, raw.at, raw.by, record_type, record, raw.act, records={raw.record_id})
        if raw.what == What.CHANGE:
            item.restored = raw.restored
            told = self._columns(record_type)
            item.fields = {told[name].name: told[name] for name in raw.columns if name in told}
            return item if item.fields or item.restored else None
        if raw.what == What.COMMENT:
            item.text = raw.text if len(raw.text) <= LONGEST_TEXT else f"{raw.text[: LONGEST_TEXT - 1]}…"
            return item
        known = permissions.fields_for(self.actor, record_type)
        item.kind = known["kind"].text(raw.text, self.locale) if "kind" in known else ""
        if raw.about is not None and "customer" in known:
            item.about = self.titled["customer"].get(raw.about)
        return item

    def page(self, items: Sequence[Item], place: Place | None) -> Page:
        """With the names of those who did it. One query."""
        ids = {item.by for item in items if item.by is not None}
        names = dict(User.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}
        for item in items:
            item.who = names.get(item.by or 0, "")
        return Page(items, place.to_text() if place else None)

    def _columns(self, record_type: RecordType) -> dict[str, Field]:
        if record_type.name not in self.columns:
            self.columns[record_type.name] = columns_told(self.actor, record_type)
        return self.columns[record_type.name]
