"""Recency, frequency, monetary value: how customers differ in when, how often and for how much they bought.

The three measures and their scoring by fifths follow A. M. Hughes, *Strategic Database Marketing* (Probus, 1994);
treatment of equal values follows the discussion in J. R. Miglautsch, "Thoughts on RFM scoring", *Journal of Database
Marketing* 8(1), 2000, pp. 67–72: customers with the same value must get the same score, which cutting a sorted list
into five equal pieces does not give.

A score says how many fifths of the customers are worse: 5 is better than at least 80 % of them, 4 better than at least
60 %, 1 better than less than 20 %. With `worse` the number of customers with a strictly worse value among `n`:

    score = 1 + floor(5 · worse / n)

which is whole-number arithmetic, so every engine gives the same score. Groups are unequal where values repeat (many
customers bought once); that is meant.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

SEGMENTS: Final = (
    "champions",
    "loyal",
    "growing",
    "new",
    "needs_attention",
    "at_risk",
    "asleep",
    "lost",
)
FEWEST_CUSTOMERS: Final = 5
"""Below five customers there are no fifths, and nobody is scored."""


@dataclass(frozen=True, slots=True)
class Purchase:
    """One order line as RFM reads it: who, which order, the day of the order, whether the order is a sale, amount."""

    customer: int
    order: int
    day: date
    is_sale: bool
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Rfm:
    """The three measures of one customer. `recency` in days, `frequency` in orders, `monetary` net of returns."""

    recency: int
    frequency: int
    monetary: Decimal


def measure(purchases: Iterable[Purchase], as_of: date) -> dict[int, Rfm]:
    """The three measures of every customer who ever bought.

    Recency counts the days from the last sale to `as_of` (0 for a sale on or after that day); frequency counts sale
    orders, two on one day as two; monetary adds up all lines, so returns and adjustments lower it. Returns neither
    refresh recency nor count as purchases. A customer with returns only has never bought and is left out.
    """
    last: dict[int, date] = {}
    orders: dict[int, set[int]] = {}
    amounts: dict[int, Decimal] = {}
    for purchase in purchases:
        customer = purchase.customer
        amounts[customer] = amounts.get(customer, Decimal(0)) + purchase.amount
        if purchase.is_sale:
            orders.setdefault(customer, set()).add(purchase.order)
            last[customer] = max(last.get(customer, purchase.day), purchase.day)
    return {
        customer: Rfm(max(0, (as_of - last[customer]).days), len(bought), amounts[customer])
        for customer, bought in orders.items()
    }


def fifths(values: Sequence[int | Decimal | float]) -> list[int]:
    """The score 1 … 5 of each value, more being better; equal values get equal scores. O(n log n)."""
    count = len(values)
    worse: dict[int | Decimal | float, int] = {}
    for position, value in enumerate(sorted(values)):
        worse.setdefault(value, position)
    return [1 + 5 * worse[value] // count for value in values]


def score(measures: Mapping[int, Rfm]) -> dict[int, tuple[int, int, int]]:
    """The scores (R, F, M) of each customer; empty with fewer than `FEWEST_CUSTOMERS`."""
    if len(measures) < FEWEST_CUSTOMERS:
        return {}
    people = list(measures)
    recency = fifths([-measures[person].recency for person in people])
    frequency = fifths([measures[person].frequency for person in people])
    monetary = fifths([measures[person].monetary for person in people])
    return dict(zip(people, zip(recency, frequency, monetary, strict=True), strict=True))


def segment(r: int, f: int, m: int) -> str:
    """The named segment of a score; every one of the 125 combinations has exactly one.

    The names are common practice, not Hughes's. Recency decides first: who bought lately (R 4–5) is a champion, loyal,
    new or growing; R 3 is loyal or needs attention; who stayed away (R 1–2) is at risk while worth keeping, else asleep
    or lost.

    Raises:
        ValueError: a score outside 1 … 5.
    """
    if not all(1 <= value <= 5 for value in (r, f, m)):
        raise ValueError(f"RFM scores lie between 1 and 5: {(r, f, m)}")
    if r >= 4 and f >= 4 and m >= 4:
        return "champions"
    if r >= 3 and (f >= 4 or (f >= 3 and m >= 3)):
        return "loyal"
    if r >= 4 and f == 1:
        return "new"
    if r >= 4:
        return "growing"
    if r == 3:
        return "needs_attention"
    if f + m >= 6:
        return "at_risk"
    return "asleep" if r == 2 else "lost"


def segment_of_scores() -> dict[tuple[int, int, int], str]:
    """All 125 combinations with their segment, for engines that join instead of branching."""
    five = range(1, 6)
    return {(r, f, m): segment(r, f, m) for r in five for f in five for m in five}
