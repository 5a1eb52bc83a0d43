"""What commerce contributes to the lake: orders, their lines, and products."""

from dangol.measures.lake import Column, Dataset, Follows, own_column

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
        Column("cost", "decimal(18,4)", "l.cost"),
        Column("cost_amount", "decimal(28,8)", "l.quantity * l.cost"),
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


ORDERS = Dataset(
    name="orders",
    record_type="order",
    source="""
        FROM commerce_order o LEFT JOIN commerce_ordertotal t ON t.order_id = o.id
        WHERE o.deleted_at IS NULL
    """,
    columns=(
        Column("id", "bigint", "o.id"),
        Column("number", "text", "o.number"),
        Column("customer_id", "bigint", "o.customer_id"),
        Column("kind", "text", "o.kind"),
        Column("status", "text", "o.status"),
        Column("ordered_at", "timestamp", "o.ordered_at"),
        Column("ordered_on", "date", "o.ordered_at::date"),
        Column("due_on", "date", "o.due_on"),
        Column("currency", "text", "o.currency"),
        Column("amount", "decimal(24,4)", "t.amount"),
        Column("lines_count", "integer", "t.lines"),
        Column("external_id", "text", "o.external_id"),
        own_column("o.own"),
    ),
    month_of="ordered_on",
    fields={"amount": "amount", "lines_count": "lines_count"},
    follows=(
        Follows("commerce_order"),
        # Totals are written with the lines.
        Follows(
            "commerce_orderline", "SELECT l.order_id FROM commerce_orderline l JOIN changed c ON c.id = l.id"
        ),
    ),
)
"""One row per order that is not in the recycle bin, with the fields by which metrics are filtered."""

PRODUCTS = Dataset(
    name="products",
    record_type="product",
    source="FROM commerce_product p WHERE p.deleted_at IS NULL",
    columns=(
        Column("id", "bigint"),
        Column("code", "text"),
        Column("category_id", "bigint"),
        Column("is_active", "boolean"),
        Column("unit", "text"),
        own_column("p.own"),
    ),
    follows=(Follows("commerce_product"),),
)
"""One row per product, with what its sales are split by."""
