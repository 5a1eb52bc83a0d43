"""What a customer bought, in one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.utils import timezone

from dangol.commerce.models import OrderKind, OrderStatus
from dangol.customers.beside import Written, composed, subselect
from dangol.identity.actors import Actor
from dangol.records import fieldrules, permissions, registry

MONTHS = 24
TOP_PRODUCTS = 6
SUMMED = ("amount", "ordered_at", "kind", "status", "currency")
# Orders that were called off before they were a sale do not count; taken-back ones (kind "return") do, below zero.
_PURCHASES = """
WITH ended AS (
    SELECT at, (date_trunc('month', here) - make_interval(months => %(months)s - 1)) AT TIME ZONE %(zone)s AS since,
           make_timestamptz(
               extract(year FROM here)::int - 1, extract(month FROM here)::int, least(extract(day FROM here)::int, 28),
               extract(hour FROM here)::int, extract(minute FROM here)::int, extract(second FROM here)::float8, %(zone)s
           ) AS year_ago
    FROM (SELECT at, at AT TIME ZONE %(zone)s AS here FROM (SELECT {end} AS at) found) local
), o AS (
    SELECT pk AS id, kind, ordered_at, currency, coalesce(totals__amount, 0) AS amount, coalesce(totals__exact, 0) AS exact
    FROM ({orders}) seen
)
SELECT
    (SELECT coalesce(json_agg(row_to_json(s)), '[]') FROM (
        SELECT currency, count(*) FILTER (WHERE kind = 'sale') AS orders,
               count(*) FILTER (WHERE kind = 'return') AS returns,
               coalesce(sum(amount) FILTER (WHERE kind = 'return'), 0)::text AS returned,
               sum(exact)::text AS revenue,
               coalesce(sum(amount) FILTER (WHERE ordered_at >= (SELECT year_ago FROM ended)), 0)::text AS last_year,
               count(*) FILTER (WHERE kind = 'sale' AND ordered_at >= (SELECT year_ago FROM ended)) AS last_year_orders,
               min(ordered_at) FILTER (WHERE kind = 'sale') AS first_at,
               max(ordered_at) FILTER (WHERE kind = 'sale') AS last_at
        FROM o GROUP BY currency ORDER BY count(*) DESC, currency) s),
    (SELECT coalesce(json_agg(row_to_json(m)), '[]') FROM (
        SELECT to_char(ordered_at AT TIME ZONE %(zone)s, 'YYYY-MM') AS month, currency, sum(amount)::text AS amount
        FROM o WHERE ordered_at >= (SELECT since FROM ended) GROUP BY 1, 2) m),
    (SELECT coalesce(json_agg(row_to_json(p)), '[]') FROM (
        SELECT p.id, p.name, p.unit, sum(l.quantity)::text AS quantity, sum(l.amount)::text AS amount,
               max(o.ordered_at) FILTER (WHERE o.kind = 'sale') AS last_at
        FROM o JOIN commerce_orderline l ON l.order_id = o.id AND l.deleted_at IS NULL
        JOIN commerce_product p ON p.id = l.product_id
        GROUP BY p.id ORDER BY sum(l.amount) DESC, p.id LIMIT %(top)s) p),
    (SELECT at FROM ended)
"""
# "The last twelve months" of old data are its own last, by the same rule by which customer value is computed. By an index.
_END_OF_DATA = (
    "least(%(now)s, coalesce((SELECT max(ordered_at) FROM commerce_order WHERE deleted_at IS NULL), %(now)s))"
)


@dataclass(frozen=True)
class Purchases:
    """Sums over the orders of one customer, in the currency in which it buys most often.

    `revenue` is exact and net of returns; `returned` is zero or below. `months` are the last 24 in order,
    with their revenue, up to the day `until`. `other_currencies` says that there are orders in others, which are left out.
    """

    currency: str
    orders: int
    returns: int
    returned: Decimal
    revenue: Decimal
    last_year: Decimal
    last_year_orders: int
    first_at: datetime | None
    last_at: datetime | None
    months: tuple[tuple[date, Decimal], ...]
    products: tuple[dict[str, Any], ...]
    other_currencies: bool
    until: date


def customer_purchases(*, actor: Actor, customer_id: int, now: datetime | None = None) -> Purchases | None:
    """What a customer bought, as far as the actor may see its orders. None when nothing. One query.

    Args:
        actor: whose permissions and time zone hold.
        customer_id: the customer.
        now: the end of the 12 and 24 months; the newest order of the company when not given, or now if that is earlier.
    """
    if not fieldrules.is_clear(actor, "order", *SUMMED):
        return None  # a sum tells what it is made of
    orders_sql, orders_params = composed(
        actor,
        "orders bought",
        lambda record, _now: _bought(actor, record),
        record_id=customer_id,
        now=now or timezone.now(),
    )
    if not orders_sql:
        return None
    names = {f"o{at}": value for at, value in enumerate(orders_params)}
    end = "%(now)s::timestamptz" if now else _END_OF_DATA
    statement = _PURCHASES.format(orders=orders_sql % tuple(f"%({name})s" for name in names), end=end)
    with connection.cursor() as cursor:
        cursor.execute(
            statement,
            {
                **names,
                "zone": actor.time_zone,
                "now": now or timezone.now(),
                "months": MONTHS,
                "top": TOP_PRODUCTS,
            },
        )
        *found, ended = cursor.fetchone()
    sums, by_month, products = (
        orjson.loads(value) if isinstance(value, str | bytes) else value for value in found
    )
    until = ended.astimezone(ZoneInfo(actor.time_zone)).date()
    months = _months(until)
    if not sums:
        return None
    main = sums[0]
    amounts = {
        row["month"]: Decimal(row["amount"]) for row in by_month if row["currency"] == main["currency"]
    }
    return Purchases(
        currency=main["currency"],
        orders=main["orders"],
        returns=main["returns"],
        returned=Decimal(main["returned"]),
        revenue=Decimal(main["revenue"]),
        last_year=Decimal(main["last_year"]),
        last_year_orders=main["last_year_orders"],
        first_at=_moment(main["first_at"]),
        last_at=_moment(main["last_at"]),
        months=tuple((month, amounts.get(f"{month:%Y-%m}", Decimal())) for month in months),
        products=tuple(
            {
                **row,
                "quantity": Decimal(row["quantity"]),
                "amount": Decimal(row["amount"]),
                "last_at": _moment(row["last_at"]),
            }
            for row in products
        ),
        other_currencies=len(sums) > 1,
        until=until,
    )


def _bought(actor: Actor, customer_id: int) -> Written:
    """The orders of a customer that count, as the actor may see them; empty where it sees none."""
    orders = (
        permissions.visible_to(actor, registry.get("order"))
        .filter(customer_id=customer_id)
        .exclude(status=OrderStatus.CANCELLED, kind=OrderKind.SALE)
        .values("pk", "kind", "ordered_at", "currency", "totals__amount", "totals__exact")
    )
    try:
        return subselect(orders)
    except EmptyResultSet:
        return "", ()


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _months(today: date) -> list[date]:
    last = today.year * 12 + today.month - 1
    return [date(index // 12, index % 12 + 1, 1) for index in range(last - MONTHS + 1, last + 1)]
