"""Who wants to be told of what, kept in each process: announcing a fact asks it, and must cost nothing."""

from __future__ import annotations

from dangol.events.outbox import Event
from dangol.integrations.models import WebhookEndpoint
from dangol.integrations.webhooks import kinds

REVISION = "webhooks"
_wanted: frozenset[str] | None = frozenset()  # until a revision says otherwise, there never was an endpoint


def forget() -> None:
    """Read anew when asked next."""
    global _wanted
    _wanted = None


def wanted() -> frozenset[str]:
    """The names that any live endpoint wants. One query after a change, else none."""
    global _wanted
    found = _wanted
    if found is None:
        rows = WebhookEndpoint.objects.filter(is_active=True, stopped_at=None).values_list(
            "events", flat=True
        )
        found = _wanted = frozenset(name for names in rows for name in names)
    return found


def is_wanted(event: Event) -> bool:
    """Whether an endpoint wants to be told of this fact. No query as a rule; two or three for a merge, where somebody wants
    to be told of those."""
    known = wanted()
    acts = {name.rpartition(".")[2] for name in known}
    return any(
        ids and f"{record_type}.{kind.act}" in known
        for kind in kinds.of_event(type(event))
        if kind.act in acts
        for record_type, ids in kind.found(event)
    )
