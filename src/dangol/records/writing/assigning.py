"""Tells whom records were given to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from dangol.events import outbox
from dangol.identity.actors import Actor
from dangol.records.events import Assigned
from dangol.records.fields import Ref
from dangol.records.types import Draft, RecordType

SILENT = frozenset({"import", "undo"})
"""Ways in by which nobody gives anybody anything: what was so elsewhere is written down here."""


def announce_assigned(
    record_type: RecordType,
    created: Sequence[Draft],
    updated: Sequence[Draft],
    *,
    actor: Actor,
    origin: str,
) -> None:
    """One event for each person who now owns records that somebody else wrote; none where nobody does."""
    if origin in SILENT or not record_type.table.has_scope:
        return
    given: dict[int, list[int]] = defaultdict(list)
    for draft in (*created, *updated):
        owner = draft.values.get("owner")
        if isinstance(owner, Ref) and owner.id is not None and owner.id != actor.user_id and draft.id:
            given[owner.id].append(draft.id)
    for owner_id, ids in given.items():
        outbox.announce(
            Assigned(
                record_type=record_type.name,
                record_id=ids[0],
                by=actor.user_id,
                users=[owner_id],
                count=len(ids),
            ),
            actor=actor,
        )
