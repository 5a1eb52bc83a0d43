"""Business acts on customers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dangol.customers.events import ContactPointPromoted, CustomersReassigned
from dangol.customers.models import ContactPoint, PointKind
from dangol.events.outbox import announce
from dangol.identity.actors import Actor
from dangol.identity.models import Team, Territory, User
from dangol.records import permissions, registry, writing
from dangol.records.writing import Change, Missing, RowError, Written


def customer_reassign(
    *,
    customer_ids: Sequence[int],
    actor: Actor,
    owner: User | None = None,
    team: Team | None = None,
    territory: Territory | None = None,
    origin: str = "page",
) -> Written:
    """Hand customers to another owner, team or territory; what is not given stays, except that a new owner
    brings his or her own team and territory along.

    Args:
        customer_ids: which; all of them must be editable by the actor.
        actor: who does it.
        owner: the new owner. team, territory: when they are not the owner's.

    Returns:
        What the writer did. About fourteen queries, whatever the number of customers.

    Raises:
        ValueError: nothing was asked for.
        Missing: the actor may not edit one of them; nothing changed.
    """
    if owner is not None:
        team = team or owner.team
        territory = territory or owner.territory
    values: dict[str, Any] = {
        name: node.pk
        for name, node in (("owner", owner), ("team", team), ("territory", territory))
        if node is not None
    }
    if not values:
        raise ValueError("name an owner, a team or a territory")
    with transaction.atomic():
        written = writing.write(
            registry.get("customer"),
            [Change(values, id=pk) for pk in customer_ids],
            actor=actor,
            origin=origin,
        )
        if written.updated:
            announce(
                CustomersReassigned(
                    customer_ids=tuple(written.updated),
                    owner_id=values.get("owner"),
                    team_id=values.get("team"),
                    territory_id=values.get("territory"),
                ),
                actor=actor,
            )
    return written


def contact_point_promote(*, contact_point_id: int, actor: Actor, origin: str = "page") -> None:
    """Make a further number or address the main one; the one that was main becomes the further one.

    Raises:
        Missing: the actor may not edit the contact point (or what it belongs to).
        ValueError: it is a fax number; those are never main.
    """
    points = registry.get("contact_point")
    with transaction.atomic():
        point = (
            permissions.visible_to(actor, points, "edit")
            .select_related("customer", "contact")
            .select_for_update(of=("self",))
            .filter(pk=contact_point_id)
            .first()
        )
        if point is None:
            raise Missing([RowError(0, "id", contact_point_id, "missing", _("There is no such record."))])
        if point.kind == PointKind.FAX:
            raise ValueError("a fax number cannot be the main phone number")
        holder = point.contact or point.customer
        column = "email" if point.kind == PointKind.EMAIL else "phone"
        former = getattr(holder, column)
        holder_type = registry.get("contact" if point.contact_id else "customer")
        writing.update(holder_type, holder.pk, {column: point.value}, actor=actor, origin=origin)
        if former and not _exists(point, former):
            writing.update(points, point.pk, {"value": former}, actor=actor, origin=origin)
        else:
            writing.delete(points, [point.pk], actor=actor, origin=origin)
        announce(
            ContactPointPromoted(
                contact_point_id=point.pk, customer_id=point.customer_id, contact_id=point.contact_id
            ),
            actor=actor,
        )


def _exists(point: ContactPoint, value: str) -> bool:
    same = ContactPoint.objects.filter(customer=point.customer_id, contact=point.contact_id, kind=point.kind)
    return same.filter(value=value).exclude(pk=point.pk).exists()
