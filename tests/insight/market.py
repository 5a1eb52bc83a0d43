"""Companies made by the assumptions of BG/NBD and Gamma-Gamma, or against them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np

from dangol.commerce.models import Order, OrderLine
from dangol.customers.models import Customer
from dangol.insight.modelling.purchases import Days

SEOUL = ZoneInfo("Asia/Seoul")
UNTIL = date(2026, 11, 20)


def bought(customers: int = 400, *, length: int = 420, seed: int = 1) -> list[tuple[int, date, int]]:
    """(customer, day, amount) of each purchase: weekly rates by gamma(0.8, 6), leaving by beta(0.9, 3)."""
    rng = np.random.default_rng(seed)
    found: dict[tuple[int, int], int] = {}
    for who in range(1, customers + 1):
        rate, leave = rng.gamma(0.8) / 6 / 7, rng.beta(0.9, 3.0)
        mean = 30_000 * rng.gamma(6.0) / rng.gamma(4.0) * 0.5
        day = float(rng.uniform(0, length * 0.7))
        while day < length:
            found[who, int(day)] = max(1000, round(mean * rng.gamma(6.0) / 6 / 100) * 100)
            if rng.random() < leave:
                break
            day += rng.exponential(1 / rate) + 1
    start = UNTIL - timedelta(days=length - 1)
    return [(who, start + timedelta(days=day), amount) for (who, day), amount in sorted(found.items())]


def as_days(purchases: list[tuple[int, date, float]]) -> Days:
    """Purchases, and what came back as amounts below 0, as the model room reads them from the lake."""
    days: dict[tuple[int, int], list[float]] = {}
    for who, day, amount in purchases:
        cell = days.setdefault((who, day.toordinal()), [0.0, 0.0, 0.0])
        cell[0 if amount >= 0 else 1] += amount
        cell[2] = cell[2] or float(amount >= 0)
    keys = sorted(days)
    cells = np.array([days[key] for key in keys])
    who, at = np.array(keys).T
    return Days(who, at, cells[:, 0], cells[:, 1], cells[:, 2] > 0)


def sell(purchases: list[tuple[int, date, int]], *, team=None) -> dict[int, Customer]:
    """Write purchases as orders of one line each, and their customers; committed where the test is."""
    people = {
        who: Customer(name=f"고객 {who:04}", team=team) for who in sorted({who for who, _, _ in purchases})
    }
    Customer.objects.bulk_create(people.values())
    orders = [
        Order(
            number=f"M-{number}",
            customer=people[who],
            kind="sale",
            ordered_at=datetime(day.year, day.month, day.day, 12, tzinfo=SEOUL),
        )
        for number, (who, day, _amount) in enumerate(purchases)
    ]
    Order.objects.bulk_create(orders)
    OrderLine.objects.bulk_create(
        OrderLine(order=order, ordinal=1, kind="sale", quantity=Decimal(1), unit_price=Decimal(amount))
        for order, (_, _, amount) in zip(orders, purchases, strict=True)
    )
    return people
