"""One pair after the other, judged by the weights of the type. For entry and import; scans judge in bulk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from dangol.methods.matching.kinds import MISSING, Forms, Kind
from dangol.methods.matching.weights import share_of
from dangol.records.matching.reading import Texts
from dangol.records.matching.rules import Rules


@dataclass(frozen=True, slots=True)
class Judged:
    """How probable it is that two records are about the same, and on which level each compared field agrees."""

    probability: float
    evidence: Mapping[str, str]


@lru_cache(maxsize=20_000)
def _forms(kind: Kind, text: str) -> Forms | None:
    return kind.forms(text)


def judge(
    rules: Rules, left: Texts, right: Texts, *, bearers: int = 0, without: frozenset[str] = frozenset()
) -> Judged:
    """Judge a pair.

    Args:
        bearers: how many records beside the one bear its name.
        without: fields that must not speak, since whoever asks may not know them.
    """
    levels: list[int] = []
    shares: list[float] = []
    evidence: dict[str, str] = {}
    for one, mine, other in zip(rules.compares, left, right, strict=True):
        level = MISSING
        if mine is not None and other is not None and not without.intersection(one.fields):
            first, second = _forms(one.kind, mine), _forms(one.kind, other)
            if first is not None and second is not None:
                level = one.kind.level(first, second)
                evidence[one.name] = one.kind.labels[level]
        levels.append(level)
        is_name = one.kind.name == "name" and level >= 0
        shares.append(share_of(one.kind, bearers, rules.row.records) if is_name else 0.0)
    return Judged(rules.model.probability(levels, shares), evidence)
