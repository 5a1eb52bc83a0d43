"""Everything that is kept about one person: the record itself, and whatever points at it, through the registry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from dangol.records import registry, tombstones
from dangol.records.fields import Reference
from dangol.records.fields.own import Own, OwnReference
from dangol.records.types import RecordType

ROUNDS = 4
"""How many references away from the person something may lie: the lines of an order are two."""


@dataclass
class Gathered:
    """Ids by record type. `own` is about the person and goes with the person; `kept` is business that stays."""

    own: dict[str, set[int]] = field(default_factory=dict)
    kept: dict[str, set[int]] = field(default_factory=dict)

    def everything(self) -> Iterator[tuple[RecordType, list[int]]]:
        """Types and ids, the person first."""
        for part in (self.own, self.kept):
            for name, ids in part.items():
                yield registry.get(name), sorted(ids)


def gather(record_type: RecordType, record_id: int) -> Gathered:
    """What there is about a person, also in the recycle bin. A query for each reference that leads to something found.

    From records of people – contacts, notes, consents – the search goes on; business records – orders, invoices – are
    found with their lines, but what else points at those is not the person's. Records that were merged into the person's are
    the person's, too.
    """
    found = Gathered()
    person = {record_id, *tombstones.part_of(record_type, [record_id])}
    found.own[record_type.name] = set(person)
    edge: dict[str, set[int]] = {record_type.name: person}
    for _round in range(ROUNDS):
        further: dict[str, set[int]] = {}
        for child in registry.all_types():
            if child is record_type:
                continue  # a household's members, a group's companies: people of their own
            part = found.own if child.personal else found.kept
            known = part.get(child.name, set())
            ids = _pointing(child, edge) - known
            if ids:
                part.setdefault(child.name, set()).update(ids)
                further.setdefault(child.name, set()).update(ids)
        if not further:
            break
        edge = further
    return found


def _pointing(child: RecordType, edge: dict[str, set[int]]) -> set[int]:
    ids: set[int] = set()
    for reference in child.fields.values():
        wanted = edge.get(getattr(reference, "target", None) or "")
        if not wanted or not isinstance(reference, Reference):
            continue
        rows = child.model._default_manager.all()
        if isinstance(reference, OwnReference):
            rows = rows.filter(reference.q("in", tuple(wanted)))
        elif isinstance(reference, Own) or reference.name not in child.table.columns:
            continue
        else:
            rows = rows.filter(**{f"{reference.column}__in": wanted})
        ids.update(rows.order_by().values_list("pk", flat=True))
    return ids


def together(several: Iterable[Gathered]) -> Gathered:
    """What there is about several persons, as one."""
    found = Gathered()
    for one in several:
        for part, more in ((found.own, one.own), (found.kept, one.kept)):
            for name, ids in more.items():
                part.setdefault(name, set()).update(ids)
    return found
