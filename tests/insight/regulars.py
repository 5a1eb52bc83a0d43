"""Companies in which it can be foreseen who leaves, and in which it cannot."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from tests.insight.market import UNTIL


def regulars(
    customers: int = 700, *, length: int = 300, seed: int = 1, fading: bool = True
) -> list[tuple[int, date, int]]:
    """(customer, day, amount) of each purchase: everybody has a rhythm of his own, of 4 to 24 days.

    Where `fading`, who is to leave buys for half and half as often over the last three purchases before. How long somebody
    has been silent therefore says little without his rhythm. Else everybody buys on any day with the same chance and never
    leaves, so that nothing tells who will be silent.
    """
    rng = np.random.default_rng(seed)
    start = UNTIL - timedelta(days=length - 1)
    found: dict[tuple[int, int], int] = {}
    for who in range(1, customers + 1):
        if not fading:
            for day in np.flatnonzero(rng.random(length) < 0.06).tolist():
                found[who, day] = 10_000
            continue
        gap, mean = float(rng.uniform(4, 24)), float(rng.uniform(20_000, 60_000))
        day, fades, left = float(rng.uniform(0, length * 0.5)), 0, False
        while day < length and not left:
            amount = mean * rng.uniform(0.8, 1.2) * 0.5**fades
            found[who, int(day)] = round(amount / 100) * 100
            if fades or rng.random() < 0.9 * gap / 160:
                fades += 1
                left = fades > 3
            day += max(1.0, gap * rng.uniform(0.8, 1.2) * (1.6 if fades else 1.0))
    return [(who, start + timedelta(days=day), amount) for (who, day), amount in sorted(found.items())]
