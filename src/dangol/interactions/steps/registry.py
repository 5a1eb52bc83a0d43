"""Who says what to do next on a customer's page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from dangol.identity.actors import Actor

SHOWN = 4


@dataclass(frozen=True)
class Act:
    """What one press does: open the composer with kind, text and contact filled in, or tick a task off."""

    label: str
    icon: str = ""
    compose: str = ""
    text: str = ""
    contact: int | None = None
    task: int | None = None


@dataclass(frozen=True)
class Step:
    """Something to do next, with the fact that is the reason for it.

    urgency: the higher one stands first; see the numbers below. value: the money at stake, None when not known.
    """

    key: str
    title: str
    reason: str
    act: Act
    urgency: int
    value: Decimal | None = None
    currency: str = ""
    url: str = ""
    is_late: bool = False


OVERDUE, LEAVING, DUE_TODAY, SILENT, PLANNED = 50, 40, 30, 20, 10
"""How urgent: a promise that was not kept, a customer about to leave, a promise of today, silence, what is planned."""

Source = Callable[[Actor, Mapping[str, Any], datetime], Sequence[Step]]
_sources: dict[str, Source] = {}


def add_steps(key: str, source: Source) -> None:
    """Add a source of steps; it is asked with the actor, the customer's record and the moment in the actor's zone."""
    _sources[key] = source


def steps(actor: Actor, record: Mapping[str, Any], now: datetime) -> list[Step]:
    """The most urgent steps with a customer. Costs what the sources cost; those that come with the product: nothing."""
    found = [step for source in _sources.values() for step in source(actor, record, now)]
    found.sort(key=lambda step: (-step.urgency, -(step.value or 0)))
    return found[:SHOWN]
