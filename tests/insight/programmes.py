"""Companies in which programmes had a known effect, or none."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np

from dangol.commerce.models import Order, OrderLine
from dangol.customers.models import Customer
from dangol.identity import revisions
from dangol.identity.actors import Actor
from dangol.insight import services
from dangol.insight.models import Programme
from dangol.records import registry, writing

SEOUL = ZoneInfo("Asia/Seoul")
SYSTEM = Actor.system("test")
LAST = date(2026, 11, 20)
DAYS = 60
START = LAST - timedelta(days=DAYS - 1)
PROGRAMME = registry.get("programme")


def company(
    each: int,
    *,
    lift: float = 0.0,
    apart: float = 0.0,
    rate: float = 3.0,
    seed: int = 7,
    since: date | None = date(2020, 1, 1),
) -> tuple[list[Customer], list[Customer]]:
    """Customers of Seoul and of Busan who buy by Poisson, `rate` a month; Seoul `lift` more from the start on.

    `apart` is by how much more Seoul bought before the start already, and goes on buying.
    """
    rng = np.random.default_rng(seed)
    people = [
        Customer(name=f"고객 {n:04}", city="서울" if n < each else "부산", since=since)
        for n in range(2 * each)
    ]
    Customer.objects.bulk_create(people)
    orders, amounts = [], []
    for number, who in enumerate(people):
        own = rate * rng.gamma(4.0) / 4 * (1 + apart if number < each else 1)
        for side, first in ((0, START - timedelta(days=DAYS)), (1, START)):
            more = 1 + lift if side and number < each else 1
            for at in rng.integers(0, DAYS, rng.poisson(own * more * DAYS / 30.4375)):
                orders.append((who, first + timedelta(days=int(at))))
                amounts.append(int(rng.integers(10, 50)) * 1000)
    # So that the data reach from the first to the last day of both windows.
    orders += [(people[-1], START - timedelta(days=DAYS)), (people[-1], LAST)]
    amounts += [10_000, 10_000]
    sell([(who, day, amount) for (who, day), amount in zip(orders, amounts, strict=True)])
    return people[:each], people[each:]


def sell(rows: list[tuple[Customer, date, int]], *, kind: str = "sale", prefix: str = "P") -> None:
    """Orders of one line each at noon in Seoul; below 0 what came back."""
    orders = [
        Order(
            number=f"{prefix}-{at}", customer=who, kind=kind if amount > 0 else "return",
            ordered_at=datetime(day.year, day.month, day.day, 12, tzinfo=SEOUL),
        )
        for at, (who, day, amount) in enumerate(rows)
    ]  # fmt: skip
    Order.objects.bulk_create(orders)
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order, ordinal=1, kind=order.kind, quantity=Decimal(1 if amount > 0 else -1),
            unit_price=Decimal(abs(amount)),
        )
        for order, (_, _, amount) in zip(orders, rows, strict=True)
    )  # fmt: skip


def make(actor: Actor = SYSTEM, **values) -> Programme:
    """A programme for Seoul from the start on, compared with Busan unless something else is said."""
    revisions.look()
    said = {
        "name": "방문 집중", "starts_on": START, "group_filter": 'city = "서울"', "control": "filter",
        "control_filter": 'city = "부산"', **values,
    }  # fmt: skip
    number = writing.create(PROGRAMME, said, actor=actor)
    revisions.look()
    return Programme.objects.get(pk=number)


def found(programme: Programme) -> dict:
    """What a refresh finds of it."""
    services.refresh_all(actor=SYSTEM)
    programme.refresh_from_db()
    return programme.effect.found


def measure(of: dict, name: str) -> dict:
    return next(one for one in of["measures"] if one["name"] == name)
