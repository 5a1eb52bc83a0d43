"""In whose name a rule acts, and how its writes say so."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace

from dangol.automation.models import RuleVersion
from dangol.automation.policies import can_automate
from dangol.identity.actors import Actor, actor_for
from dangol.records import registry

ORIGIN = "automation"
PREFIX = "rule"


@dataclass(frozen=True, slots=True)
class Chain:
    """What one act of a person set off: rules, that set off rules. `depth` is how many came before."""

    key: uuid.UUID
    depth: int = 0

    def request_of(self, rule_id: int) -> str:
        """The request id under which a rule's writes stand in history and in events."""
        return f"{PREFIX}-{rule_id}-{self.key.hex}-{self.depth}"


def chain_in(request_id: str) -> tuple[int, Chain] | None:
    """The rule and the chain that a request id tells of; None for what no rule did."""
    parts = request_id.split("-")
    if len(parts) != 4 or parts[0] != PREFIX or not parts[1].isdigit() or not parts[3].isdigit():
        return None
    try:
        return int(parts[1]), Chain(uuid.UUID(parts[2]), int(parts[3]))
    except ValueError:
        return None


def after(request_id: str) -> Chain:
    """The chain that what this request did belongs to: one step further where a rule did it, else a new one."""
    found = chain_in(request_id)
    return Chain(uuid.uuid4()) if found is None else Chain(found[1].key, found[1].depth + 1)


def actor_of(version: RuleVersion, record_type: str) -> Actor | None:
    """The version's author with the rights of now; None where that person has left or may not automate the type any more.

    One query.
    """
    found = registry.find(record_type)
    if found is None or not version.author.is_active:
        return None
    actor = actor_for(version.author)
    return actor if can_automate(actor, found) else None


def signed(actor: Actor, rule_id: int, chain: Chain) -> Actor:
    """The actor as the rule writes: rights as they are, the rule in the request id."""
    return replace(actor, request_id=chain.request_of(rule_id))
