"""Shifted beta-geometric: how contracts are renewed, from how many of a cohort are left after each period.

Assumptions. At the end of each period a customer cancels with a probability θ that never changes; θ differs between
customers as a beta distribution (α, β). Retention of a cohort then rises with time, though no customer becomes more
loyal: those likely to cancel are gone first.

Sources: P. S. Fader, B. G. S. Hardie, "How to project customer retention", *Journal of Interactive Marketing* 21(1),
2007, equations (5)–(8); value of the rest: the same, "Customer-base valuation in a contractual setting: the perils of
ignoring heterogeneity", *Marketing Science* 29(1), 2010.

    P(T=1) = α/(α+β),  P(T=t) = (β+t-2)/(α+β+t-1) P(T=t-1),  S(t) = B(α, β+t)/B(α, β),  r(t) = (β+t-1)/(α+β+t-1)

Cost: periods × cohorts.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields, replace

import numpy as np
from numpy.typing import ArrayLike

from dangol.methods.histories import Floats
from dangol.methods.likelihood import Fit, climb, fitted, positive


@dataclass(frozen=True, slots=True)
class Sbg:
    """The two parameters: α of cancelling, β of renewing; α/(α+β) cancel at the first renewal."""

    alpha: float
    beta: float

    def __post_init__(self) -> None:
        """Raises ValueError for parameters that are not positive."""
        positive(alpha=self.alpha, beta=self.beta)

    def names(self) -> tuple[str, ...]:
        """Of the parameters, in their order."""
        return tuple(field.name for field in fields(self))

    def logarithms(self) -> Floats:
        """Of the parameters, in their order."""
        return np.log(np.array(astuple(self), np.float64))

    def with_logarithms(self, logarithms: Floats) -> Sbg:
        """The same with other parameters."""
        return replace(self, **dict(zip(self.names(), np.exp(logarithms).tolist(), strict=True)))

    def survival(self, periods: ArrayLike) -> Floats:
        """S(t): the share still there after t renewals; 1 at 0.

        Raises:
            ValueError: a negative number of periods.
        """
        from scipy.special import betaln

        t = _periods(periods, least=0)
        out: Floats = np.exp(betaln(self.alpha, self.beta + t) - betaln(self.alpha, self.beta))
        return out

    def retention(self, periods: ArrayLike) -> Floats:
        """r(t): of those there before the t-th renewal (t ≥ 1), the share that renews.

        Raises:
            ValueError: a number of periods below 1.
        """
        t = _periods(periods, least=1)
        out: Floats = (self.beta + t - 1) / (self.alpha + self.beta + t - 1)
        return out

    def residual(self, renewed: ArrayLike, rate: float) -> Floats:
        """DERL: payments to be expected, discounted, of a customer just before the next decision to renew.

        (β+n-1)/(α+β+n-1) · ₂F₁(1, β+n; α+β+n; 1/(1+d)), n - 1 being the renewals so far.

        Args:
            renewed: renewals so far, 0 or more; the first payment counted is that of the coming renewal, undiscounted.
            rate: of discount per period, above 0.

        Raises:
            ValueError: a rate that is not above 0, or negative renewals.
        """
        from scipy.special import hyp2f1

        if not (rate > 0 and np.isfinite(rate)):
            raise ValueError(f"a rate of discount is a finite number above 0: {rate}")
        n = _periods(renewed, least=0) + 1
        out: Floats = self.retention(n) * hyp2f1(
            1.0, self.beta + n, self.alpha + self.beta + n, 1 / (1 + rate)
        )
        return out

    def lifetime(self, rate: float) -> float:
        """Discounted payments to be expected of a new customer, the first one included: ₂F₁(1, β; α+β; 1/(1+d)).

        Raises:
            ValueError: a rate that is not above 0.
        """
        from scipy.special import hyp2f1

        if not (rate > 0 and np.isfinite(rate)):
            raise ValueError(f"a rate of discount is a finite number above 0: {rate}")
        return float(hyp2f1(1.0, self.beta, self.alpha + self.beta, 1 / (1 + rate)))


def fit(cohorts: Sequence[Sequence[int]]) -> Fit[Sbg]:
    """The parameters by maximum likelihood from one or more cohorts, each watched for as long as it is known.

    Args:
        cohorts: customers of each cohort still there after 0, 1, 2 … renewals: [1000, 869, 743].

    Raises:
        ValueError: names the cohort whose counts are negative, grow, or stop after the first; or nobody has left, or
            everybody left at the first renewal, which holds no parameter fast.
    """
    left: dict[int, float] = {}
    kept: dict[int, float] = {}
    for place, counts in enumerate(cohorts):
        numbers = [int(count) for count in counts]
        if len(numbers) < 2 or numbers[0] < 1 or min(numbers) < 0 or numbers != [*counts]:
            raise ValueError(f"cohort {place} needs whole counts after 0, 1, … renewals: {[*counts]}")
        if any(later > earlier for earlier, later in itertools.pairwise(numbers)):
            raise ValueError(f"cohort {place} grows, which no cohort can: {numbers}")
        for renewal, (earlier, later) in enumerate(itertools.pairwise(numbers), start=1):
            left[renewal] = left.get(renewal, 0.0) + earlier - later
            kept[renewal] = kept.get(renewal, 0.0) + later
    if not left:
        raise ValueError("there are no cohorts")
    if not sum(left.values()):
        raise ValueError("nobody has cancelled yet: there is nothing to learn from")
    if not sum(kept.values()):
        raise ValueError("everybody cancelled at the first renewal: there is nothing to tell apart")
    t = np.array(sorted(left), np.float64)
    gone, stayed = (np.array([counts[int(one)] for one in t]) for counts in (left, kept))

    def score(at: Floats) -> tuple[float, Floats]:
        # the product of decisions at each renewal is the published product over times of leaving
        alpha, beta = np.exp(at)
        whole = alpha + beta + t - 1
        value = gone.sum() * np.log(alpha) + stayed @ np.log(beta + t - 1) - (gone + stayed) @ np.log(whole)
        inverse = (gone + stayed) @ (1 / whole)
        by_alpha = gone.sum() / alpha - inverse
        by_beta = stayed @ (1 / (beta + t - 1)) - inverse
        return float(value), np.array([by_alpha * alpha, by_beta * beta])

    peak = climb(score, [(1.0, 1.0), (0.5, 4.0), (4.0, 4.0), (0.2, 0.2)])
    return fitted(Sbg(1.0, 1.0), peak, sum(int(counts[0]) for counts in cohorts))


def _periods(periods: ArrayLike, least: int) -> Floats:
    t = np.asarray(periods, np.float64)
    if t.size and (not np.isfinite(t).all() or t.min() < least):
        raise ValueError(f"periods are numbers from {least}: {t.min():g}")
    return t
