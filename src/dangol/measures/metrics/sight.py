"""How much of a metric's rows an actor sees: filter trees, the same that lists go by."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Literal

from dangol.identity.actors import Actor
from dangol.measures.metrics.declaration import Metric, get
from dangol.measures.metrics.dimensions import Dimension
from dangol.records import permissions, registry
from dangol.records.filters import EVERYTHING, Tree

Seen = Tree | Literal[False]


def seen(actor: Actor, record_type: str) -> Seen:
    """What the actor may see of the type."""
    return permissions.visible(actor, registry.get(record_type))


def types_of(metric: Metric, by: Dimension | None = None) -> list[str]:
    """The record types whose permissions decide what of the metric an actor sees."""
    if metric.ratio is not None:
        return sorted({name for part in metric.ratio for name in types_of(get(part), by)})
    link = by.link.record_type if by is not None and by.link is not None else ""
    return sorted({metric.lists, metric.counted, link} - {""})


def sees_all(actor: Actor, metric: Metric, by: Dimension | None = None) -> bool:
    """Whether nothing of it is withheld from the actor. No query."""
    if metric.ratio is not None:
        return all(sees_all(actor, get(name), by) for name in metric.ratio)
    if metric.guard is not None and metric.guard(actor) is not None:
        return False
    return all(seen(actor, name) == EVERYTHING for name in types_of(metric, by))


def key_of(actor: Actor) -> Hashable:
    """All of an actor that decides what he sees and what his words (`me`, `mine`, days) mean."""
    return (
        actor.user_id,
        actor.is_administrator,
        actor.time_zone,
        actor.team_id,
        actor.team_ids,
        actor.territory_id,
        actor.territory_ids,
        frozenset(actor.grants.items()),
        frozenset(actor.field_rules.items()),
    )
