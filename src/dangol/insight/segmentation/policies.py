"""Who may look at segments, and who may make them."""

from __future__ import annotations

from dangol.identity.actors import Actor


def can_see(actor: Actor | None) -> bool:
    """Whoever may see segments and customers, in whatever scope."""
    return actor is not None and actor.may("segment", "view") and actor.may("customer", "view")


def can_make(actor: Actor | None) -> bool:
    """Whoever may see them, and make one."""
    return can_see(actor) and actor is not None and actor.may("segment", "create")
