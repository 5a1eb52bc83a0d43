"""Reactions to facts of other rooms."""

from __future__ import annotations

import uuid

from dangol.events.outbox import handles
from dangol.interactions.following import follow_others
from dangol.records.events import Assigned


@handles(Assigned)
def follow_what_is_given(event: Assigned, *, event_id: uuid.UUID) -> None:
    """Whoever is given a record follows it, unless chosen otherwise. Of many at once nobody follows each."""
    if event.count == 1:
        follow_others(
            users=list(event.users),
            record_type=event.record_type,
            record_id=event.record_id,
            reason="assigned",
        )
