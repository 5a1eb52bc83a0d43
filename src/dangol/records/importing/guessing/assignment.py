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
    places = len(costs[0])
    row_price, place_price = [0.0] * (len(costs) + 1), [0.0] * (places + 1)
    holder = [0] * (places + 1)
    for row in range(1, len(costs) + 1):
        holder[0], place = row, 0
        least, before, done = [inf] * (places + 1), [0] * (places + 1), [False] * (places + 1)
        while holder[place]:
            done[place] = True
            current, step, nearest = holder[place], inf, 0
            for other in range(1, places + 1):
                if done[other]:
                    continue
                cost = costs[current - 1][other - 1] - row_price[current] - place_price[other]
                if cost < least[other]:
                    least[other], before[other] = cost, place
                if least[other] < step:
                    step, nearest = least[other], other
            for other in range(places + 1):
                if done[other]:
                    row_price[holder[other]] += step
                    place_price[other] -= step
                else:
                    least[other] -= step
            place = nearest
        while place:
            holder[place] = holder[before[place]]
            place = before[place]
    given = [0] * len(costs)
    for place in range(1, places + 1):
        if holder[place]:
            given[holder[place] - 1] = place - 1
    return given
