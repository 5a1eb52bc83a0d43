"""Customer lifetime value without a contract: discounted contribution that a customer will still bring.

CLV = margin · expected spend per purchase · Σ over periods (expected purchases in the period · discount factor).

Assumptions: those of the model of buying (`bgnbd`, `mbgnbd`, `pareto_nbd`) and of spend (`gamma_gamma`); frequency and
spend are independent (`Spending.is_independent`); margin is one share for all purchases; a purchase counts at the middle
of its period. What was earned so far and what the customer cost are not in it.

Source: P. S. Fader, B. G. S. Hardie, K. L. Lee, "RFM and CLV: using iso-value curves for customer base analysis",
*Journal of Marketing Research* 42, 2005; discounting by periods instead of continuously, so that the sum ends after the
years asked for. `ParetoNbd.discounted` is the endless sum in closed form, to which this one comes near in tests.

Cost: expectation is one pass over the different histories per period; intervals are customers × draws × periods.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from dangol.methods.buying import BuyingModel
from dangol.methods.foretelling import AT_ONCE, Foretold
from dangol.methods.gamma_gamma import GammaGamma
from dangol.methods.histories import Floats, Histories
from dangol.methods.likelihood import Fit

WEEKS_PER_YEAR: Final = 365.25 / 7
YEARS: Final = (1, 3, 5)
"""The horizons in which lifetime value is usually told."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a future purchase is worth today.

    Attributes:
        years: how far to look, above 0 (1, 3 and 5 are usual).
        margin: share of spend that is left after what was sold is paid for, above 0 and at most 1.
        yearly_rate: of discount, 0 or more: 0.1 makes 100 in a year worth 90.91 today.
        units_per_year: units of time of the histories in a year; weeks by default.
        periods_per_year: how finely to discount.
    """

    years: float
    margin: float
    yearly_rate: float
    units_per_year: float = WEEKS_PER_YEAR
    periods_per_year: int = 4

    def __post_init__(self) -> None:
        """Raises ValueError, naming the term that cannot be."""
        if not 0 < self.years <= 100:
            raise ValueError(f"years lie above 0, up to 100: {self.years}")
        if not 0 < self.margin <= 1:
            raise ValueError(f"margin is a share above 0, at most 1 (0.3 for 30 %): {self.margin}")
        if not 0 <= self.yearly_rate < 10:
            raise ValueError(
                f"the yearly rate of discount is a share, 0 or more (0.1 for 10 %): {self.yearly_rate}"
            )
        if not self.units_per_year > 0 or self.periods_per_year < 1:
            raise ValueError("a year has units of time and at least one period")

    def edges(self) -> Floats:
        """Ends of the periods in units of time, from 0; the last period is shorter where years are no whole periods."""
        count = ceil(self.years * self.periods_per_year - 1e-9)
        years = np.minimum(np.arange(count + 1) / self.periods_per_year, self.years)
        out: Floats = years * self.units_per_year
        return out

    def factors(self) -> Floats:
        """Of discount, at the middle of each period."""
        edges = self.edges() / self.units_per_year
        out: Floats = (1 + self.yearly_rate) ** -((edges[1:] + edges[:-1]) / 2)
        return out


@dataclass(frozen=True, slots=True)
class Lifetime:
    """Value of each customer, and of all, with intervals in which what they really bring will lie."""

    expected: Floats
    low: Floats
    high: Floats
    total: Foretold


def expected_value(model: BuyingModel, histories: Histories, spend: ArrayLike, terms: Terms) -> Floats:
    """CLV of each customer in the money of `spend`.

    Args:
        spend: expected spend per purchase of each customer (`GammaGamma.expected`).

    Raises:
        ValueError: not one finite spend per customer.
    """
    money = np.asarray(spend, np.float64)
    if money.shape != (histories.customers,):
        raise ValueError(
            f"one spend per customer is needed: {money.shape} for {histories.customers} customers"
        )
    if not np.isfinite(money).all():
        raise ValueError(f"spend is finite; row {int(np.argmax(~np.isfinite(money)))} is not")
    return terms.margin * money * model.weighed(histories, terms.edges(), terms.factors())


def with_intervals(
    buying: Fit[BuyingModel],
    spending: Fit[GammaGamma],
    histories: Histories,
    means: ArrayLike,
    terms: Terms,
    *,
    level: float = 0.9,
    draws: int = 200,
    seed: int = 0,
) -> Lifetime:
    """CLV with predictive intervals: parameters of both models, each customer's own rates and chance are drawn.

    Args:
        means: mean value of the repeat purchases of each customer, `nan` where nothing is known of it.

    Memory: customers × draws × 4 bytes. Raises ValueError where a fit has no covariance or `means` do not fit.
    """
    rng = np.random.default_rng(seed)
    x = np.where(np.isnan(np.asarray(means, np.float64)), 0, histories.frequencies())
    edges, factors = terms.edges(), terms.factors()
    brought = np.empty((draws, histories.customers), np.float32)
    models = zip(buying.draws(draws, rng), spending.draws(draws, rng), strict=True)
    for place, (model, money) in enumerate(models):
        counts = model.simulate(histories, edges, rng)
        buyers = np.flatnonzero(counts.any(axis=1))
        rates = money.draw_rates(x, means, rng)[buyers]
        spent = rng.gamma(money.p * counts[buyers]) / rates[:, None]
        brought[place] = 0.0
        brought[place, buyers] = terms.margin * (spent @ factors)
    ends = ((1 - level) / 2, (1 + level) / 2)
    low, high = np.empty(histories.customers), np.empty(histories.customers)
    for start in range(0, histories.customers, AT_ONCE):
        piece = slice(start, start + AT_ONCE)
        low[piece], high[piece] = np.quantile(brought[:, piece], ends, axis=0)
    sums = np.quantile(brought.sum(axis=1, dtype=np.float64), ends)
    expected = expected_value(buying.model, histories, spending.model.expected(x, means), terms)
    return Lifetime(
        expected, low, high,
        Foretold(float(expected.sum()), float(sums[0]), float(sums[1])),
    )  # fmt: skip
