"""What a programme changed: the difference between those it reached and a hold-out, with an interval, or "cannot tell".

Assumptions: who is treated was decided by chance (or, for differences in differences, both groups would have moved
alike); customers do not influence each other; each customer is one observation.

- Means: B. L. Welch's t (*Biometrika* 34, 1947), so unlike spread in the groups is allowed.
- Proportions: hybrid score interval, R. G. Newcombe, *Statistics in Medicine* 17, 1998, method 10 (right near 0 and 1).
- Ratios (value per order, when customers are what was drawn): delta method, A. Deng, U. Knoblich, J. Lu, "Applying the
  delta method in metric analytics", KDD 2018.
- CUPED: A. Deng et al., "Improving the sensitivity of online controlled experiments by utilizing pre-experiment data",
  WSDM 2013: Y - θ(X - mean X) with X from before; the same difference, less noise.
- Relative lift: E. C. Fieller's interval of a ratio (*JRSS B* 16, 1954).

All functions are linear in the customers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from dangol.methods.histories import Floats
from dangol.methods.likelihood import normal_quantile

FEWEST: Final = 30
"""Below so many customers in a group nothing is said: the interval then rests on assumptions more than on data."""
POWER: Final = 0.8


class Verdict(StrEnum):
    """What may be said."""

    MORE = "more"
    LESS = "less"
    CANNOT_TELL = "cannot_tell"


class Reason(StrEnum):
    """Why nothing can be said."""

    NONE = ""
    INTERVAL_CONTAINS_ZERO = "interval_contains_zero"
    TOO_FEW = "too_few"


@dataclass(frozen=True, slots=True)
class Effect:
    """Treated less control, per customer.

    Attributes:
        low, high: the interval at `level`.
        relative: difference as a share of control with its interval; None where control is 0 or too near to it to say.
        detectable: the smallest true difference that so many customers would show in four of five trials.
        variance_kept: share of the variance left by CUPED; 1 without it.
    """

    treated: float
    control: float
    difference: float
    low: float
    high: float
    level: float
    treated_customers: int
    control_customers: int
    verdict: Verdict
    reason: Reason
    relative: tuple[float, float, float] | None
    detectable: float
    variance_kept: float = 1.0


@dataclass(frozen=True, slots=True)
class Money:
    """What the programme brought in all, in the money of the metric."""

    amount: float
    low: float
    high: float
    verdict: Verdict


def means(treated: ArrayLike, control: ArrayLike, *, level: float = 0.95) -> Effect:
    """Difference of means of a number per customer, such as money.

    Raises:
        ValueError: fewer than two customers in a group, or values that are not finite.
    """
    one, two = _numbers(treated, "treated"), _numbers(control, "control")
    return _of_means(one, two, level)


def proportions(
    treated_yes: int, treated: int, control_yes: int, control: int, *, level: float = 0.95
) -> Effect:
    """Difference of shares of customers who did something.

    Raises:
        ValueError: counts that cannot be.
    """
    for name, yes, of in (("treated", treated_yes, treated), ("control", control_yes, control)):
        if not (0 <= yes <= of and of >= 1):
            raise ValueError(f"{name}: {yes} of {of} customers cannot be")
    p, q = treated_yes / treated, control_yes / control
    z = normal_quantile(level)
    (p_low, p_high), (q_low, q_high) = (
        wilson(treated_yes, treated, level),
        wilson(control_yes, control, level),
    )
    difference = p - q
    low = difference - sqrt((p - p_low) ** 2 + (q_high - q) ** 2)
    high = difference + sqrt((p_high - p) ** 2 + (q - q_low) ** 2)
    pooled = (treated_yes + control_yes) / (treated + control)
    error = sqrt(pooled * (1 - pooled) * (1 / treated + 1 / control))
    relative = _fieller(p, q, p * (1 - p) / treated, q * (1 - q) / control, z)
    return _effect(p, q, difference, (low, high), level, (treated, control), relative, error)


def ratios(
    treated: tuple[ArrayLike, ArrayLike], control: tuple[ArrayLike, ArrayLike], *, level: float = 0.95
) -> Effect:
    """Difference of ratios of sums: (numerators, denominators) per customer, such as (revenue, orders).

    Raises:
        ValueError: unlike lengths, fewer than two customers, or denominators that add up to nothing.
    """
    found = []
    for name, (above, below) in (("treated", treated), ("control", control)):
        top, bottom = _numbers(above, name), _numbers(below, name)
        if top.shape != bottom.shape:
            raise ValueError(f"{name}: numerators and denominators need one value per customer")
        if bottom.sum() <= 0:
            raise ValueError(f"{name}: denominators add up to {bottom.sum():g}; there is no ratio")
        ratio = top.sum() / bottom.sum()
        rest = (top - ratio * bottom) / bottom.mean()
        found.append((float(ratio), float(rest.var(ddof=1)) / len(top), len(top)))
    (p, p_spread, n), (q, q_spread, m) = found
    z, error = normal_quantile(level), sqrt(p_spread + q_spread)
    return _effect(
        p,
        q,
        p - q,
        (p - q - z * error, p - q + z * error),
        level,
        (n, m),
        _fieller(p, q, p_spread, q_spread, z),
        error,
    )


def cuped(
    treated: ArrayLike,
    control: ArrayLike,
    treated_before: ArrayLike,
    control_before: ArrayLike,
    *,
    level: float = 0.95,
) -> Effect:
    """Difference of means, freed of what could be known from the same or another number before the programme began.

    `control` stays the plain mean; `treated` is it plus the difference. The covariate must not be touched by the programme.

    Raises:
        ValueError: as `means`, or a covariate missing for some customers.
    """
    y, w = _numbers(treated, "treated"), _numbers(control, "control")
    x, v = _numbers(treated_before, "treated before"), _numbers(control_before, "control before")
    if x.shape != y.shape or v.shape != w.shape:
        raise ValueError("every customer needs a number from before")
    # θ from deviations within the groups, so that the effect itself does not leak into it
    within = float(((x - x.mean()) ** 2).sum() + ((v - v.mean()) ** 2).sum())
    if within == 0:
        return _of_means(y, w, level)
    theta = float((x - x.mean()) @ (y - y.mean()) + (v - v.mean()) @ (w - w.mean())) / within
    middle = (x.sum() + v.sum()) / (len(x) + len(v))
    freed, freed_control = y - theta * (x - middle), w - theta * (v - middle)
    found = _of_means(freed, freed_control, level)
    plain = y.var(ddof=1) / len(y) + w.var(ddof=1) / len(w)
    kept = (freed.var(ddof=1) / len(y) + freed_control.var(ddof=1) / len(w)) / plain if plain > 0 else 1.0
    control_mean = float(w.mean())
    return replace(
        found, control=control_mean, treated=control_mean + found.difference, variance_kept=float(kept)
    )


def differences(
    treated_before: ArrayLike,
    treated_after: ArrayLike,
    control_before: ArrayLike,
    control_after: ArrayLike,
    *,
    level: float = 0.95,
) -> Effect:
    """Difference in differences: how much more the treated changed than the control (D. Card, A. B. Krueger, *AER* 84, 1994).

    The same customers before and after; needs no draw by chance, but that both groups would have moved alike.
    `treated` and `control` of the result are the mean changes.

    Raises:
        ValueError: as `means`, or customers with one of the two numbers only.
    """
    changes = []
    for name, before, after in (
        ("treated", treated_before, treated_after),
        ("control", control_before, control_after),
    ):
        was, became = _numbers(before, name), _numbers(after, name)
        if was.shape != became.shape:
            raise ValueError(f"{name}: every customer needs a number before and one after")
        changes.append(became - was)
    return _of_means(changes[0], changes[1], level)


def before_after(before: ArrayLike, after: ArrayLike, *, level: float = 0.95) -> Effect:
    """Mean change of the same customers without anybody to compare with (`control` of the result is before).

    Everything else that changed in the meantime, the season included, is in it: it is no proof that a programme worked.

    Raises:
        ValueError: as `means`, or customers with one of the two numbers only.
    """
    was, became = _numbers(before, "before"), _numbers(after, "after")
    if was.shape != became.shape:
        raise ValueError("every customer needs a number before and one after")
    change = became - was
    error = float(change.std(ddof=1)) / sqrt(len(change))
    reach = _t_quantile(level, len(change) - 1) * error
    middle = float(change.mean())
    count = len(change)
    return _effect(
        float(became.mean()), float(was.mean()), middle, (middle - reach, middle + reach), level, (count, count),
        None, error,
    )  # fmt: skip


def incremental(effect: Effect, customers: int) -> Money:
    """What a programme that reached so many customers brought beyond what they would have brought anyway.

    Raises:
        ValueError: a negative number of customers.
    """
    if customers < 0:
        raise ValueError(f"customers cannot be fewer than none: {customers}")
    return Money(
        effect.difference * customers, effect.low * customers, effect.high * customers, effect.verdict
    )


def wilson(yes: int, of: int, level: float = 0.95) -> tuple[float, float]:
    """Interval of a share (E. B. Wilson, *JASA* 22, 1927); 0 … 1 of nobody.

    Raises:
        ValueError: counts that cannot be.
    """
    if not 0 <= yes <= of:
        raise ValueError(f"{yes} of {of} cannot be")
    if of == 0:
        return 0.0, 1.0
    z = normal_quantile(level)
    share = yes / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    reach = z / (1 + z * z / of) * sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    # at none and at all the ends are exact; rounding must not put the share outside its interval
    return (0.0 if yes == 0 else max(0.0, middle - reach)), (1.0 if yes == of else min(1.0, middle + reach))


def customers_needed(spread: float, smallest: float, *, level: float = 0.95, power: float = POWER) -> int:
    """Customers in each of two equal groups to see a true difference of `smallest` in the share `power` of trials.

    Args:
        spread: standard deviation of the metric.

    Raises:
        ValueError: a spread below 0, a difference of 0, or shares outside 0 … 1.
    """
    from math import ceil

    if spread < 0 or smallest == 0:
        raise ValueError("the spread is 0 or more and the difference not 0")
    reach = normal_quantile(level) + _one_sided(power)
    return max(2, ceil(2 * (spread * reach / smallest) ** 2))


def _one_sided(power: float) -> float:
    from statistics import NormalDist

    if not 0 < power < 1:
        raise ValueError(f"power lies between 0 and 1: {power}")
    return NormalDist().inv_cdf(power)


def _of_means(one: Floats, two: Floats, level: float) -> Effect:
    n, m = len(one), len(two)
    spread, other = float(one.var(ddof=1)) / n, float(two.var(ddof=1)) / m
    error = sqrt(spread + other)
    freedom = (
        (spread + other) ** 2 / (spread**2 / (n - 1) + other**2 / (m - 1)) if error > 0 else float(n + m - 2)
    )
    reach = _t_quantile(level, freedom)
    p, q = float(one.mean()), float(two.mean())
    ends = (p - q - reach * error, p - q + reach * error)
    return _effect(p, q, p - q, ends, level, (n, m), _fieller(p, q, spread, other, reach), error)


def _effect(
    treated: float, control: float, difference: float, ends: tuple[float, float], level: float,
    customers: tuple[int, int], relative: tuple[float, float, float] | None, error: float,
) -> Effect:  # fmt: skip
    verdict, reason = Verdict.CANNOT_TELL, Reason.NONE
    if min(customers) < FEWEST:
        reason = Reason.TOO_FEW
    elif ends[0] <= 0 <= ends[1]:
        reason = Reason.INTERVAL_CONTAINS_ZERO
    else:
        verdict = Verdict.MORE if difference > 0 else Verdict.LESS
    detectable = (normal_quantile(level) + _one_sided(POWER)) * error
    return Effect(
        treated, control, difference, *ends, level, *customers, verdict, reason, relative, detectable
    )


def _fieller(
    p: float, q: float, spread: float, other: float, reach: float
) -> tuple[float, float, float] | None:
    """(p - q)/q with the interval of p/q less 1; None where the interval has no end."""
    room = q * q - reach * reach * other
    if room <= 0 or q == 0:
        return None
    under = (p * q) ** 2 - room * (p * p - reach * reach * spread)
    root = sqrt(max(under, 0.0))
    ends = sorted(((p * q - root) / room - 1, (p * q + root) / room - 1))
    return p / q - 1, ends[0], ends[1]


def _t_quantile(level: float, freedom: float) -> float:
    from scipy.stats import t

    if not 0 < level < 1:
        raise ValueError(f"a level lies between 0 and 1: {level}")
    return float(t.ppf((1 + level) / 2, freedom))


def _numbers(values: ArrayLike, name: str) -> Floats:
    out = np.asarray(values, np.float64)
    if out.ndim != 1 or len(out) < 2:
        raise ValueError(f"{name}: at least two customers are needed, one number each")
    if not np.isfinite(out).all():
        raise ValueError(f"{name}: values are finite; row {int(np.argmax(~np.isfinite(out)))} is not")
    return out
