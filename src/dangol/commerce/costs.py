"""What was sold cost something: order lines remember the cost of their product at the time they are written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection

from dangol.records.fields import Ref
from dangol.records.types import Draft


def fill(rows: Sequence[Draft]) -> None:
    """Give lines that say no cost what their product costs, where product and order have the same currency.

    A new line is filled, and one that changes its product (or gets its order) without saying a cost; whoever empties the
    cost of a line leaves it empty. Later changes of the product change no line. One query where any line asks for it,
    none otherwise.
    """
    wanted: list[tuple[Draft, int, int]] = []
    for draft in rows:
        if not _asks(draft):
            continue
        product, order = draft.get("product"), draft.get("order")
        if product is None and draft.current is not None and draft.current.get("product") is not None:
            draft.values["cost"] = None  # the cost of a product that the line no longer names
        elif isinstance(product, Ref) and product.id and isinstance(order, Ref) and order.id:
            wanted.append((draft, product.id, order.id))
    if not wanted:
        return
    known = _costs(sorted({(product, order) for _draft, product, order in wanted}))
    for draft, product, order in wanted:
        cost = known.get((product, order))
        if cost is not None or draft.current is not None:
            draft.values["cost"] = cost


def _asks(draft: Draft) -> bool:
    if draft.current is None:
        return draft.values.get("cost") is None
    if "cost" in draft.values:
        return False
    before = draft.current
    if "product" in draft.values and draft.values["product"] != before.get("product"):
        return True
    return (
        before.get("order") is None and draft.values.get("order") is not None and before.get("cost") is None
    )


def _costs(pairs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Any]:
    """What the products cost, in the currency of the orders; those of which neither is known are missing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.product, a.sold, p.cost FROM unnest(%s::bigint[], %s::bigint[]) AS a (product, sold)"
            " JOIN commerce_product p ON p.id = a.product AND p.cost IS NOT NULL"
            " JOIN commerce_order o ON o.id = a.sold AND o.currency = p.currency",
            [[product for product, _order in pairs], [order for _product, order in pairs]],
        )
        return {(product, order): cost for product, order, cost in cursor.fetchall()}
