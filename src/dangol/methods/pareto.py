"""How unevenly value is spread over customers: shares of the best, the concentration curve, Gini.

The curve orders customers from the most valuable down (V. Pareto, *Cours d'économie politique*, 1897; in marketing
the "80/20 rule", see R. Sanders, "The Pareto principle: its use and abuse", *Journal of Services Marketing* 1(2),
1987). Gini is C. Gini's ratio of concentration (1914) in its rank form.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil


@dataclass(frozen=True, slots=True)
class Point:
    """One step of the curve: the best `customers` have at least `least` each and `value` together."""

    customers: int
    value: Decimal
    least: Decimal


def best(values: Sequence[Decimal], share: Decimal) -> Point:
    """The smallest number of best customers that makes up at least `share` (0 … 1) of all customers.

    20 % of 4,372 customers are 875. Values below zero (more returned than bought) are counted as they are.
    """
    ordered = sorted(values, reverse=True)
    if not ordered:
        return Point(0, Decimal(0), Decimal(0))
    count = max(1, ceil(len(ordered) * share))
    return Point(count, sum(ordered[:count], Decimal(0)), ordered[count - 1])


def share_of_best(values: Sequence[Decimal], share: Decimal) -> Decimal | None:
    """The part (0 … 1) of the total that the best `share` of customers bring; None when the total is not positive."""
    total = sum(values, Decimal(0))
    return best(values, share).value / total if total > 0 else None


def curve(values: Sequence[Decimal], steps: int = 20) -> list[Point]:
    """The concentration curve at `steps` equal steps of customers, most valuable first.

    Customers of equal value stay together: a step that would cut through them takes them all, so that "at least
    `least`" names exactly the customers behind the point. Values below zero let the curve fall at its end.
    """
    ordered = sorted(values, reverse=True)
    count = len(ordered)
    points: list[Point] = []
    total, taken = Decimal(0), 0
    for step in range(1, steps + 1):
        end = -(-count * step // steps)
        while 0 < end < count and ordered[end] == ordered[end - 1]:
            end += 1
        if end > taken:
            total += sum(ordered[taken:end], Decimal(0))
            taken = end
            points.append(Point(taken, total, ordered[taken - 1]))
    return points


def gini(values: Sequence[Decimal]) -> Decimal | None:
    """0 when all bring the same, towards 1 when one brings all; None without positive values.

    G = (2 · Σ i·xᵢ) / (n · Σ xᵢ) − (n + 1) / n over values in ascending order. Values below zero count as zero: a
    customer who returned more than was bought brings nothing.
    """
    ordered = sorted(max(value, Decimal(0)) for value in values)
    total = sum(ordered, Decimal(0))
    count = len(ordered)
    if total <= 0:
        return None
    weighted = sum((index * value for index, value in enumerate(ordered, start=1)), Decimal(0))
    return 2 * weighted / (count * total) - Decimal(count + 1) / count
