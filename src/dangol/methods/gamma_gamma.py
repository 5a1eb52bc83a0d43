"""Gamma-Gamma: what a customer will spend at a purchase, from the few purchases seen.

Assumptions. The value of a purchase varies at random around the customer's own mean; the means differ between customers
but not over time; and they **do not go with how often a customer buys**. The last can be seen: `Spending.correlation`.
Values of purchases are gamma(p, ν) with one p for all; ν differs as gamma(q, γ).

Source: P. S. Fader, B. G. S. Hardie, "The Gamma-Gamma model of monetary value" (2013), equations (1a) and (5), after
P. S. Fader, B. G. S. Hardie, K. L. Lee, *Journal of Marketing Research* 42, 2005. For x purchases of mean m:

    L = Γ(px+q)/(Γ(px) Γ(q)) · γ^q m^(px-1) x^(px) / (γ + m x)^(px+q)
    E[mean | x, m] = p (γ + m x) / (px + q - 1)

Cost: linear in the customers; gamma functions once per number of purchases.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dangol.methods.histories import Floats
from dangol.methods.likelihood import Fit, climb, fitted, positive


@dataclass(frozen=True, slots=True)
class GammaGamma:
    """The three parameters: p of a purchase around the customer's mean, q and γ of the means around that of all."""

    p: float
    q: float
    gamma: float

    def __post_init__(self) -> None:
        """Raises ValueError for parameters that are not positive."""
        positive(p=self.p, q=self.q, gamma=self.gamma)

    def names(self) -> tuple[str, ...]:
        """Of the parameters, in their order."""
        return tuple(field.name for field in fields(self))

    def logarithms(self) -> Floats:
        """Of the parameters, in their order."""
        return np.log(np.array(astuple(self), np.float64))

    def with_logarithms(self, logarithms: Floats) -> GammaGamma:
        """The same with other parameters."""
        return replace(self, **dict(zip(self.names(), np.exp(logarithms).tolist(), strict=True)))

    @property
    def mean(self) -> float:
        """Mean spend per purchase of a customer of whom nothing is known: pγ/(q-1).

        Raises:
            ValueError: q ≤ 1: so few customers spend so much that there is no mean.
        """
        if self.q <= 1:
            raise ValueError(
                f"spend is spread so widely that it has no mean (q = {self.q:.3g}, must be above 1)"
            )
        return self.p * self.gamma / (self.q - 1)

    def expected(self, purchases: ArrayLike, means: ArrayLike) -> Floats:
        """Mean spend per purchase to be expected of each customer.

        Args:
            purchases: number of purchases behind each mean; 0 for a customer of whom nothing is known (mean then `nan`
                or anything), who gets `mean`.

        Raises:
            ValueError: unlike lengths, a mean that is not positive and finite, or no mean of all where it is needed.
        """
        x, m = _checked(purchases, means)
        total = x * np.where(x > 0, m, 0.0)
        below = self.p * x + self.q - 1
        if (below <= 0).any():
            self.mean  # noqa: B018 - says why there is none
        out: Floats = self.p * (self.gamma + total) / below
        return out

    def draw_rates(self, purchases: ArrayLike, means: ArrayLike, rng: np.random.Generator) -> Floats:
        """A possible ν of each customer: k further purchases then bring gamma(pk, ν) in all, p/ν each on the mean."""
        x, m = _checked(purchases, means)
        out: Floats = rng.gamma(self.p * x + self.q) / (self.gamma + x * np.where(x > 0, m, 0.0))
        return np.maximum(out, 1e-300)


@dataclass(frozen=True, slots=True)
class Spending:
    """A fit and whether its main assumption holds.

    Attributes:
        fit: parameters with their uncertainty.
        correlation: between number of purchases and mean value (Pearson's r); near 0 where the assumption holds.
        correlation_interval: 95 %, by Fisher's z; infinite values do not come, the ends are -1 and 1 at most.
        customers: with at least one purchase to learn from.
    """

    fit: Fit[GammaGamma]
    correlation: float
    correlation_interval: tuple[float, float]
    customers: int

    @property
    def is_independent(self) -> bool:
        """Whether spend goes so little with frequency (|r| ≤ 0.3) that the model may be used."""
        return abs(self.correlation) <= TOO_MUCH


TOO_MUCH = 0.3
"""Beyond this, who buys often spends otherwise at each purchase, and CLV from the two models is wrong together."""
FEWEST = 10


