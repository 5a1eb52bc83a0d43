"""How long customers stay, when many are still there: Kaplan–Meier, comparison of groups, retention by cohort.

Assumptions: whose end is not seen yet would leave like the others (censoring says nothing about leaving); times are exact.

- Estimate: E. L. Kaplan, P. Meier, *JASA* 53, 1958. Variance: M. Greenwood, 1926. Interval on log(-log S), which stays
  inside 0 … 1: J. D. Kalbfleisch, R. L. Prentice, *The Statistical Analysis of Failure Time Data*, 1980.
- Groups: log-rank test, N. Mantel, *Cancer Chemotherapy Reports* 50, 1966; R. Peto, J. Peto, *JRSS A* 135, 1972.

Cost: sorting, O(n log n); the log-rank test is different times × groups on top.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dangol.methods.histories import Floats, Whole
from dangol.methods.lift import wilson
from dangol.methods.likelihood import normal_quantile


@dataclass(frozen=True, slots=True)
class Curve:
    """The share still there after each time at which somebody left.

    Attributes:
        times: ascending; before the first all are there.
        share, low, high: S(t) and its interval; where all have left, the interval is 0 … 0.
        error: Greenwood's standard error of the share.
        at_risk, left: customers watched just before, and those who left, at each time.
    """

    times: Floats
    share: Floats
    low: Floats
    high: Floats
    error: Floats
    at_risk: Whole
    left: Whole
    customers: int

    def at(self, time: float) -> float:
        """S(time)."""
        place = int(np.searchsorted(self.times, time, side="right"))
        return 1.0 if place == 0 else float(self.share[place - 1])

    def median(self) -> float | None:
        """The first time at which half or fewer are left; None while more than half are."""
        return self._first(self.share)

    def median_interval(self) -> tuple[float | None, float | None]:
        """Where the interval of the curve crosses one half (R. Brookmeyer, J. Crowley, *Biometrics* 38, 1982)."""
        return self._first(self.low), self._first(self.high)

    def _first(self, shares: Floats) -> float | None:
        below = np.flatnonzero(shares <= 0.5)
        return float(self.times[below[0]]) if len(below) else None

    def mean_until(self, time: float) -> float:
        """Mean time stayed within `time` (the area under the curve), which needs no end to be seen.

        Raises:
            ValueError: a time that is not above 0.
        """
        if not time > 0:
            raise ValueError(f"a time above 0 is needed: {time}")
        inside = self.times[self.times < time]
        edges = np.concatenate([[0.0], inside, [time]])
        levels = np.concatenate([[1.0], self.share[: len(inside)]])
        return float(levels @ np.diff(edges))


@dataclass(frozen=True, slots=True)
class LogRank:
    """Whether groups stay for unlike times. `expected`: leavers of each group if all were alike."""

    groups: tuple[object, ...]
    left: Whole
    expected: Floats
    statistic: float
    freedom: int
    p_value: float


@dataclass(frozen=True, slots=True)
class Cohort:
    """Customers who began in the same period: how many were active after 0, 1, 2 … periods, as far as can be known."""

    began: int
    customers: int
    active: tuple[int, ...]
    shares: tuple[float, ...]
    intervals: tuple[tuple[float, float], ...]


def kaplan_meier(durations: ArrayLike, left: ArrayLike, *, level: float = 0.95) -> Curve:
    """The share still there over time.

    Args:
        durations: time each customer was watched, 0 or more.
        left: whether the customer left then (True) or was still there (False).

    Raises:
        ValueError: nobody, unlike lengths, or durations that are negative or not finite.
    """
    time, gone = _checked(durations, left)
    times, place = np.unique(time, return_inverse=True)
    out = np.bincount(place, gone, len(times)).astype(np.int64)
    ended = np.bincount(place, minlength=len(times))
    watched = len(time) - np.concatenate([[0], np.cumsum(ended)[:-1]])
    some = out > 0
    times, out, watched = times[some], out[some], watched[some].astype(np.int64)
    share = np.cumprod(1 - out / watched)
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(out / (watched * (watched - out)))
        error = np.where(share > 0, share * np.sqrt(greenwood), 0.0)
        double = np.log(-np.log(share))
        reach = normal_quantile(level) * np.sqrt(greenwood) / np.abs(np.log(share))
        low, high = np.exp(-np.exp(double + reach)), np.exp(-np.exp(double - reach))
    low, high = np.where(share > 0, low, 0.0), np.where(share > 0, high, 0.0)
    return Curve(times, share, low, high, error, watched, out, len(time))


def by_group(
    durations: ArrayLike,
    left: ArrayLike,
    groups: Sequence[object] | NDArray[np.generic],
    *,
    level: float = 0.95,
) -> dict[object, Curve]:
    """A curve for each group, in ascending order of the groups.

    Raises:
        ValueError: as `kaplan_meier`, or not one group per customer.
    """
    time, gone = _checked(durations, left)
    names, place = _groups(groups, len(time))
    return {
        name: kaplan_meier(time[place == number], gone[place == number], level=level)
        for number, name in enumerate(names)
    }


def log_rank(
    durations: ArrayLike, left: ArrayLike, groups: Sequence[object] | NDArray[np.generic]
) -> LogRank:
    """Test whether all groups stay equally long; small `p_value` says no.

    Raises:
        ValueError: fewer than two groups, or as `by_group`; nobody left at all.
    """
    from scipy.stats import chi2

    time, gone = _checked(durations, left)
    names, place = _groups(groups, len(time))
    if len(names) < 2:
        raise ValueError("a comparison needs at least two groups")
    if not gone.any():
        raise ValueError("nobody has left yet: there is nothing to compare")
    times, moment = np.unique(time, return_inverse=True)
    shape = (len(times), len(names))
    flat = moment * len(names) + place
    ended = np.bincount(flat, minlength=shape[0] * shape[1]).reshape(shape)
    out = np.bincount(flat, gone, shape[0] * shape[1]).reshape(shape)
    watched = ended[::-1].cumsum(axis=0)[::-1].astype(np.float64)
    all_watched, all_out = watched.sum(axis=1), out.sum(axis=1)
    share = watched / all_watched[:, None]
    expected = all_out @ share
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(all_watched > 1, all_out * (all_watched - all_out) / (all_watched - 1), 0.0)
    covariance = np.diag(factor @ share) - (share * factor[:, None]).T @ share
    gap = (out.sum(axis=0) - expected)[:-1]
    statistic = float(gap @ np.linalg.pinv(covariance[:-1, :-1]) @ gap)
    freedom = len(names) - 1
    return LogRank(
        tuple(names), out.sum(axis=0).astype(np.int64), expected, statistic, freedom,
        float(chi2.sf(statistic, freedom)),
    )  # fmt: skip


def cohorts(
    began: ArrayLike, customers: ArrayLike, periods: ArrayLike, *, until: int, level: float = 0.95
) -> list[Cohort]:
    """Retention by cohort: of those who began in a period, who was active 0, 1, 2 … periods later.

    Args:
        began, customers, periods: per activity: the period in which its customer began, the customer, the period of the
            activity – whole numbers such as months since a fixed one. Doubles count once.
        until: the last period that is complete; activities after it are passed over, and no cohort is looked at longer.

    Raises:
        ValueError: unlike lengths, numbers that are not whole, or an activity before its customer began.
    """
    start, who, when = (np.asarray(one) for one in (began, customers, periods))
    if not (start.shape == who.shape == when.shape and start.ndim == 1):
        raise ValueError("began, customers and periods need one value per activity")
    for name, values in (("began", start), ("periods", when)):
        if len(values) and not np.issubdtype(values.dtype, np.integer):
            raise ValueError(f"{name}: periods are whole numbers, not {values.dtype}")
    if (when < start).any():
        raise ValueError(f"activity {int(np.argmax(when < start))} lies before its customer began")
    kept = when <= until
    start, who, when = start[kept], who[kept], when[kept]
    if not len(when):
        return []
    firsts, cohort = np.unique(start, return_inverse=True)
    names, who = np.unique(who, return_inverse=True)
    members, _ = np.divmod(np.unique(cohort * len(names) + who), len(names))
    sizes = np.bincount(members, minlength=len(firsts))
    width = until - int(firsts[0]) + 1
    places = np.unique((cohort * width + (when - start)) * len(names) + who) // len(names)
    counts = np.bincount(places, minlength=len(firsts) * width).reshape(len(firsts), width)
    found = []
    for first, size, row in zip(firsts.tolist(), sizes.tolist(), counts.tolist(), strict=True):
        active = tuple(row[: until - first + 1])
        found.append(
            Cohort(
                first, size, active, tuple(count / size for count in active),
                tuple(wilson(count, size, level) for count in active),
            )
        )  # fmt: skip
    return found


def _checked(durations: ArrayLike, left: ArrayLike) -> tuple[Floats, NDArray[np.bool_]]:
    time, gone = np.asarray(durations, np.float64), np.asarray(left)
    if time.shape != gone.shape or time.ndim != 1:
        raise ValueError(f"durations and left need one value per customer: {time.shape}, {gone.shape}")
    if not len(time):
        raise ValueError("there are no customers")
    bad = ~np.isfinite(time) | (time < 0)
    if bad.any():
        place = int(np.argmax(bad))
        raise ValueError(f"durations are finite and 0 or more; row {place} has {time[place]:g}")
    if not np.isin(gone, (0, 1)).all():
        raise ValueError("left says yes or no for every customer")
    return time, gone.astype(bool)


def _groups(
    groups: Sequence[object] | NDArray[np.generic], count: int
) -> tuple[list[object], NDArray[np.intp]]:
    given = np.asarray(groups)
    if given.shape != (count,):
        raise ValueError(f"groups need one value per customer: {given.shape} for {count}")
    names, place = np.unique(given, return_inverse=True)
    return list(names.tolist()), place
