"""Intervals of the time held out: how far the purchases of each week, and of each kind of customer, might come out otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from dangol.methods.buying import BuyingModel
from dangol.methods.histories import Floats, Histories
from dangol.methods.likelihood import Fit

DRAWS: Final = 200
MOST_CELLS: Final = 400_000_000
"""Customers × periods × draws from which on there are no intervals by week and by kind: they would take minutes."""
FREQUENT: Final = 7
"""Repeat purchases so far from which on customers are of one kind, as in `foretelling.bands`."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """Purchases to come, added up to the end of each period, with their 90 % interval; and the same of the mean customer
    by repeat purchases so far (0, 1 … 7 and more; kinds without customers are left out)."""

    told: Floats
    low: Floats
    high: Floats
    kinds_low: Floats
    kinds_high: Floats


def ahead(
    fit: Fit[BuyingModel], histories: Histories, ends: ArrayLike, *, level: float = 0.9, seed: int = 0
) -> Ahead | None:
    """Draw futures up to each of `ends` (ascending, in the unit of the histories); None where it would cost too much.

    Both the parameters and chance are drawn, as in `foretelling.total`. None without a covariance, too.
    """
    at = np.asarray(ends, np.float64)
    if fit.covariance is None or histories.customers * len(at) * DRAWS > MOST_CELLS:
        return None
    rng = np.random.default_rng(seed)
    edges = np.concatenate([[0.0], at])
    kind = np.minimum(histories.frequencies(), FREQUENT)
    sizes = np.bincount(kind, minlength=FREQUENT + 1)
    there = sizes > 0
    sums, means = np.empty((DRAWS, len(at))), np.empty((DRAWS, int(there.sum())))
    for place, model in enumerate(fit.draws(DRAWS, rng)):
        drawn = model.simulate(histories, edges, rng)
        sums[place] = drawn.sum(axis=0).cumsum()
        means[place] = (np.bincount(kind, drawn.sum(axis=1), FREQUENT + 1) / np.maximum(sizes, 1))[there]
    parts = ((1 - level) / 2, (1 + level) / 2)
    low, high = np.quantile(sums, parts, axis=0)
    kinds_low, kinds_high = np.quantile(means, parts, axis=0)
    told = np.array([fit.model.expected(histories, float(end)).sum() for end in at])
    return Ahead(told, low, high, kinds_low, kinds_high)
