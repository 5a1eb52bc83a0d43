"""Products with a long tail, and orders by time with their lines, totals and timeline entries."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from benchmarks.company.plan import Plan, times, visits
from benchmarks.company.sizes import DAYS, SEED

TABLES = {
    "commerce_order": "id, created_at, updated_at, number, customer_id, kind, status, ordered_at",
    "commerce_orderline": (
        "created_at, updated_at, order_id, ordinal, product_id, description, kind, quantity, unit_price, occurred_at"
    ),
    "commerce_ordertotal": "order_id, lines, quantity, exact, amount",
    "interactions_timelineentry": (
        "subject_type, subject_id, source_type, source_id, kind, at, title, body, data, actor_id"
    ),
}
LINES = (0.28, 0.58, 0.80, 0.94)
"""Share of orders with at most one, two, three, four lines; the others have five. 2.4 on average."""
RETURNS = 0.03
OPEN_DAYS = 20
"""Orders of the last days are still on their way."""
POPULARITY = 0.85
"""Exponent of the tail: the n-th product is ordered as often as 1 / (n + 15) to that power."""


@dataclass(frozen=True)
class Item:
    """A product as orders need it; `id` counts from 1."""

    code: str
    name: str
    category: str
    price: int
    unit: str
    pack: int


def catalogue(count: int, seed: int = SEED) -> list[Item]:
    """The demo's products, then variants of them in other sizes, each with a code of its own."""
    from dangol.config.demo.products import PRODUCTS

    chance = random.Random(f"{seed} products")
    found = [
        Item(plan.code, plan.name, plan.category, plan.price, plan.unit, plan.pack)
        for plan in PRODUCTS[:count]
    ]
    for number in range(len(found), count):
        plan = chance.choice(PRODUCTS)
        price = max(500, round(plan.price * chance.lognormvariate(-0.4, 0.5) / 100) * 100)
        model = f"{chance.choice('ABCDEFGHKLMNPRSTX')}{number:05d}"
        found.append(
            Item(f"{plan.code}-{model}", f"{plan.name} {model}", plan.category, price, plan.unit, plan.pack)
        )
    return found


Put = Callable[[str], None]


def put_orders(
    plan: Plan, items: list[Item], total: int, puts: dict[str, Put], seed: int = SEED
) -> tuple[int, int]:
    """Rows for COPY of about `total` orders, `puts` by table. Returns how many orders and lines there are.

    An order's lines are bought by popularity, in about the product's usual quantity.
    """
    put, put_line = puts["commerce_order"], puts["commerce_orderline"]
    put_total, put_entry = puts["commerce_ordertotal"], puts["interactions_timelineentry"]
    chance = np.random.Generator(np.random.PCG64([seed, 2]))
    popularity = np.cumsum((np.arange(len(items)) + 15.0) ** -POPULARITY)
    packs = np.array([item.pack for item in items], dtype=np.float64)
    shown = [(place + 1, item.name, item.price) for place, item in enumerate(items)]
    number = lines = 0
    for day, customers in visits(plan, plan.weight, total, chance):
        date = f"{plan.first_day + timedelta(days=day)} "
        count = len(customers)
        line_counts = (np.searchsorted(LINES, chance.random(count)) + 1).tolist()
        products = np.searchsorted(popularity, chance.random(sum(line_counts)) * popularity[-1])
        spread = np.exp(chance.standard_normal(len(products)) * 0.4)
        quantities = np.maximum(1, np.rint(packs[products] * spread)).astype(np.int64).tolist()
        chosen = products.tolist()
        returned = (chance.random(count) < RETURNS).tolist()
        still = (chance.random(count) * 3).astype(np.int64).tolist()
        line = 0
        for customer, clock, many, back, state in zip(
            customers.tolist(), times(count, chance), line_counts, returned, still, strict=True
        ):
            number += 1
            at = date + clock
            kind = "return" if back else "sale"
            status = "delivered" if day < DAYS - OPEN_DAYS else ("placed", "confirmed", "shipped")[state]
            put(f"{number}\t{at}\t{at}\tO-{number:08d}\t{customer + 1}\t{kind}\t{status}\t{at}\n")
            amount = whole = 0
            for ordinal in range(1, many + 1):
                product, name, price = shown[chosen[line]]
                quantity = -quantities[line] if back else quantities[line]
                line += 1
                put_line(
                    f"{at}\t{at}\t{number}\t{ordinal}\t{product}\t{name}\t{kind}\t{quantity}\t{price}\t{at}\n"
                )
                amount += quantity * price
                whole += quantity
            put_total(f"{number}\t{many}\t{whole}\t{amount}\t{amount}\n")
            put_entry(
                f"customer\t{customer + 1}\torder\t{number}\torder\t{at}\tO-{number:08d}\t\t"
                f'{{"kind":"{kind}","status":"{status}","amount":"{amount}","currency":"KRW","lines":{many},'
                f'"product":"{name}","quantity":"{abs(quantity)}"}}\t\\N\n'
            )
        lines += line
    return number, lines
