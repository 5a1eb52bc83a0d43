"""From orders in the lake to purchases that models of buying learn from.

A purchase is a day on which a customer bought. What came back is taken from the last purchase before it, so that a purchase
that came back in whole is none; what came back after a moment is not known at that moment. What cost nothing from the start
(a gift, a free record of CDNOW) is a purchase all the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from dangol.measures.lake.datasets import of_records
from dangol.methods.histories import WEEK, Floats, Histories, Summary, Whole, summarise

if TYPE_CHECKING:
    from dangol.measures.lake import Lake

EPOCH = 719_163
"""`date(1970, 1, 1).toordinal()`: from where columns of dates count."""
NOTHING = 0.005
"""Less than this is nothing: sums of floats are not exact to the last digit."""
NEWEST = 0.5
"""Days for which a customer has been known whose first purchase is on the last day of observation."""


@dataclass(frozen=True, slots=True)
class Purchases:
    """One entry per purchase, by customer and day; days count as in `date.toordinal()`.

    `undone` is how many purchases came back in whole.
    """

    customers: Whole
    days: Whole
    values: Floats
    undone: int


@dataclass(frozen=True, slots=True)
class Days:
    """What each customer bought and brought back by day: one entry per customer and day, in that order.

    `sold` adds up sales, `returned` everything else, mostly below 0; `is_sale` says whether there was a sale at all.
    """

    customers: Whole
    days: Whole
    sold: Floats
    returned: Floats
    is_sale: np.typing.NDArray[np.bool_]

    def purchases(self, until: int, since: int = 0) -> Purchases:
        """The purchases of days after `since` up to `until`, as they stood at the end of that day. Linear."""
        seen = (self.days > since) & (self.days <= until)
        who, days = self.customers[seen], self.days[seen]
        bought = self.is_sale[seen]
        place = np.unique(who, return_inverse=True)[1]
        span = until - since + 2
        key = place * span + (days - since)
        at = np.flatnonzero(bought)
        values = self.sold[seen][at].copy()
        back = np.flatnonzero(self.returned[seen])
        target = np.searchsorted(key[at], key[back], side="right") - 1
        there = target >= 0
        there[there] = place[at][target[there]] == place[back][there]
        np.add.at(values, target[there], self.returned[seen][back[there]])
        touched = np.zeros(len(values), bool)
        touched[target[there]] = True
        kept = (values > NOTHING) | (~touched & (values > -NOTHING))
        return Purchases(who[at][kept], days[at][kept], values[kept], int((~kept).sum()))

    def revenue(self, customers: Whole, *, since: int, until: int) -> Floats:
        """Sales less returns of these customers (ascending) on days after `since` up to `until`."""
        place = np.searchsorted(customers, self.customers)
        place[place == len(customers)] = 0
        seen = (self.days > since) & (self.days <= until) & (customers[place] == self.customers)
        money = (self.sold + self.returned)[seen]
        return np.bincount(place[seen], money, len(customers)).astype(np.float64)


def summary_at(bought: Purchases, at: int) -> Summary:
    """Histories as they stand on day `at`, in weeks, of everybody who bought up to it; purchases after it must be left out.

    A customer is known for the days from the first purchase to `at`, as in the published examples; whoever bought first on
    that very day, whom those leave out, for half a day.

    Raises:
        ValueError: nobody bought.
    """
    found = summarise(bought.customers, bought.days, until=at + 1, values=bought.values)
    known = np.maximum(at - found.first, NEWEST) / WEEK
    once = found.histories
    return replace(found, histories=Histories.of(once.frequencies(), once.spread(once.recency), known))


def spending_of(summary: Summary) -> tuple[Whole, Floats]:
    """Repeat purchases and their mean, as `gamma_gamma` reads them: who never paid for any tells nothing of spend."""
    x = summary.histories.frequencies()
    paid = (x > 0) & (summary.spend > NOTHING)
    return np.where(paid, x, 0), np.where(paid, summary.spend, np.nan)


def read_days(lake: Lake, *, currency: str, until: int) -> Days:
    """The days of all customers who are there, in the company's currency, up to a day. One pass over the lines."""
    lines = lake.table("order_lines")
    lines = lines.filter(lines.customer_id.notnull(), lines.currency == currency)
    customers = lake.table(of_records("customer").name)
    lines = lines.semi_join(customers, lines.customer_id == customers.id)
    sale = lines.order_kind == "sale"
    days = lines.group_by("customer_id", "ordered_on").aggregate(
        sold=lines.amount.sum(where=sale).fill_null(0).cast("float64"),
        returned=lines.amount.sum(where=~sale).fill_null(0).cast("float64"),
        is_sale=sale.any(),
    )
    found = lake.read(days.order_by("customer_id", "ordered_on"))
    at = found.column("ordered_on").cast("int32").to_numpy().astype(np.int64) + EPOCH
    kept = at <= until
    return Days(
        found.column("customer_id").to_numpy()[kept],
        at[kept],
        found.column("sold").to_numpy()[kept],
        found.column("returned").to_numpy()[kept],
        found.column("is_sale").to_numpy()[kept],
    )
