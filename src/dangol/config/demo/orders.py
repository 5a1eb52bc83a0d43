"""Two years of orders: few customers buy most, seasons show, some grow, some fade, a few per cent come back."""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import accumulate

from dangol.config.demo import seasons
from dangol.config.demo.chance import Weighted, stream
from dangol.config.demo.customers import CustomerPlan
from dangol.config.demo.products import PRODUCTS, ProductPlan

DAYS = 730
RETURN_SHARE = 0.03
CANCEL_SHARE = 0.006
RETURN_REASONS = ("규격 착오", "초기 불량", "수량 초과", "납기 지연으로 취소", "포장 파손")
_PRODUCTS = Weighted([(product, product.weight) for product in PRODUCTS if product.is_active])
_SMALL = Weighted(
    [
        (product, product.weight)
        for product in PRODUCTS
        if product.is_active and product.price * product.pack < 1_500_000
    ]
)


@dataclass(frozen=True)
class LinePlan:
    """A line: quantity below zero is a return."""

    product: ProductPlan
    quantity: int
    unit_price: int
    kind: str


@dataclass(frozen=True)
class OrderPlan:
    """An order with its lines; `of` is the number of the order that a return takes back."""

    number: str
    customer: str
    kind: str
    status: str
    ordered_at: datetime
    memo: str
    lines: tuple[LinePlan, ...]

    @property
    def amount(self) -> int:
        return sum(line.quantity * line.unit_price for line in self.lines)


SIZE_IN_PACE = 0.5
PACE_APART = 0.5
"""How much of a customer's size is in how often it orders, and how far paces lie apart whatever the size."""
FAREWELL = 0.3
"""How long before its last order a customer that goes shows it, as a share of the two years."""


def _warmth(course: str, start: float, share: float) -> float:
    """1 while all is well; towards 0 while a customer turns away: it comes less often, for less, and brings more back."""
    if course == "gone":
        return min(1.0, max(0.0, (start - share) / FAREWELL))
    if course == "fading":
        return 1.0 if share < start else max(0.05, 1 - 2 * (share - start))
    return 1.0


def _rate(course: str, start: float, share: float) -> float:
    """How strongly a customer buys at `share` (0 … 1) of the two years; `start` is its own turning point."""
    if course == "growing":
        return 0.45 + 1.5 * share
    if course in ("fading", "gone"):
        return 1.3 * _warmth(course, start, share)
    if course == "new":
        return 1.3 if share >= start else 0.0
    if course == "project":
        return 2.4 if abs(share - start) < 0.16 else 0.12
    return 1.0


def orders(
    seed: str, customers: Sequence[CustomerPlan], now: datetime, target: int = 25_000
) -> list[OrderPlan]:
    """The orders of the last 24 months, oldest first, returns among them.

    Args:
        seed: the same seed, customers and day give the same orders.
        customers: who buys; prospects do not.
        now: nothing lies later than this (aware; its zone is the company's).
        target: about how many orders; spread over the customers by their size.
    """
    rng = stream(seed, "orders")
    today = now.date()
    days = [today - timedelta(days=back) for back in range(DAYS, -1, -1)]
    weights = [seasons.intensity(day) for day in days]
    buyers = [plan for plan in customers if plan.course != "prospect" and not plan.name.endswith("그룹")]
    # Some order often and little, others seldom and much: how often does not tell for how much.
    paces = stream(seed, "paces")
    appetite = {
        plan.number: (plan.size / 1e6) ** SIZE_IN_PACE * paces.lognormvariate(0, PACE_APART)
        for plan in buyers
    }
    scale = target / 1.012 / sum(_volume(plan, appetite[plan.number]) for plan in buyers)
    drafts: list[OrderPlan] = []
    for plan in buyers:
        start = _turning_point(rng, plan, today)
        cumulated = list(
            accumulate(weight * _rate(plan.course, start, at / DAYS) for at, weight in enumerate(weights))
        )
        expected = appetite[plan.number] * scale * _volume(plan, 1.0)
        number = max(1, _poisson(rng, expected))
        basket = max(60_000.0, plan.size * 2 / max(expected, 1.0) * 0.8)
        favourites = [_PRODUCTS.draw(rng) for _ in range(7)]
        for _ in range(number):
            if cumulated[-1] <= 0:
                break
            day = days[min(bisect(cumulated, rng.random() * cumulated[-1]), DAYS)]
            at = _moment(rng, day, now)
            warmth = _warmth(plan.course, start, 1 - (today - day).days / DAYS)
            order = _order(rng, plan, at, today, basket * (0.2 + 0.8 * warmth), favourites)
            drafts.append(order)
            if rng.random() < RETURN_SHARE * (12 - 11 * warmth) and (back := _return(rng, order, now)):
                drafts.append(back)
    drafts.sort(key=lambda order: (order.ordered_at, order.customer))
    return [_numbered(order, index) for index, order in enumerate(drafts, start=10_001)]


