"""Whether a model puts the right customers first: tenths in order of what was foretold, beside what they brought.

- Tenths and gain: the usual check of a ranking in direct marketing (A. M. Hughes, *Strategic Database Marketing*).
- Gini of a ranking against the best one possible: the area between its concentration curve and the diagonal over the same
  of the real order (as in E. W. Frees, G. Meyers, A. D. Cummings, *JASA* 106, 2011).
- Spearman's ρ with mean ranks for ties. Intervals by bootstrap of customers, paired, so that what is common to two rankings
  cancels (B. Efron, R. Tibshirani, *An Introduction to the Bootstrap*, 1993).

Cost: sorting, O(n log n), times the draws of an interval.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from dangol.methods.histories import Floats

TENTH: Final = 0.1


@dataclass(frozen=True, slots=True)
class Decile:
    """A tenth of the customers, 1 being the best foretold: means told and real, and the share of all that they brought."""

    number: int
    customers: int
    foretold: float
    actual: float
    share: float
    cumulative_share: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """How well an order fits what came: share of all value in the best tenth, Gini (1 is perfect, 0 is chance), Spearman's ρ."""

    top_share: float
    gini: float
    spearman: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """A model beside a baseline; each gain with its interval is model less baseline."""

    model: Ranking
    baseline: Ranking
    top_share_gain: tuple[float, float, float]
    gini_gain: tuple[float, float, float]
    spearman_gain: tuple[float, float, float]
    is_better: bool


def deciles(foretold: ArrayLike, actual: ArrayLike) -> list[Decile]:
    """Ten groups as equal as can be, best first; equal values stay in the order in which they were given.

    Raises:
        ValueError: fewer than ten customers, unlike lengths, or values that are not finite.
    """
    told, came = _checked(foretold, actual)
    order = np.argsort(-told, kind="stable")
    total = float(came.sum())
    out: list[Decile] = []
    so_far = 0.0
    for number, members in enumerate(np.array_split(order, 10), start=1):
        brought = float(came[members].sum())
        so_far += brought
        out.append(
            Decile(
                number, len(members), float(told[members].mean()), float(came[members].mean()),
                brought / total if total > 0 else 0.0, so_far / total if total > 0 else 0.0,
            )
        )  # fmt: skip
    return out


def ranking(foretold: ArrayLike, actual: ArrayLike) -> Ranking:
    """How well customers are ordered. Equal values share alike whatever lies at their border, so order of input is no matter.

    Raises:
        ValueError: as `deciles`, or customers who brought less than nothing or nothing at all together.
    """
    told, came = _checked(foretold, actual)
    if (came < 0).any() or came.sum() <= 0:
        raise ValueError("ranking needs values of 0 or more that add up to more than 0")
    return _ranking(told, came)


def compare(
    foretold: ArrayLike,
    baseline: ArrayLike,
    actual: ArrayLike,
    *,
    level: float = 0.9,
    draws: int = 500,
    seed: int = 0,
) -> Comparison:
    """Whether a model orders customers better than a naive one: the interval of the gain in Gini lies above 0.

    Raises:
        ValueError: as `ranking`.
    """
    told, came = _checked(foretold, actual)
    other, _ = _checked(baseline, actual)
    model, naive = ranking(told, came), ranking(other, came)
    rng = np.random.default_rng(seed)
    gains = []
    for _ in range(draws):
        taken = rng.integers(0, len(came), len(came))
        if came[taken].sum() <= 0:
            continue
        one, two = _ranking(told[taken], came[taken]), _ranking(other[taken], came[taken])
        gains.append((one.top_share - two.top_share, one.gini - two.gini, one.spearman - two.spearman))
    low, high = np.quantile(np.array(gains), [(1 - level) / 2, (1 + level) / 2], axis=0).tolist()
    return Comparison(
        model, naive,
        (model.top_share - naive.top_share, low[0], high[0]),
        (model.gini - naive.gini, low[1], high[1]),
        (model.spearman - naive.spearman, low[2], high[2]),
        low[1] > 0,
    )  # fmt: skip


def _ranking(told: Floats, came: Floats) -> Ranking:
    curve = _curve(told, came)
    best = _curve(came, came)
    found, perfect = _area(curve), _area(best)
    at, share = curve
    return Ranking(
        float(np.interp(TENTH, at, share)), found / perfect if perfect > 0 else 0.0, _spearman(told, came)
    )


def _curve(told: Floats, came: Floats) -> tuple[Floats, Floats]:
    """Shares of customers and of value, best first; straight through customers of equal value."""
    values, place = np.unique(-told, return_inverse=True)
    count = np.bincount(place, minlength=len(values))
    value = np.bincount(place, came, len(values))
    at = np.concatenate([[0.0], np.cumsum(count) / len(told)])
    return at, np.concatenate([[0.0], np.cumsum(value) / came.sum()])


def _area(curve: tuple[Floats, Floats]) -> float:
    at, share = curve
    return float((np.diff(at) * (share[1:] + share[:-1]) / 2).sum()) - 0.5


def _spearman(one: Floats, two: Floats) -> float:
    from scipy.stats import rankdata

    if np.ptp(one) == 0 or np.ptp(two) == 0:
        return 0.0
    return float(np.corrcoef(rankdata(one), rankdata(two))[0, 1])


def _checked(foretold: ArrayLike, actual: ArrayLike) -> tuple[Floats, Floats]:
    told, came = np.asarray(foretold, np.float64), np.asarray(actual, np.float64)
    if told.shape != came.shape or told.ndim != 1:
        raise ValueError(
            f"one foretold and one real value per customer are needed: {told.shape}, {came.shape}"
        )
    if len(told) < 10:
        raise ValueError(f"tenths need at least ten customers; there are {len(told)}")
    if not (np.isfinite(told).all() and np.isfinite(came).all()):
        raise ValueError("values are finite")
    return told, came
