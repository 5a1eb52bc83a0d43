"""Tells whom records were given to."""

from __future__ import annotations

from collections.abc import Sequence

from dangol.events import outbox
from dangol.identity.actors import Actor
from dangol.records.events import RecordsAssigned
from dangol.records.fields import Ref
from dangol.records.types import Draft, RecordType

SILENT = frozenset({"import", "undo"})
"""Ways in by which nobody gives anybody anything: what was so elsewhere is written down here."""


def given_by(
    record_type: RecordType, drafts: Sequence[Draft], *, actor: Actor, origin: str
) -> list[tuple[int, int]]:
    """Records just stored that somebody else than the actor owns since then, each with that person."""
    if origin in SILENT or not record_type.table.has_scope:
        return []
    given = []
    for draft in drafts:
        new, old = draft.values.get("owner"), (draft.current or {}).get("owner")
        before = old.id if isinstance(old, Ref) else None
        if draft.id and isinstance(new, Ref) and new.id is not None and new.id not in (actor.user_id, before):
            given.append((draft.id, new.id))
    return given


def announce_assigned(record_type: RecordType, given: Sequence[tuple[int, int]], *, actor: Actor) -> None:
    """Announce who owns which records now; nothing where nobody was given any."""
    if given:
        ids, users = zip(*given, strict=True)
        outbox.announce(RecordsAssigned(record_type.name, list(ids), list(users), actor.user_id), actor=actor)