def _volume(plan: CustomerPlan, appetite: float) -> float:
    return appetite * {"growing": 1.2, "fading": 0.85, "gone": 0.6, "new": 0.35, "project": 0.6}.get(
        plan.course, 1.0
    )


def _turning_point(rng: random.Random, plan: CustomerPlan, today: date) -> float:
    if plan.course == "new" and plan.since:
        return 1 - (today - plan.since).days / DAYS
    if plan.course == "fading":
        return rng.uniform(0.5, 0.85)
    return rng.uniform(0.3, 1.05) if plan.course == "gone" else rng.uniform(0.25, 0.78)


def _poisson(rng: random.Random, mean: float) -> int:
    if mean > 40:
        return max(0, round(rng.gauss(mean, mean**0.5)))
    product, count, bound = rng.random(), 0, 2.718281828459045**-mean
    while product > bound:
        product *= rng.random()
        count += 1
    return count


def _moment(rng: random.Random, day: date, now: datetime) -> datetime:
    at = datetime.combine(
        day, time(rng.choice((8, 9, 9, 10, 10, 11, 13, 14, 14, 15, 16, 17)), rng.randrange(60))
    )
    return min(at.replace(tzinfo=now.tzinfo), now - timedelta(minutes=rng.randint(5, 300)))


def _order(
    rng: random.Random,
    plan: CustomerPlan,
    at: datetime,
    today: date,
    basket: float,
    favourites: list[ProductPlan],
) -> OrderPlan:
    lines: list[LinePlan] = []
    used: set[str] = set()
    wanted = min(10, 1 + int(rng.expovariate(1 / 2.75)))
    budget = basket * rng.lognormvariate(-0.15, 0.55)
    discount = 0.86 if plan.grade == "vip" else 0.91 if plan.grade == "a" else 0.96
    for _ in range(wanted):
        product = rng.choice(favourites) if rng.random() < 0.66 else _PRODUCTS.draw(rng)
        if product.price > budget * 1.4:
            product = _SMALL.draw(rng)
        if product.code in used:
            continue
        used.add(product.code)
        part = budget / wanted
        quantity = max(1, min(round(part / product.price), product.pack * (12 if product.pack > 1 else 5)))
        price = round(product.price * discount * (1 - 0.03 * rng.random()) / 100) * 100
        lines.append(LinePlan(product, quantity, price, "sale"))
    age = (today - at.date()).days
    if rng.random() < CANCEL_SHARE:
        status = "cancelled"
    elif age > 21 or rng.random() < 0.2:
        status = "delivered" if age > 2 else "confirmed"
    else:
        status = "shipped" if age > 9 else "confirmed" if age > 3 else "placed"
    memo = rng.choice(_MEMOS) if rng.random() < 0.12 else ""
    return OrderPlan("", plan.number, "sale", status, at, memo, tuple(lines))


_MEMOS = (
    "오전 도착 요청",
    "검사성적서 동봉",
    "월말 일괄 정산",
    "분할 납품 가능",
    "현장 직납",
    "대리점 경유",
    "긴급 출고",
    "용차 수배 필요",
)


def _return(rng: random.Random, order: OrderPlan, now: datetime) -> OrderPlan | None:
    day = seasons.working_day_near(
        order.ordered_at.date() + timedelta(days=rng.randint(3, 20)), latest=now.date() - timedelta(days=1)
    )
    if order.status == "cancelled" or day <= order.ordered_at.date():
        return None
    taken = rng.sample(order.lines, k=rng.randint(1, max(1, len(order.lines) // 2)))
    lines = tuple(
        LinePlan(line.product, -rng.randint(1, max(1, line.quantity // 2)), line.unit_price, "return")
        for line in taken
    )
    at = datetime.combine(day, time(rng.randint(9, 17), rng.randrange(60)), now.tzinfo)
    return OrderPlan("", order.customer, "return", "delivered", at, rng.choice(RETURN_REASONS), lines)


def _numbered(order: OrderPlan, index: int) -> OrderPlan:
    prefix = "RT" if order.kind == "return" else "SO"
    return OrderPlan(
        f"{prefix}-{index}",
        order.customer,
        order.kind,
        order.status,
        order.ordered_at,
        order.memo,
        order.lines,
    )
