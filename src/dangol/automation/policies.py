"""Who may make rules, and for which records."""

from __future__ import annotations

from dangol.identity.actors import Actor, may_administer
from dangol.identity.models import Action
from dangol.records import registry
from dangol.records.types import RecordType


def can_automate(actor: Actor | None, record_type: RecordType) -> bool:
    """May the actor make rules for records of the type: by the right "automate", or as who administers. No query."""
    if actor is None or actor.seen_by is not None or record_type.scope.administered:
        return False
    if not actor.may(record_type.name, "view"):
        return False
    return may_administer(actor) or actor.may(record_type.name, Action.AUTOMATE.value)


def automatable(actor: Actor | None) -> list[RecordType]:
    """The types that the actor may make rules for, in the order of the menu. No query."""
    return [record_type for record_type in registry.all_types() if can_automate(actor, record_type)]


def can_automate_any(actor: Actor | None) -> bool:
    """Whether there is a type that the actor may make rules for. No query."""
    return bool(automatable(actor))
