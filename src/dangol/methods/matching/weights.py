"""What levels of agreement are worth: the model by which one pair and millions of pairs are judged alike."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dangol.methods.matching.kinds import MISSING, Kind

ALONE: Final = 0.5
"""The highest probability of a pair for which a single name, address or code speaks and nothing else: thousands of
companies share their name with another one."""
RAREST: Final = 0.05
"""So much rarer than usual a value can at most be held to be: how rare it really is, a base cannot tell."""
USUAL: Final = 1_000
"""What is usual counts as much as so many records: in a base of ten, a name that two bear is not one that a fifth bears."""


@dataclass(frozen=True, slots=True)
class Field:
    """How one field speaks: the share of each level among matches (`likely`) and among others (`chance`)."""

    name: str
    kind: Kind
    likely: tuple[float, ...]
    chance: tuple[float, ...]

    @classmethod
    def untaught(cls, name: str, kind: Kind) -> Field:
        """As is usual for the kind."""
        return cls(name, kind, kind.likely, kind.chance)

    def weight(self, level: int, share: float = 0.0) -> float:
        """The natural logarithm of how much more frequent the level is among matches.

        Args:
            level: -1 where a value is missing: no evidence.
            share: of the records with the value, the more frequent one of the two; 0 where nobody knows.
        """
        if level == MISSING:
            return 0.0
        found = math.log(self.likely[level] / self.chance[level])
        if share > 0 and level in self.kind.shared:
            found -= math.log(max(share / self.chance[self.kind.top], RAREST))
        return found


@dataclass(frozen=True, slots=True)
class Model:
    """All fields, and how probable it is that two records taken at random are the same."""

    fields: tuple[Field, ...]
    prior: float

    @classmethod
    def untaught(cls, kinds: Mapping[str, Kind], records: int) -> Model:
        """What is usual, for a base in which nothing was learnt yet: one record in twenty has a duplicate."""
        return cls(
            tuple(Field.untaught(name, kind) for name, kind in kinds.items()),
            prior_of(0.05, max(records, USUAL)),
        )

    def probability(self, levels: Sequence[int], shares: Sequence[float]) -> float:
        """That two records are the same, from the level of each field."""
        weights = [
            field.weight(level, share)
            for field, level, share in zip(self.fields, levels, shares, strict=True)
        ]
        odds = math.log(self.prior / (1 - self.prior)) + sum(weights)
        found = 1 / (1 + math.exp(-max(-60.0, min(60.0, odds))))
        return min(found, ALONE) if self.is_alone(weights) else found

    def is_alone(self, weights: Sequence[float]) -> bool:
        """Whether a single field speaks for the pair, and it is not of a kind that leads to one by itself."""
        speaking = [
            field
            for field, weight in zip(self.fields, weights, strict=True)
            if weight > 0 and field.kind.shared
        ]
        telling = [field for field in speaking if field.kind.name != "value"]
        return len(telling) < 2 and not any(field.kind.leading for field in telling)

    def to_json(self) -> dict[str, Any]:
        return {
            "prior": self.prior,
            "fields": {
                field.name: {"kind": field.kind.name, "likely": field.likely, "chance": field.chance}
                for field in self.fields
            },
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any], kinds: Mapping[str, Kind]) -> Model:
        """As it was kept; fields that came later, or are of another kind now, as is usual."""
        kept = data["fields"]
        found = []
        for name, kind in kinds.items():
            one = kept.get(name)
            if one is None or one["kind"] != kind.name or len(one["likely"]) != len(kind.labels):
                found.append(Field.untaught(name, kind))
            else:
                found.append(Field(name, kind, tuple(one["likely"]), tuple(one["chance"])))
        return cls(tuple(found), float(data["prior"]))


def share_of(kind: Kind, others: float, records: int) -> float:
    """How frequent a value is that so many other records have.

    Of a number that leads by itself, the first other one is taken for the same owner's, not for a sign that it is common.
    """
    common = max(others - kind.leading, 0.0)
    return (common + USUAL * kind.chance[kind.top]) / (records + USUAL)


def prior_of(doubles: float, records: int) -> float:
    """How probable two records at random are the same, where this share of all records has one duplicate."""
    return min(0.1, doubles / max(records - 1, 1))
