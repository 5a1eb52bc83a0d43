"""What commerce contributes to the lake and to the metrics: order lines, revenue, orders, buyers."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from dangol.measures import metrics
from dangol.measures.lake import Column, Dataset, Follows, register

if TYPE_CHECKING:
    import ibis.expr.types as ir

ORDER_LINES = Dataset(
    name="order_lines",
    source="""
        FROM commerce_orderline l
        JOIN commerce_order o ON o.id = l.order_id
        WHERE l.deleted_at IS NULL AND o.deleted_at IS NULL
          AND NOT (o.kind = 'sale' AND o.status = 'cancelled')
    """,
    columns=(
        Column("id", "bigint", "l.id"),
        Column("order_id", "bigint", "l.order_id"),
        Column("customer_id", "bigint", "o.customer_id"),
        Column("product_id", "bigint", "l.product_id"),
        Column("order_kind", "text", "o.kind"),
        Column("kind", "text", "l.kind"),
        Column("ordered_at", "timestamp", "o.ordered_at"),
        Column("ordered_on", "date", "o.ordered_at::date"),
        Column("currency", "text", "o.currency"),
        Column("quantity", "decimal(18,4)", "l.quantity"),
        Column("unit_price", "decimal(18,4)", "l.unit_price"),
        Column("amount", "decimal(28,8)", "l.amount"),
    ),
    month_of="ordered_on",
    follows=(
        Follows("commerce_orderline"),
        Follows(
            "commerce_order",
            "SELECT l.id FROM commerce_orderline l WHERE l.order_id IN (SELECT id FROM changed)",
        ),
    ),
)
"""One row per line of an order that stands; a line carries the facts of its order, so that nothing needs joining."""


def _orders(lines: "ir.Table") -> "ir.Scalar":
    return lines.order_id.nunique(where=lines.order_kind == "sale")


register(ORDER_LINES)
metrics.register(
    metrics.Metric(
        name="revenue",
        label=_("Revenue"),
        unit="money",
        meaning=_(
            "All order lines added up: sales, less returns and adjustments. Called-off orders do not count."
        ),
        dataset="order_lines",
        time="ordered_on",
        formula=lambda lines: lines.amount.sum(),
        currency="currency",
        record="customer_id",
    ),
    metrics.Metric(
        name="orders",
        label=_("Orders"),
        unit="number",
        meaning=_("Orders of kind sale with at least one line. Returns do not count."),
        dataset="order_lines",
        time="ordered_on",
        formula=_orders,
        record="customer_id",
    ),
    metrics.Metric(
        name="active_customers",
        label=_("Active customers"),
        unit="number",
        meaning=_("Customers with at least one order in the period."),
        dataset="order_lines",
        time="ordered_on",
        formula=lambda lines: lines.customer_id.nunique(where=lines.order_kind == "sale"),
        counts="orders",
    ),
    metrics.Metric(
        name="average_order",
        label=_("Average order"),
        unit="money",
        meaning=_("Revenue divided by orders."),
        ratio=("revenue", "orders"),
    ),
)
