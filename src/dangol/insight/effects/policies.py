"""Who may see what programmes changed, and who may make one."""

from __future__ import annotations

from dangol.identity.actors import Actor
from dangol.insight.policies import can_see_value
from dangol.records import fieldrules, permissions, registry


def can_see_effects(actor: Actor | None) -> bool:
    """Whoever sees programmes, and all customers with all their orders.

    The effect is of all customers of both groups. Of a part of them it would be another number with another interval, and
    two parts would tell what is in the third; so it is told whole or not at all. No query.
    """
    return (
        actor is not None
        and actor.may("programme", "view")
        and can_see_value(actor)
        and permissions.visible_q(actor, registry.get("customer")) is True
        and "all" in actor.scopes("order", "view")
    )


def can_see_visits(actor: Actor) -> bool:
    """Whoever sees all interactions, and which of them are meetings. No query."""
    return "all" in actor.scopes("interaction", "view") and fieldrules.is_clear(
        actor, "interaction", "kind", "occurred_at"
    )


def can_make_programmes(actor: Actor | None) -> bool:
    """Whoever sees effects, and may make programmes and the segments in which their groups are kept. No query."""
    return (
        can_see_effects(actor)
        and actor is not None
        and actor.may("programme", "create")
        and actor.may("segment", "create")
    )
