"""BG/NBD: how often customers without a contract will buy again, and whether they are still customers.

Assumptions. While a customer is one, purchases come at random at a constant rate λ; rates differ between customers as a
gamma distribution (shape r, rate α). After each repeat purchase the customer leaves for good with probability p, which
differs as a beta distribution (a, b). λ and p are independent. Who never bought again is therefore alive for certain
(`mbgnbd` lifts that).

Likelihood of x, t_x, T, conditional expectation and tracking: P. S. Fader, B. G. S. Hardie, K. L. Lee, "'Counting your
customers' the easy way: an alternative to the Pareto/NBD model", *Marketing Science* 24(2), 2005, equations (6)–(10):

    L = Γ(r+x) α^r / Γ(r) · [ B(a,b+x)/B(a,b) (α+T)^-(r+x)  +  δ(x>0) B(a+1,b+x-1)/B(a,b) (α+t_x)^-(r+x) ]

Cost: each evaluation is linear in the different histories and takes gamma functions once per frequency. A million
customers are fitted in about a second. Expectations cost one hypergeometric function per different (x, T).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
from numpy.typing import ArrayLike

from dangol.methods.buying import BuyingModel, checked_edges
from dangol.methods.histories import Floats, Histories, Whole
from dangol.methods.likelihood import Fit, climb, fitted

ROWS_TO_START: Final = 20_000
"""The search from each start looks at so many rows at most."""
NODES: Final = 200
LARGE: Final = 300.0
AROUND_ONE: Final = 1e-3
BESIDE_ONE: Final = 1.1e-3


@dataclass(frozen=True, slots=True)
class BgNbd(BuyingModel):
    """The four parameters; r and α of buying, a and b of leaving."""

    r: float
    alpha: float
    a: float
    b: float
    chances_before: ClassVar[int] = 0
    """How often a customer could leave before the first repeat purchase: 0 here, 1 in MBG/NBD."""

    def score(self, histories: Histories) -> tuple[float, Floats]:
        """Log-likelihood and gradient by the logarithms of r, α, a, b."""
        from scipy.special import digamma, gammaln

        r, alpha, a, b = self.r, self.alpha, self.a, self.b
        x = histories.levels.astype(np.float64)
        n = x + self.chances_before
        at, weight = histories.level, histories.weight
        known, last = alpha + histories.ages, alpha + histories.lasts
        constant = (
            gammaln(r + x) - gammaln(r) + r * np.log(alpha)
            + gammaln(b + n) - gammaln(b) + gammaln(a + b) - gammaln(a + b + n)
        )  # fmt: skip
        bought = (r + x)[at]
        odds, gap = self._odds(histories)
        raised = np.exp(np.minimum(odds, 700.0))
        gone = weight * raised / (1 + raised)
        # whatever depends on one of x, t_x, T alone is summed by it first
        by_level = np.bincount(at, weight, len(x))
        gone_by_level = np.bincount(at, gone, len(x))
        bought_by_age = np.bincount(histories.of_age, bought * weight, len(known))
        logs = np.log(known)
        value = (
            by_level @ constant - bought_by_age @ logs
            + weight @ np.where(odds < 700.0, np.log1p(raised), odds)
        )  # fmt: skip
        aged = np.bincount(histories.of_age, weight, len(known))
        by_r = by_level @ (digamma(r + x) - digamma(r) + np.log(alpha)) - aged @ logs + gone @ gap
        gone_bought = gone * bought
        by_alpha = (
            r / alpha * weight.sum() - bought_by_age @ (1 / known)
            + np.bincount(histories.of_age, gone_bought, len(known)) @ (1 / known)
            - np.bincount(histories.of_last, gone_bought, len(last)) @ (1 / last)
        )  # fmt: skip
        by_a = by_level @ (digamma(a + b) - digamma(a + b + n)) + gone_by_level.sum() / a
        by_b = by_level @ (digamma(b + n) + digamma(a + b) - digamma(b) - digamma(a + b + n))
        by_b -= gone_by_level @ (1 / np.where(n > 0, b + (n - 1), 1.0))
        return float(value), np.array([by_r * r, by_alpha * alpha, by_a * a, by_b * b])

    def _odds(self, histories: Histories) -> tuple[Floats, Floats]:
        """The logarithm of the odds of each row to have left, and ln((α+T)/(α+t_x))."""
        x = histories.levels
        n = x + self.chances_before
        first = np.full(len(n), -np.inf)
        some = n > 0
        first[some] = np.log(self.a) - np.log(self.b + (n[some] - 1))
        gap = np.log(self.alpha + histories.ages)[histories.of_age]
        gap -= np.log(self.alpha + histories.lasts)[histories.of_last]
        return first[histories.level] + (self.r + x)[histories.level] * gap, gap

    def alive_rows(self, histories: Histories) -> Floats:
        """P(alive) = 1 / (1 + a/(b+x-1) · ((α+T)/(α+t_x))^(r+x)); 1 without a repeat purchase."""
        from scipy.special import expit

        out: Floats = expit(-self._odds(histories)[0])
        return out

    def living_rows(self, histories: Histories, horizon: float) -> Floats:
        """See `purchases`."""
        x, age, pair = histories.pairs
        living = purchases(
            self.r + x, self.alpha + age, self.a, self.b + x + self.chances_before, np.float64(horizon)
        )
        return living[pair]

    def cumulative(self, ages: ArrayLike) -> Floats:
        """E[X(t)] for each t in `ages` (0 or later)."""
        t = np.asarray(ages, np.float64)
        return purchases(np.float64(self.r), np.float64(self.alpha), self.a, np.float64(self.b), t)

    def simulate(self, histories: Histories, edges: ArrayLike, rng: np.random.Generator) -> Whole:
        """Rates λ ~ gamma(r+x, α+T) and p ~ beta(a, b+x) of those alive; leaving after the G-th purchase, G ~ geometric(p)."""
        periods = checked_edges(edges)
        out = np.zeros((histories.customers, len(periods) - 1), np.int64)
        living = np.flatnonzero(rng.random(histories.customers) < self.alive(histories))
        row = histories.row[living]
        x, age = histories.frequency[row], histories.age[row]
        rate = rng.gamma(self.r + x) / (self.alpha + age)
        leave = rng.beta(self.a, self.b + x + self.chances_before)
        last = rng.geometric(np.maximum(leave, 1e-12))
        # what happened before the first edge counts towards leaving, though not in the result
        so_far = np.minimum(rng.poisson(rate * periods[0]), last)
        for column, length in enumerate(np.diff(periods)):
            then = np.minimum(so_far + rng.poisson(rate * length), last)
            out[living, column] = then - so_far
            so_far = then
        return out


def purchases(r: ArrayLike, alpha: ArrayLike, a: float, b: ArrayLike, t: ArrayLike) -> Floats:
    """Purchases within t of somebody alive whose rate is gamma(r, α) and whose chance of leaving is beta(a, b).

    (a+b-1)/(a-1) · [1 - (α/(α+t))^(a-1) · ₂F₁(a+b-1-r, a-1; a+b-1; t/(α+t))], the published form after Euler's
    transformation: its upper parameters stay small whatever the customer bought, so that it neither overflows nor loses
    digits. Near a = 1, where numerator and denominator vanish together, it is taken between two values beside.
    """
    from scipy.special import hyp2f1

    if abs(a - 1) < AROUND_ONE:
        below = purchases(r, alpha, 1 - BESIDE_ONE, b, t)
        above = purchases(r, alpha, 1 + BESIDE_ONE, b, t)
        share = (a - 1 + BESIDE_ONE) / (2 * BESIDE_ONE)
        between: Floats = below * (1 - share) + above * share
        return between
    r, alpha, b, t = np.broadcast_arrays(*(np.asarray(one, np.float64) for one in (r, alpha, b, t)))
    c = a + b - 1
    part = t / (alpha + t)
    with np.errstate(all="ignore"):
        left = np.exp((a - 1) * np.log1p(-part)) * hyp2f1(c - r, a - 1, c, part)
        out: Floats = np.asarray(c / (a - 1) * (1 - left))
    # nobody buys more than who never leaves; rounding may say so where leaving is next to impossible
    most = r * t / alpha
    doubtful = ~np.isfinite(out) | (c < 0.05) | (out < -1e-6) | (out > most * (1 + 1e-6) + 1e-6)
    out = np.clip(out, 0.0, most)
    if doubtful.any():
        flat, rows = out.ravel(), np.flatnonzero(doubtful)
        for leaving in np.unique(b.ravel()[rows]).tolist():
            same = rows[b.ravel()[rows] == leaving]
            flat[same] = by_quadrature(r.ravel()[same], alpha.ravel()[same], a, leaving, t.ravel()[same])
        out = flat.reshape(out.shape)
    return out


def by_quadrature(r: ArrayLike, alpha: ArrayLike, a: float, b: float, t: ArrayLike) -> Floats:
    """The same as `purchases` by another way: the mean of (1 - (α/(α+pt))^r)/p over p ~ beta(a, b), by Gauss and Jacobi.

    For the rare parameters at which the closed form breaks down (a + b close to 1 or below), and to test it.
    """
    from scipy.special import betaincinv, roots_jacobi

    if b > LARGE:
        # the weights of Jacobi's polynomials overflow; the mean over equal shares of the distribution does not
        nodes, weights = np.polynomial.legendre.leggauss(NODES)
        p = betaincinv(a, b, (1 + nodes) / 2)
    else:
        nodes, weights = roots_jacobi(NODES, b - 1, a - 1)
        p = (1 + nodes) / 2
    p = np.maximum(p, 1e-300)
    r, alpha, t = np.broadcast_arrays(*(np.asarray(one, np.float64) for one in (r, alpha, t)))
    total = np.zeros(r.shape)
    for chance, weight in zip(p, weights / weights.sum(), strict=True):
        total += weight * -np.expm1(-r * np.log1p(chance * t / alpha)) / chance
    return total


def fit(histories: Histories) -> Fit[BgNbd]:
    """The parameters by maximum likelihood.

    Raises:
        ValueError: nobody bought again, so there is nothing to learn about leaving.
    """
    return fit_as(BgNbd(1.0, 1.0, 1.0, 1.0), histories)


def fit_as(kind: BgNbd, histories: Histories) -> Fit[BgNbd]:
    """`fit` for a model of the family of `kind`; its own parameters do not matter."""
    return climb_from(kind, histories, starting_points(histories))


def climb_from(
    kind: BgNbd, histories: Histories, starts: list[tuple[float, float, float, float]]
) -> Fit[BgNbd]:
    """The best of several starts."""
    part = histories.some_rows(ROWS_TO_START)
    coarse = None if part is histories else (lambda at: kind.with_logarithms(at).score(part))
    peak = climb(lambda at: kind.with_logarithms(at).score(histories), starts, coarse=coarse)
    return fitted(kind, peak, histories.customers)


def starting_points(histories: Histories) -> list[tuple[float, float, float, float]]:
    """Four starts on the scale of the data: rates alike and unlike, leaving seldom and often.

    Raises:
        ValueError: nobody bought again.
    """
    if not histories.levels.max() > 0:
        raise ValueError("nobody bought again: a model of repeat purchases has nothing to learn from")
    weight = histories.weight
    rate = float(weight @ histories.frequency) / float(weight @ histories.age)
    return [
        (r, r / rate, a, b)
        for r, (a, b) in ((0.3, (0.8, 2.5)), (1.0, (1.0, 5.0)), (0.3, (0.1, 1.0)), (2.0, (0.5, 0.5)))
    ]
