"""What the timeline tells of orders. It keeps facts, not sentences: the reader's language is not known yet."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from dangol.records.ports import Entry

_ORDERS = """
SELECT o.id, o.customer_id, o.number, o.kind, o.status, o.ordered_at, o.currency,
       coalesce(t.amount, 0)::text, coalesce(t.lines, 0), f.name, f.quantity::text
FROM commerce_order o
LEFT JOIN commerce_ordertotal t ON t.order_id = o.id
LEFT JOIN LATERAL (
    SELECT coalesce(p.name, l.description) AS name, abs(l.quantity) AS quantity
    FROM commerce_orderline l LEFT JOIN commerce_product p ON p.id = l.product_id
    WHERE l.order_id = o.id AND l.deleted_at IS NULL
    ORDER BY abs(l.amount) DESC, l.ordinal LIMIT 1
) f ON true
WHERE o.id = ANY(%s) AND o.customer_id IS NOT NULL AND o.deleted_at IS NULL
"""


def order_entries(order_ids: Sequence[int]) -> list[Entry]:
    """One entry per order, on its customer's timeline. One query."""
    if not order_ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_ORDERS, [list(order_ids)])
        return [
            Entry(
                subject=("customer", customer),
                source=("order", order),
                kind="order",
                at=at,
                title=number,
                data={
                    "kind": kind,
                    "status": status,
                    "amount": amount,
                    "currency": currency,
                    "lines": lines,
                    "product": product or "",
                    "quantity": quantity or "",
                },
            )
            for order, customer, number, kind, status, at, currency, amount, lines, product, quantity in cursor.fetchall()
        ]