def fit(purchases: ArrayLike, means: ArrayLike) -> Spending:
    """The parameters by maximum likelihood from customers with at least one purchase; others are passed over.

    Args:
        purchases: numbers of purchases (repeat purchases, where the first is unlike the others).
        means: mean value of these purchases of each customer, returns worked in.

    Raises:
        ValueError: a customer with purchases whose mean is not above 0 (all came back: leave those out, and say so), fewer
            than ten customers, or values that are all the same.
    """
    x, m = _checked(purchases, means)
    x, m = x[x > 0], m[x > 0]
    if len(x) < FEWEST:
        raise ValueError(f"spend needs at least {FEWEST} customers with purchases; there are {len(x)}")
    if np.ptp(m) <= 1e-9 * m.max():
        raise ValueError("all spend the same: there is no difference to describe")
    unit = float(np.average(m, weights=x))
    levels, level = np.unique(x, return_inverse=True)
    scaled, counts = m / unit, np.bincount(level).astype(np.float64)
    logs = np.bincount(level, np.log(scaled))

    def score(at: Floats) -> tuple[float, Floats]:
        from scipy.special import digamma, gammaln

        p, q, gamma = np.exp(at)
        shape = p * levels
        total = gamma + x * scaled
        log_total = np.bincount(level, np.log(total))
        inverse = np.bincount(level, 1 / total)
        value = counts @ (
            gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * np.log(gamma) + shape * np.log(levels)
        ) + (shape - 1) @ logs - (shape + q) @ log_total  # fmt: skip
        by_p = levels @ (counts * (digamma(shape + q) - digamma(shape) + np.log(levels)) + logs - log_total)
        by_q = counts @ (digamma(shape + q) - digamma(q) + np.log(gamma)) - log_total.sum()
        by_gamma = counts.sum() * q / gamma - (shape + q) @ inverse
        return float(value), np.array([by_p * p, by_q * q, by_gamma * gamma])

    peak = climb(score, [(2.0, 3.0, 1.0), (6.0, 4.0, 0.5), (0.5, 1.5, 1.0), (20.0, 10.0, 0.4)])
    model = GammaGamma(1.0, 1.0, 1.0)
    moved = replace(
        peak,
        logarithms=peak.logarithms + np.array([0.0, 0.0, np.log(unit)]),
        log_likelihood=peak.log_likelihood - len(x) * float(np.log(unit)),
    )
    correlation, interval = correlation_of(x, m)
    return Spending(fitted(model, moved, len(x)), correlation, interval, len(x))


def correlation_of(x: ArrayLike, y: ArrayLike) -> tuple[float, tuple[float, float]]:
    """Pearson's correlation and its 95 % interval by R. A. Fisher's z (1921); 0 where one of the two never varies.

    Raises:
        ValueError: fewer than four pairs, for which there is no interval.
    """
    one, two = np.asarray(x, np.float64), np.asarray(y, np.float64)
    if len(one) < 4 or one.shape != two.shape:
        raise ValueError(f"a correlation needs at least four pairs: {one.shape}, {two.shape}")
    if np.ptp(one) == 0 or np.ptp(two) == 0:
        found = 0.0
    else:
        found = float(np.clip(np.corrcoef(one, two)[0, 1], -1.0, 1.0))
    middle, reach = np.arctanh(np.clip(found, -1 + 1e-12, 1 - 1e-12)), 1.959964 / np.sqrt(len(one) - 3)
    return found, (float(np.tanh(middle - reach)), float(np.tanh(middle + reach)))


def _checked(purchases: ArrayLike, means: ArrayLike) -> tuple[Floats, Floats]:
    x = np.atleast_1d(np.asarray(purchases, np.float64))
    m = np.atleast_1d(np.asarray(means, np.float64))
    if x.shape != m.shape or x.ndim != 1:
        raise ValueError(f"purchases and means need one value per customer: {x.shape}, {m.shape}")
    _say((x < 0) | ~np.isfinite(x), x, "the number of purchases is 0 or more")
    _say(
        (x > 0) & (~np.isfinite(m) | (m <= 0)),
        m,
        "mean spend of a customer with purchases is finite and above 0",
    )
    return x, m


def _say(bad: NDArray[np.bool_], values: Floats, rule: str) -> None:
    if bad.any():
        place = int(np.argmax(bad))
        raise ValueError(f"{rule}; row {place} has {values[place]:g} ({int(bad.sum())} such rows)")
