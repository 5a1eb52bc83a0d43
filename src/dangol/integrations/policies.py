"""Who may open doors."""

from __future__ import annotations

from dangol.identity.actors import Actor, may_administer


def can_administer(actor: Actor) -> bool:
    """Whether the actor may see and change webhooks; nobody does so through another's eyes."""
    return may_administer(actor) and actor.seen_by is None


def can_lend_rights(actor: Actor, owner_id: int) -> bool:
    """Whether the actor may have data sent under somebody's rights: one's own, or as a system administrator anybody's."""
    return actor.is_administrator or actor.user_id == owner_id
