"""How customers stay: who of those that began in a month bought again in later months, and how long they go on buying."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from dangol.insight.modelling.purchases import EPOCH, Days
from dangol.methods import survival
from dangol.methods.histories import Floats, Whole

SHOWN_COHORTS: Final = 12
SHOWN_MONTHS: Final = 24
DAYS_PER_MONTH: Final = 365.25 / 12
FEWEST_GAPS: Final = 30
USUAL_GAP: Final = 90
FEWEST_IN_GROUP: Final = 30
MOST_GROUPS: Final = 3


def retention(days: Days, *, until: int, gap_days: int | None = None) -> dict[str, Any]:
    """Cohorts by month of the first purchase, and curves of staying; empty where nobody bought.

    A customer has left who has been silent for more than the gap: as said, else so many days that nine of ten gaps between
    two purchases were no longer (90 days where there are too few to tell). Who left did so with the last purchase; months
    that are not complete yet are in no cohort. Groups are the years of the first purchase, the newest with enough customers.
    """
    bought = days.purchases(until)
    if not len(bought.customers):
        return {}
    names, begin, count = np.unique(bought.customers, return_index=True, return_counts=True)
    first, last = bought.days[begin], bought.days[begin + count - 1]
    gap, chosen = gap_of(bought.customers, bought.days, gap_days)
    stayed, left = (last - first) / DAYS_PER_MONTH, until - last > gap
    years = _months(first) // 12 + 1970
    groups = [int(year) for year in np.unique(years)[::-1] if (years == year).sum() >= FEWEST_IN_GROUP][
        :MOST_GROUPS
    ]
    some = np.isin(years, groups)
    test = survival.log_rank(stayed[some], left[some], years[some]) if len(groups) > 1 else None
    return {
        "gap": gap,
        "gap_chosen": chosen,
        "customers": len(names),
        "left": int(left.sum()),
        "cohorts": _cohorts(np.repeat(first, count), bought.customers, bought.days, until),
        "all": _curve(stayed, left),
        "groups": [
            {"year": year, **_curve(stayed[years == year], left[years == year])} for year in sorted(groups)
        ],
        "alike": None if test is None else float(f"{test.p_value:.3g}"),
    }


def gap_of(customers: Whole, days: Whole, said: int | None) -> tuple[int, str]:
    """Days of silence after which a customer counts as gone, and how they were chosen: `said`, `usual`, from the `data`.

    `customers` and `days` are purchases in that order.
    """
    if said is not None:
        return said, "said"
    gaps = np.diff(days)[np.diff(customers) == 0]
    if len(gaps) < FEWEST_GAPS:
        return USUAL_GAP, "usual"
    return max(1, int(np.ceil(np.quantile(gaps, 0.9)))), "data"


def _months(days: Whole) -> Whole:
    """Months since January 1970."""
    return (days - EPOCH).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _cohorts(first: Whole, customers: Whole, days: Whole, until: int) -> list[dict[str, Any]]:
    now, tomorrow = _months(np.array([until, until + 1]))
    complete = int(now) if tomorrow > now else int(now) - 1
    found = survival.cohorts(_months(first), customers, _months(days), until=complete)
    return [
        {
            "month": f"{one.began // 12 + 1970}-{one.began % 12 + 1:02}",
            "customers": one.customers,
            "active": list(one.active[: SHOWN_COHORTS + 1]),
        }
        for one in found[-SHOWN_COHORTS:]
    ]


def _curve(stayed: Floats, left: np.typing.NDArray[np.bool_]) -> dict[str, Any]:
    """The share still there after 0, 1, 2 … months, as far as somebody was watched so long; with its 95 % interval."""
    curve = survival.kaplan_meier(stayed, left)
    months = np.arange(min(SHOWN_MONTHS, int(stayed.max())) + 1)
    at = np.searchsorted(curve.times, months, side="right") - 1

    def of(values: Floats) -> list[float]:
        if not len(values):
            return [1.0] * len(months)
        return [1.0 if place < 0 else float(f"{values[place]:.4g}") for place in at.tolist()]

    return {
        "customers": len(stayed),
        "share": of(curve.share),
        "low": of(np.nan_to_num(curve.low, nan=0.0)),
        "high": of(np.nan_to_num(curve.high, nan=1.0)),
        "median": curve.median(),
    }
