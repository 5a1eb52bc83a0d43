"""Seeded chance: the same seed and the same day always give the same demo company."""

import random
from collections.abc import Sequence
from itertools import accumulate
from typing import Generic, TypeVar

SEED = "dangol"
T = TypeVar("T")


def stream(seed: str, name: str) -> random.Random:
    """A generator of its own for every entity, so that a change in one does not shift all others."""
    return random.Random(f"{seed}/{name}")


class Weighted(Generic[T]):
    """A choice among values with shares, drawn by bisection (O(log n) a draw)."""

    def __init__(self, shares: Sequence[tuple[T, float]]) -> None:
        self.values = [value for value, _ in shares]
        self._cumulated = list(accumulate(share for _, share in shares))

    def draw(self, rng: random.Random) -> T:
        """One value, with the probability of its share in the sum of shares."""
        return rng.choices(self.values, cum_weights=self._cumulated)[0]
