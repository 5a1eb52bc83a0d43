"""What customers did so far, as models of buying read it: how often again, when last, how long known.

The three numbers (x, t_x, T) are all that BG/NBD, MBG/NBD and Pareto/NBD need of a customer (P. S. Fader, B. G. S. Hardie,
K. L. Lee, "RFM and CLV: using iso-value curves for customer base analysis", *Journal of Marketing Research* 42, 2005):

- `frequency` x: repeat purchases, so without the first one; purchases on one day are one;
- `recency` t_x: time from the first to the last purchase, 0 without a repeat;
- `age` T: time from the first purchase to the end of observation.

Equal customers are folded into one row with a weight: a likelihood then costs as much as there are different rows,
however many customers stand behind them. numpy is imported with this module: import it inside functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Places = NDArray[np.intp]
WEEK = 7.0


@dataclass(frozen=True)
class Histories:
    """Folded histories. All but `row` have an entry per different row; `row` has one per customer.

    Attributes:
        frequency, recency, age: x, t_x, T in one unit of time.
        weight: customers of the row.
        row: of each customer, the place of its row.
        levels, level: the different frequencies, and of each row the place of its own among them, so that gamma
            functions are worked out once per frequency; `lasts`, `of_last` and `ages`, `of_age` are the same of recency
            and age, for logarithms.
    """

    frequency: Whole
    recency: Floats
    age: Floats
    weight: Floats
    row: Places
    levels: Whole
    level: Places
    lasts: Floats
    of_last: Places
    ages: Floats
    of_age: Places

    @classmethod
    def of(cls, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike) -> Histories:
        """Check and fold. O(n log n); a million customers take about half a second.

        Raises:
            ValueError: names the first customer (by place) that cannot be: a frequency that is no whole number from 0,
                0 ≤ t_x ≤ T not met, a last purchase without or a missing one with repeats, or nobody at all.
        """
        given = np.atleast_1d(np.asarray(frequency, np.float64))
        last = np.atleast_1d(np.asarray(recency, np.float64))
        known = np.atleast_1d(np.asarray(age, np.float64))
        if not (given.shape == last.shape == known.shape and given.ndim == 1):
            raise ValueError(
                f"frequency, recency and age need one value per customer: {given.shape}, {last.shape}, {known.shape}"
            )
        if not len(given):
            raise ValueError("there are no customers")
        _refuse(~np.isfinite(given) | (given < 0) | (given != np.floor(given)), given,
                "frequency is a whole number from 0")  # fmt: skip
        _refuse(~np.isfinite(known) | (known <= 0), known, "age is a finite number above 0")
        _refuse(~np.isfinite(last) | (last < 0) | (last > known), last, "recency lies between 0 and the age")
        _refuse((given == 0) != (last == 0), last, "recency is 0 exactly where nothing was bought again")
        whole = given.astype(np.int64)
        levels, level = np.unique(whole, return_inverse=True)
        lasts, of_last = np.unique(last, return_inverse=True)
        ages, of_age = np.unique(known, return_inverse=True)
        code = (level * len(lasts) + of_last) * len(ages) + of_age
        codes, row, weight = np.unique(code, return_inverse=True, return_counts=True)
        rest, at_age = np.divmod(codes, len(ages))
        at_level, at_last = np.divmod(rest, len(lasts))
        return cls(
            levels[at_level], lasts[at_last], ages[at_age], weight.astype(np.float64), row,
            levels, at_level, lasts, at_last, ages, at_age,
        )  # fmt: skip

    @property
    def customers(self) -> int:
        """How many customers there are."""
        return len(self.row)

    def spread(self, values: Floats) -> Floats:
        """Values of rows as values of customers, in the order in which the customers were given."""
        out: Floats = values[self.row]
        return out

    def frequencies(self) -> Whole:
        """x of each customer."""
        out: Whole = self.frequency[self.row]
        return out

    def weighted(self, weight: Floats) -> Histories:
        """The same rows with other weights, as for a bootstrap. `row` stays what it was."""
        return replace(self, weight=weight)

    def some_rows(self, most: int, seed: int = 0) -> Histories:
        """At most so many rows taken by chance (seeded), weighted up to the whole, to find where to start a search."""
        if len(self.weight) <= most:
            return self
        taken = np.sort(np.random.default_rng(seed).choice(len(self.weight), most, replace=False))
        weight = self.weight[taken] * (self.weight.sum() / self.weight[taken].sum())
        return Histories(
            self.frequency[taken], self.recency[taken], self.age[taken], weight, np.arange(most),
            self.levels, self.level[taken], self.lasts, self.of_last[taken], self.ages, self.of_age[taken],
        )  # fmt: skip

    @cached_property
    def pairs(self) -> tuple[Whole, Floats, Places]:
        """The different (x, T), and of each row the place of its pair: what is expected of the living needs no t_x."""
        codes, pair = np.unique(self.level * len(self.ages) + self.of_age, return_inverse=True)
        at_level, at_age = np.divmod(codes, len(self.ages))
        return self.levels[at_level], self.ages[at_age], pair


@dataclass(frozen=True, slots=True)
class Summary:
    """Histories and spend made from purchases.

    Attributes:
        customers: the codes, ascending; `histories.row`, `spend` and `first` are in this order.
        spend: mean value of the repeat purchases, `nan` without one; the first is left out (as in Fader and Hardie's note
            on gamma-gamma), since it is often unlike the others.
        first: day number of the first purchase.
        left_out: days on which a customer's values add up to less than nothing (returns): they count as no purchase.
    """

    customers: NDArray[np.generic]
    histories: Histories
    spend: Floats
    first: Whole
    left_out: int


def summarise(
    customers: Sequence[object] | NDArray[np.generic],
    days: ArrayLike,
    *,
    until: int,
    values: ArrayLike | None = None,
    unit: float = WEEK,
) -> Summary:
    """Histories of all who bought before or on day `until`.

    Args:
        customers: a code per purchase.
        days: a whole number per purchase, the same calendar as `until` (`date.toordinal()` for one).
        values: money per purchase; returns are negative. Values of one day are added up. Without it `spend` is `nan`.
        unit: days in the unit of time wanted; a week by default.

    A customer whose first purchase is on `until` itself has no time to buy again and is left out.

    Raises:
        ValueError: columns of unlike length, days that are no whole numbers, values that are not finite, or nobody left.
    """
    codes = np.asarray(customers)
    at = np.asarray(days)
    if codes.shape != at.shape or codes.ndim != 1:
        raise ValueError(f"customers and days need one value per purchase: {codes.shape}, {at.shape}")
    if not np.issubdtype(at.dtype, np.integer):
        raise ValueError(f"days are whole numbers, not {at.dtype}")
    money = np.full(len(at), np.nan) if values is None else np.asarray(values, np.float64)
    if money.shape != at.shape:
        raise ValueError(f"values need one value per purchase: {money.shape}, {at.shape}")
    if values is not None:
        _refuse(~np.isfinite(money), money, "values are finite")
    kept = at <= until
    names, who = np.unique(codes[kept], return_inverse=True)
    at, money = at[kept].astype(np.int64), money[kept]
    if not len(at):
        raise ValueError(f"nothing was bought up to day {until}")
    start = int(at.min())
    span = int(at.max()) - start + 1
    visits, of_visit = np.unique(who * span + (at - start), return_inverse=True)
    totals = np.bincount(of_visit, money, len(visits))
    left_out = 0
    if values is not None:
        good = totals >= 0
        left_out = int((~good).sum())
        visits, totals = visits[good], totals[good]
    buyer, day = np.divmod(visits, span)
    day = day + start
    present, begin, count = np.unique(buyer, return_index=True, return_counts=True)
    young = day[begin] >= until
    present, begin, count = present[~young], begin[~young], count[~young]
    if not len(present):
        raise ValueError(f"nobody was known before day {until}")
    first, last = day[begin], day[begin + count - 1]
    sums = np.concatenate([[0.0], np.cumsum(totals)])
    with np.errstate(invalid="ignore", divide="ignore"):
        repeated = (sums[begin + count] - sums[begin + 1]) / (count - 1)
    spend = np.where(count > 1, repeated, np.nan)
    histories = Histories.of(count - 1, (last - first) / unit, (until - first) / unit)
    return Summary(names[present], histories, spend, first, left_out)


def bought_later(
    summary: Summary,
    customers: Sequence[object] | NDArray[np.generic],
    days: ArrayLike,
    *,
    after: int,
    until: int,
) -> Whole:
    """On how many days each customer of a summary bought after `after` and up to `until`: what a model had to foretell.

    Purchases of others are passed over.
    """
    codes, at = np.asarray(customers), np.asarray(days)
    kept = (at > after) & (at <= until) & np.isin(codes, summary.customers)
    place = np.searchsorted(summary.customers, codes[kept])
    span = until - after
    visits = np.unique(place * span + (at[kept] - after - 1))
    return np.bincount(visits // span, minlength=len(summary.customers)).astype(np.int64)


def _refuse(bad: NDArray[np.bool_], values: Floats, rule: str) -> None:
    if bad.any():
        place = int(np.argmax(bad))
        more = int(bad.sum()) - 1
        also = f" (and {more} more)" if more else ""
        raise ValueError(f"{rule}; row {place} has {values[place]:g}{also}")
