"""Who buys how much and when: the weight of each customer, when it came, when it left, and how busy each day is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from benchmarks.company.sizes import DAYS

Array = np.ndarray[Any, Any]

SPREAD = 1.25
"""Standard deviation of the logarithm of a customer's weight: with the spread of order values, the best fifth of the
buyers brings about three quarters of the revenue.
"""
PROSPECTS = 0.2
BEFORE = 0.4
"""Share of customers that were there before the three years began."""
STAYS = 1_500
"""Days that a customer stays on average; a part comes only once."""
ONCE = 0.12
WEEKEND = 0.06
"""Orders on a day off, against a working day: the shop on the web is open."""


@dataclass(frozen=True)
class Plan:
    """One value for each customer; days count from the first of the three years, and may be below zero."""

    last_day: date
    weight: Array
    joined: Array
    left: Array

    @property
    def first_day(self) -> date:
        """The day with number 0."""
        return self.last_day - timedelta(days=DAYS)

    def stage(self, customer: int) -> str:
        """Where the relationship stands on the last day."""
        if self.weight[customer] == 0:
            return "prospect"
        left = self.left[customer]
        if left < DAYS:
            return "lost" if left < DAYS - 365 else "dormant"
        return "new" if self.joined[customer] > DAYS - 120 else "active"

    def grade(self, customer: int) -> str:
        """By weight: VIP 3 %, A 12 %, B 30 % and C of those who buy."""
        weight = self.weight[customer]
        if weight == 0:
            return ""
        score = float(np.log(weight)) / SPREAD
        return "vip" if score > 1.881 else "a" if score > 1.036 else "b" if score > 0.126 else "c"


def planned(customers: int, last_day: date, seed: int) -> Plan:
    """The plan of a company; 20 bytes a customer."""
    chance = np.random.Generator(np.random.PCG64([seed, 1]))
    weight = np.exp(chance.standard_normal(customers) * SPREAD)
    weight[chance.random(customers) < PROSPECTS] = 0
    joined = (chance.random(customers) * DAYS).astype(np.int32)
    before = chance.random(customers) < BEFORE
    joined[before] = -(chance.random(int(before.sum())) * 2_200).astype(np.int32)
    stays = chance.exponential(STAYS, customers)
    once = chance.random(customers) < ONCE
    stays[once] = 1 + chance.random(int(once.sum())) * 30
    # Those who were there before are those who stayed: their time begins anew.
    left = np.where(before, stays, joined + stays).astype(np.int32) + 1
    return Plan(last_day, weight, joined, left)


def day_counts(plan: Plan, total: int, *, growth: float = 0.25) -> list[int]:
    """How many orders each of the three years' days brings: month, weekday, holidays, and a business that grows."""
    from dangol.config.demo.seasons import intensity

    busy = [
        (WEEKEND + intensity(plan.first_day + timedelta(days=day))) * (1 + growth * day / DAYS)
        for day in range(1, DAYS + 1)
    ]
    cumulated = np.cumsum(busy)
    ends = np.rint(cumulated / cumulated[-1] * total).astype(np.int64)
    return [int(count) for count in np.diff(ends, prepend=0)]


def visits(plan: Plan, weight: Array, total: int, chance: np.random.Generator) -> Iterator[tuple[int, Array]]:
    """For each day its number and the customers (from 0) that come, those with more weight more often.

    Only who has come and not left comes. Days on which nobody can are left out (in a very small company).
    """
    cumulated = np.cumsum(weight)
    for day, wanted in enumerate(day_counts(plan, total), start=1):
        found = np.empty(0, dtype=np.int64)
        while len(found) < wanted:
            drawn = np.searchsorted(cumulated, chance.random(wanted * 2 + 8) * cumulated[-1], side="right")
            there = drawn[(plan.joined[drawn] < day) & (plan.left[drawn] >= day)]
            if not len(there) and not ((plan.joined < day) & (plan.left >= day) & (weight > 0)).any():
                break
            found = np.concatenate([found, there])
        if wanted and len(found):
            yield day, found[:wanted]


def times(count: int, chance: np.random.Generator) -> list[str]:
    """Times of a working day in order, as COPY reads them behind the date."""
    seconds = np.sort(np.clip(chance.normal(14 * 3600, 9_000, count), 7 * 3600, 23 * 3600).astype(np.int64))
    return [
        f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}+09" for second in seconds.tolist()
    ]
