"""How many of everything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

# Shares of size L.
SIZES = {"S": 0.01, "M": 0.1, "L": 1.0}
CUSTOMERS, ORDERS, INTERACTIONS, PRODUCTS, TEAMS = 1_000_000, 5_000_000, 10_000_000, 20_000, 100
SEED = 7
DAYS = 1_095
"""Orders and interactions reach back three years; some customers are older."""


@dataclass(frozen=True)
class Size:
    """How many of each. Teams and products grow slower than customers, as in life."""

    customers: int
    orders: int
    interactions: int
    products: int
    teams: int

    @classmethod
    def of(cls, share: float) -> Size:
        """The part of size L."""
        slow = share**0.6
        return cls(
            max(1, round(CUSTOMERS * share)),
            round(ORDERS * share),
            round(INTERACTIONS * share),
            max(100, round(PRODUCTS * slow)),
            max(4, round(TEAMS * slow)),
        )


def today() -> date:
    """The day it is in Korea."""
    return datetime.now(ZoneInfo("Asia/Seoul")).date()
