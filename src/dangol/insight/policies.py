"""Who may see customer value, and of whom."""

from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q, QuerySet

from dangol.identity.actors import Actor, may_administer
from dangol.records import fieldrules, permissions, registry


def can_see_value(actor: Actor | None) -> bool:
    """Whoever may see customers and orders, in whatever scope, and what these amount to; the figures keep to it."""
    return (
        actor is not None
        and actor.may("customer", "view")
        and actor.may("order", "view")
        and fieldrules.is_clear(actor, "order", "amount", "ordered_at")
        and fieldrules.is_clear(actor, "customer", "rfm.segment", "rfm.monetary", "rfm.recency")
    )


def can_refresh(actor: Actor | None) -> bool:
    """Whoever may see all orders: a refresh is the company's, not one team's."""
    return can_see_value(actor) and actor is not None and "all" in actor.scopes("order", "view")


def can_see_models(actor: Actor | None) -> bool:
    """Whoever may see all orders: what models were learnt from is the whole company."""
    return can_refresh(actor)


def can_publish(actor: Actor | None) -> bool:
    """Whoever looks after the company's settings decides which models it goes by."""
    return may_administer(actor)


@dataclass(frozen=True, slots=True)
class Sight:
    """Whose figures an actor may see: `everything`, or those of the `customers` (a lazy query of their ids).

    `customers` leaves out what is in the recycle bin, also for those who see everything.
    """

    everything: bool
    customers: QuerySet[Any]


def sight_of(actor: Actor) -> Sight:
    """The customers whose figures the actor may see. No query yet.

    Figures come from orders, so both permissions must hold. An order belongs where its customer belongs, therefore
    the scopes of orders are asked of the customers' own columns.
    """
    customer = registry.get("customer")
    by_orders = replace(actor, grants={("customer", "view"): actor.scopes("order", "view")})
    conditions = [permissions.visible_q(one, customer) for one in (actor, by_orders)]
    rows = customer.model._default_manager.filter(deleted_at__isnull=True)
    for condition in conditions:
        if condition is False:
            rows = rows.none()
        elif isinstance(condition, Q):
            rows = rows.filter(condition)
    return Sight(all(condition is True for condition in conditions), rows.order_by().values("pk"))
