"""Facts about orders."""

from dataclasses import dataclass
from typing import ClassVar

from dangol.events.outbox import Event


@dataclass(frozen=True)
class OrderTotalsChanged(Event):
    """The lines of these orders add up to something else than before."""

    name: ClassVar[str] = "commerce.order_totals_changed"
    order_ids: tuple[int, ...]
