"""Hits as a page or the palette shows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from dangol.records import fieldrules, permissions, registry
from dangol.records.fields import Locale
from dangol.records.looks import taking as looks
from dangol.records.search.query import Hit, search

if TYPE_CHECKING:
    from dangol.identity.actors import Actor
    from dangol.records.types import RecordType


@dataclass(frozen=True, slots=True)
class TitledHit:
    """A hit with what the record is called, and a line that tells it from others of that name."""

    hit: Hit
    record_type: RecordType
    title: str
    subtitle: str

    @property
    def id(self) -> int:
        """The record's id."""
        return self.hit.id


def find(
    *, actor: Actor, q: str, types: Iterable[RecordType | str] | None = None, limit: int = 20
) -> list[TitledHit]:
    """What the actor may see of what matches, best first, with titles; `types` are record types or their names.

    Costs what `search` costs, and one query for each record type found.
    """
    chosen = None if types is None else [registry.get(one) if isinstance(one, str) else one for one in types]
    hits = search(actor=actor, q=q, types=chosen, limit=limit)
    return hits_with_titles(hits, actor=actor, types=chosen)


def hits_with_titles(
    hits: Sequence[Hit], *, actor: Actor, types: Iterable[RecordType] | None = None
) -> list[TitledHit]:
    """The hits with their titles, in the same order; one query for each record type among them.

    Reads by id without asking for permission: the hits come from `search`, which has. A record that is gone by now is
    left out.
    """
    known = {kind.name: kind for kind in (registry.all_types() if types is None else types)}
    ids: dict[str, list[int]] = defaultdict(list)
    for hit in hits:
        ids[hit.record_type].append(hit.id)
    for name, wanted in ids.items():
        looks.note("search", known[name], wanted)
    called = {name: _called(known[name], wanted, actor) for name, wanted in ids.items()}
    return [
        TitledHit(hit, known[hit.record_type], *texts)
        for hit in hits
        if (texts := called[hit.record_type].get(hit.id)) is not None
    ]


def _called(record_type: RecordType, ids: Sequence[int], actor: Actor) -> dict[int, tuple[str, str]]:
    """Title and subtitle by id."""
    locale = Locale(actor.language, ZoneInfo(actor.time_zone))
    record_type = fieldrules.seen_by(actor, record_type)
    fields = [record_type.fields[name] for name in (record_type.title, *record_type.subtitle)]
    columns: dict[str, Any] = {}
    spans = []
    for field in fields:
        start = len(columns)
        columns |= {
            f"column_{start + i}": expression
            for i, expression in enumerate(permissions.selected(actor, field))
        }
        spans.append((field, start, len(columns)))
    rows = record_type.model._base_manager.filter(pk__in=ids).order_by().annotate(**columns)
    found = {}
    for record_id, *values in rows.values_list("pk", *columns):
        title, *rest = [field.text(field.value_of(values[start:end]), locale) for field, start, end in spans]
        found[record_id] = (title, " · ".join(part for part in rest if part))
    return found
