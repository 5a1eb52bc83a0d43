"""Whether probabilities mean what they say: of those told 30 %, do 30 % do it?

- Score: G. W. Brier, *Monthly Weather Review* 78, 1950. Expected calibration error over bins of equal counts: M. P. Naeini,
  G. F. Cooper, M. Hauskrecht, AAAI 2015. Interval of each bin: Wilson (`lift.wilson`).
- Mending: J. Platt, 1999 (two parameters, for few cases) and isotonic regression, B. Zadrozny, C. Elkan, KDD 2002 (any
  rising curve, needs many). Fit them on cases that neither the model nor the test has seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dangol.methods.histories import Floats
from dangol.methods.lift import wilson

EDGE: Final = 1e-6
MANY: Final = 1_000
"""Cases of the rarer kind from which on a curve is learnt rather than a line."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Customers with probabilities from `least` to `most`: mean told, share that came, and the 95 % interval of it."""

    least: float
    most: float
    customers: int
    told: float
    came: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Line:
    """Platt's mending: probability = 1/(1 + exp(-(slope · log-odds + intercept)))."""

    slope: float
    intercept: float

    def __call__(self, probabilities: ArrayLike) -> Floats:
        """The mended probabilities."""
        from scipy.special import expit

        out: Floats = expit(self.slope * log_odds(probabilities) + self.intercept)
        return out


@dataclass(frozen=True, slots=True)
class Steps:
    """Isotonic mending: straight between the points, level outside."""

    at: Floats
    value: Floats

    def __call__(self, probabilities: ArrayLike) -> Floats:
        """The mended probabilities, never 0 or 1: no number of cases proves a certainty."""
        found = np.interp(np.asarray(probabilities, np.float64), self.at, self.value)
        out: Floats = np.clip(found, 1e-4, 1 - 1e-4)
        return out


def bins(probabilities: ArrayLike, happened: ArrayLike, *, count: int = 10) -> list[Bin]:
    """Up to `count` bins of as equal numbers of customers as equal probabilities allow, lowest first.

    Raises:
        ValueError: nobody, unlike lengths, or probabilities outside 0 … 1.
    """
    p, y = checked(probabilities, happened)
    if count < 1:
        raise ValueError(f"at least one bin is needed: {count}")
    order = np.argsort(p, kind="stable")
    p, y = p[order], y[order]
    # a bin ends where the next probability is another one, so that equal ones stay together
    ends = np.unique(
        np.searchsorted(p, p[np.ceil(np.arange(1, count + 1) * len(p) / count).astype(int) - 1], "right")
    )
    out, start = [], 0
    for end in ends.tolist():
        inside = slice(start, end)
        size, yes = end - start, int(y[inside].sum())
        low, high = wilson(yes, size)
        out.append(
            Bin(float(p[start]), float(p[end - 1]), size, float(p[inside].mean()), yes / size, low, high)
        )
        start = end
    return out


def expected_error(probabilities: ArrayLike, happened: ArrayLike, *, count: int = 10) -> float:
    """Mean distance of what was told and what came over the bins, weighted by customers; 0 is perfect.

    Chance alone makes it larger than 0, the more the fewer customers there are.
    """
    found = bins(probabilities, happened, count=count)
    total = sum(one.customers for one in found)
    return sum(one.customers * abs(one.told - one.came) for one in found) / total


def brier(probabilities: ArrayLike, happened: ArrayLike) -> float:
    """Mean squared distance from what happened: 0 is perfect, share · (1 - share) is to tell everybody the share."""
    p, y = checked(probabilities, happened)
    return float(((p - y) ** 2).mean())


def area_under_curve(scores: ArrayLike, happened: ArrayLike) -> float:
    """Probability that one who did it has a higher score than one who did not; ties count half (rank form, O(n log n)).

    Raises:
        ValueError: all did it or nobody did.
    """
    from scipy.stats import rankdata

    s, y = np.asarray(scores, np.float64), np.asarray(happened).astype(bool)
    if s.shape != y.shape or not np.isfinite(s).all():
        raise ValueError("one finite score per customer is needed")
    yes = int(y.sum())
    if yes in (0, len(y)):
        raise ValueError("customers of both kinds are needed to tell how well they are told apart")
    ranks = rankdata(s)
    return float((ranks[y].sum() - yes * (yes + 1) / 2) / (yes * (len(y) - yes)))


def mend(probabilities: ArrayLike, happened: ArrayLike) -> Line | Steps:
    """A mending learnt from cases the model has not seen: a curve from `MANY` cases of the rarer kind, else a line.

    Raises:
        ValueError: all did it or nobody did, or as `bins`.
    """
    p, y = checked(probabilities, happened)
    rarer = int(min(y.sum(), len(y) - y.sum()))
    if rarer == 0:
        raise ValueError("cases of both kinds are needed to mend probabilities")
    return _steps(p, y) if rarer >= MANY else _line(p, y)


def log_odds(probabilities: ArrayLike) -> Floats:
    """ln(p/(1-p)), of probabilities kept `EDGE` away from 0 and 1."""
    p = np.clip(np.asarray(probabilities, np.float64), EDGE, 1 - EDGE)
    out: Floats = np.log(p) - np.log1p(-p)
    return out


def checked(probabilities: ArrayLike, happened: ArrayLike) -> tuple[Floats, Floats]:
    """Both as arrays of numbers.

    Raises:
        ValueError: nobody, unlike lengths, probabilities outside 0 … 1, or other than yes and no.
    """
    p, y = np.asarray(probabilities, np.float64), np.asarray(happened)
    if p.shape != y.shape or p.ndim != 1 or not len(p):
        raise ValueError(f"one probability and one yes or no per customer are needed: {p.shape}, {y.shape}")
    bad: NDArray[np.bool_] = ~((p >= 0) & (p <= 1))
    if bad.any():
        raise ValueError(
            f"probabilities lie between 0 and 1; row {int(np.argmax(bad))} has {p[np.argmax(bad)]:g}"
        )
    if not np.isin(y, (0, 1)).all():
        raise ValueError("what happened is yes or no for every customer")
    return p, y.astype(np.float64)


def _line(p: Floats, y: Floats) -> Line:
    """Platt's targets, not 0 and 1, keep the line from running away where the two kinds do not overlap."""
    from scipy.optimize import minimize
    from scipy.special import expit

    x = log_odds(p)
    yes = y.sum()
    target = np.where(y > 0, (yes + 1) / (yes + 2), 1 / (len(y) - yes + 2))

    def downward(at: Floats) -> tuple[float, Floats]:
        raw = at[0] * x + at[1]
        gap = expit(raw) - target
        return float((np.logaddexp(0.0, raw) - target * raw).mean()), np.array([gap @ x, gap.sum()]) / len(x)

    found = minimize(
        downward, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=[(0.0, 50.0), (-50.0, 50.0)]
    )
    return Line(float(found.x[0]), float(found.x[1]))


def _steps(p: Floats, y: Floats) -> Steps:
    from sklearn.isotonic import IsotonicRegression

    found = IsotonicRegression(out_of_bounds="clip", y_min=0.0, y_max=1.0).fit(p, y)
    return Steps(np.asarray(found.X_thresholds_, np.float64), np.asarray(found.y_thresholds_, np.float64))
