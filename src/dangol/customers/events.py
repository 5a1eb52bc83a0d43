"""Facts about customers."""

from dataclasses import dataclass
from typing import ClassVar

from dangol.events.outbox import Event


@dataclass(frozen=True)
class CustomersReassigned(Event):
    """Customers went to another owner, team or territory; `owner_id` and so on are the new ones (None: unchanged)."""

    name: ClassVar[str] = "customers.reassigned"
    customer_ids: tuple[int, ...]
    owner_id: int | None = None
    team_id: int | None = None
    territory_id: int | None = None


@dataclass(frozen=True)
class ContactPointPromoted(Event):
    """A further number or address became the main one of its customer or contact."""

    name: ClassVar[str] = "customers.contact_point_promoted"
    contact_point_id: int
    customer_id: int
    contact_id: int | None = None
