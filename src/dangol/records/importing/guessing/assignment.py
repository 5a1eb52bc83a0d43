"""The best way to give columns to fields, each field to one column at most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf


def assign(weights: Sequence[Mapping[str, float]]) -> list[str | None]:
    """For each column the field it goes to, or None, such that the sum of the weights is the largest.

    Args:
        weights: for each column, what each possible field is worth; above 0.

    The Hungarian method (Kuhn 1955, with potentials as by Jonker and Volgenant 1987); cubic in the columns that
    have a choice at all.
    """
    rows = [index for index, given in enumerate(weights) if given]
    fields = list(dict.fromkeys(name for index in rows for name in weights[index]))
    chosen: list[str | None] = [None] * len(weights)
    # Each column may also go to a place of its own that is worth nothing: to be left out.
    costs = [[-weights[index].get(name, 0.0) for name in fields] + [0.0] * len(rows) for index in rows]
    for row, place in enumerate(_cheapest(costs)):
        if place < len(fields) and weights[rows[row]].get(fields[place], 0.0) > 0:
            chosen[rows[row]] = fields[place]
    return chosen


def _cheapest(costs: Sequence[Sequence[float]]) -> list[int]:
    """For each row the place it gets; there are at least as many places as rows."""
    if not costs:
        return []
    table = _Prices(costs)
    for row in range(1, len(costs) + 1):
        table.seat(row)
    given = [0] * len(costs)
    for place, row in enumerate(table.holder):
        if place and row:
            given[row - 1] = place - 1
    return given


class _Prices:
    """Rows are seated one after another; prices tell where giving way is cheapest. Counted from 1, 0 is nobody."""

    def __init__(self, costs: Sequence[Sequence[float]]) -> None:
        self.costs = costs
        self.places = range(1, len(costs[0]) + 1)
        self.row_price = [0.0] * (len(costs) + 1)
        self.place_price = [0.0] * (len(costs[0]) + 1)
        self.holder = [0] * (len(costs[0]) + 1)

    def seat(self, row: int) -> None:
        """Find this row a place; others move on where that is cheaper altogether."""
        self.holder[0], place = row, 0
        least = [inf] * len(self.holder)
        before = [0] * len(self.holder)
        done: set[int] = set()
        while self.holder[place]:
            done.add(place)
            self.look(place, done, least, before)
            nearest = min((other for other in self.places if other not in done), key=least.__getitem__)
            self.raise_prices(least[nearest], done, least)
            place = nearest
        while place:
            self.holder[place] = self.holder[before[place]]
            place = before[place]

    def look(self, place: int, done: set[int], least: list[float], before: list[int]) -> None:
        row = self.holder[place]
        for other in self.places:
            if other not in done:
                cost = self.costs[row - 1][other - 1] - self.row_price[row] - self.place_price[other]
                if cost < least[other]:
                    least[other], before[other] = cost, place

    def raise_prices(self, step: float, done: set[int], least: list[float]) -> None:
        for other in range(len(self.holder)):
            if other in done:
                self.row_price[self.holder[other]] += step
                self.place_price[other] -= step
            else:
                least[other] -= step
