"""Who puts what on the home page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise

from dangol.identity.actors import Actor


@dataclass(frozen=True)
class Item:
    """Something to do, with its reason and its one act.

    value: the money at stake, None when it is not known; such items stand last. urgency: among equal values the
    higher one stands first. act_url is a link; `posts` makes the act a button that sends `act_data` there.
    """

    key: str
    icon: str
    title: str
    reason: str
    url: str
    act: str
    act_url: str
    tone: str = "b"
    value: Decimal | None = None
    urgency: int = 0
    posts: bool = False
    act_data: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Card:
    """A card in the right column. `build(actor, now)` runs its queries; None leaves the card out."""

    key: str
    label: str | Promise
    template: str
    build: Callable[[Actor, datetime], Mapping[str, Any] | None]
    order: int = 50


Source = Callable[[Actor, datetime], Sequence[Item]]
_sources: dict[str, Source] = {}
_cards: dict[str, Card] = {}


def add_items(key: str, source: Source) -> None:
    """Add a source of things to do; it is asked with the actor and the moment, in the actor's zone."""
    _sources[key] = source


def add_card(card: Card) -> None:
    """Add a card."""
    _cards[card.key] = card


def cards() -> list[Card]:
    """All cards, in their order."""
    return sorted(_cards.values(), key=lambda card: card.order)


def items(actor: Actor, now: datetime, limit: int = 20) -> list[Item]:
    """What there is to do, the most valuable first. Costs what the sources cost."""
    found = [item for source in _sources.values() for item in source(actor, now)]
    found.sort(key=lambda item: (item.value is None, -(item.value or 0), -item.urgency, item.key))
    return found[:limit]
