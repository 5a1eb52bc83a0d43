"""What commerce contributes to the metrics: revenue, orders, margin, buyers new, kept and lost."""

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from dangol.commerce.facts import ORDER_LINES, ORDERS, PRODUCTS
from dangol.measures import metrics
from dangol.measures.lake import register
from dangol.measures.metrics import EVERY, Link, Metric, periods
from dangol.measures.metrics.errors import NoList
from dangol.measures.metrics.periods import Span

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from dangol.measures.lake import Lake
    from dangol.measures.metrics.population import Behind

OF_ORDER = Link("order", "order_id")
OF_CUSTOMER = Link("customer", "customer_id", "customer", fields=("region", "industry", "country"))
OF_PRODUCT = Link(
    "product", "product_id", fields=("category",), other="order_line", at="product", over="order"
)

STANDING = 'lines_count >= 1 and not (kind = "sale" and status = "cancelled")'
SALES = 'kind = "sale" and status != "cancelled" and lines_count >= 1'
"""What the order lines of the lake belong to, as a list finds it."""

READS = (("order", "ordered_at"), ("order", "kind"), ("order", "status"))
BUYERS = (*READS, ("order", "customer"), ("customer", ""))
DEPARTMENT = _("Sales")
SEGMENT = ("customer.rfm.segment",)


def sales(lake: "Lake") -> "ir.Table":
    """One row per order of kind sale that stands and has a customer.

    `nth` counts the customer's orders, `first_on` is the day of the first, `next_on` that of the one after this, and
    `lost_on` the day a year later, on which the customer counts as lost if no order came between.
    """
    import ibis

    lines = lake.table("order_lines")
    lines = lines.filter(lines.order_kind == "sale", lines.customer_id.notnull())
    orders = lines.group_by("order_id").aggregate(
        customer_id=lines.customer_id.min(),
        ordered_on=lines.ordered_on.min(),
        ordered_at=lines.ordered_at.min(),
    )
    own = ibis.window(group_by="customer_id", order_by=["ordered_at", "order_id"])
    orders = orders.mutate(
        nth=ibis.row_number().over(own) + 1,
        first_on=orders.ordered_on.min().over(ibis.window(group_by="customer_id")),
        next_on=orders.ordered_on.lead().over(own),
        lost_on=(orders.ordered_on + ibis.interval(years=1)).cast("date"),
    )
    return orders.mutate(cohort=orders.first_on.strftime("%Y-%m-01"))


def _orders(lines: "ir.Table") -> "ir.Scalar":
    return lines.order_id.nunique(where=lines.order_kind == "sale")


def _new(rows: "ir.Table") -> "ir.Scalar":
    return rows.customer_id.nunique(where=rows.first_on >= rows.period)


def _returning(rows: "ir.Table") -> "ir.Scalar":
    return rows.customer_id.nunique(where=rows.first_on < rows.period)


def _repeat(rows: "ir.Table") -> "ir.Scalar":
    return rows.customer_id.nunique(where=(rows.nth > 1) | (rows.next_on < rows.period_end).fill_null(False))


def _lost(rows: "ir.Table") -> "ir.Scalar":
    return rows.customer_id.nunique(where=rows.next_on.isnull() | (rows.next_on >= rows.period_end))


def _lost_behind(behind: "Behind") -> str:
    """Bought in the days a year before, and not since. With another filter on orders no list says it."""
    span = behind.span
    if span is None or behind.asked:
        raise NoList
    earlier = behind.a_year_before()
    since = type(earlier)(earlier.end, span.until)
    return f"orders.any({behind.only_where(earlier)}) and orders.none({behind.only_where(since)})"


def _buyers(name: str, **more: object) -> Metric:
    """A metric that counts customers by their orders of kind sale."""
    about = {
        "name": name,
        "unit": "number",
        "owner": DEPARTMENT,
        "dataset": "order_lines",
        "source": sales,
        "time": "ordered_on",
        "day": "ordered_on",
        "needs": BUYERS,
        "lists": "order",
        "key": "order_id",
        "where": SALES,
        "settled": True,
        "moment": "ordered_at",
        "counted": "customer",
        "links": (OF_CUSTOMER, OF_ORDER),
        "columns": (COHORT,),
        "adds": frozenset({"customer", "cohort"}),
    }
    return Metric(**{**about, **more})  # type: ignore[arg-type]


COHORT = metrics.Column(
    "cohort",
    _("Month of the first order"),
    "cohort",
    text=lambda value, language: str(value)[:7],
    behind=lambda value, behind: _first_bought(str(value), behind),
)


def _first_bought(cohort: str, behind: "Behind") -> str:
    first = date.fromisoformat(cohort)
    month = Span(first, periods.after(first, "month") - timedelta(days=1))
    moved = replace(behind, asked="", span=month)
    return f"orders.any({moved.inside()}) and orders.none({moved.before()})"


def _margin(lines: "ir.Table") -> "ir.Scalar":
    """Missing where no line says its cost: what is left over is then unknown, not nothing."""
    return (lines.amount - lines.cost_amount).sum()


def _covered(lines: "ir.Table") -> "ir.Scalar":
    return lines.amount.sum(where=lines.cost.notnull())


def _of_lines(name: str, **more: object) -> Metric:
    """A metric that adds up order lines whose cost is known."""
    about = {
        "name": name,
        "unit": "money",
        "owner": DEPARTMENT,
        "dataset": "order_lines",
        "time": "ordered_on",
        "currency": "currency",
        "needs": (
            *READS,
            ("order", "amount"),
            ("order_line", "amount"),
            ("order_line", "cost"),
            ("product", "cost"),
        ),
        "lists": "order",
        "key": "order_id",
        "where": f"{STANDING} and lines.any(cost is not empty)",
        "settled": True,
        "moment": "ordered_at",
        "links": (OF_CUSTOMER, replace(OF_PRODUCT, also="cost is not empty"), OF_ORDER),
        "adds": EVERY,
    }
    return Metric(**{**about, **more})  # type: ignore[arg-type]


register(ORDER_LINES, ORDERS, PRODUCTS)
metrics.register(
    Metric(
        name="revenue",
        label=_("Revenue"),
        unit="money",
        meaning=_(
            "All order lines added up: sales, less returns and adjustments. Called-off orders do not count."
        ),
        in_words=_("Sum of quantity × unit price over all order lines of the period"),
        owner=DEPARTMENT,
        dataset="order_lines",
        time="ordered_on",
        formula=lambda lines: lines.amount.sum(),
        currency="currency",
        needs=(*READS, ("order", "amount")),
        lists="order",
        key="order_id",
        where=STANDING,
        settled=True,
        moment="ordered_at",
        links=(OF_CUSTOMER, OF_PRODUCT, OF_ORDER),
        adds=EVERY,
        standing=SEGMENT,
        series=True,
        record="customer_id",
    ),
    Metric(
        name="orders",
        label=_("Orders"),
        unit="number",
        meaning=_("Orders of kind sale with at least one line. Returns do not count."),
        in_words=_("Number of orders of kind sale in the period"),
        owner=DEPARTMENT,
        dataset="order_lines",
        time="ordered_on",
        formula=_orders,
        needs=READS,
        lists="order",
        key="order_id",
        where=SALES,
        settled=True,
        moment="ordered_at",
        links=(OF_CUSTOMER, OF_ORDER),
        adds=EVERY,
        standing=SEGMENT,
        series=True,
        record="customer_id",
    ),
    Metric(
        name="average_order",
        label=_("Average order"),
        unit="money",
        meaning=_("Revenue divided by orders."),
        in_words=_("Revenue ÷ orders"),
        owner=DEPARTMENT,
        ratio=("revenue", "orders"),
    ),
    _of_lines(
        "margin",
        label=_("Margin"),
        meaning=_("What is left of revenue after what the sold goods cost. Only lines whose cost is known."),
        in_words=_("Sum of quantity × (unit price − unit cost) over the order lines whose cost is known"),
        formula=_margin,
        nothing=None,
        standing=SEGMENT,
    ),
    Metric(
        name="margin_rate",
        label=_("Margin rate"),
        unit="percent",
        meaning=_("Which share of the revenue whose cost is known is margin."),
        in_words=_("Margin ÷ revenue of the order lines whose cost is known"),
        owner=DEPARTMENT,
        ratio=("margin", "covered_revenue"),
    ),
    Metric(
        name="cost_coverage",
        label=_("Revenue with known cost"),
        unit="percent",
        meaning=_("For which share of revenue the cost is known. The margin speaks of this share only."),
        in_words=_("Revenue of the order lines whose cost is known ÷ revenue"),
        owner=DEPARTMENT,
        ratio=("covered_revenue", "revenue"),
    ),
    _of_lines(
        "covered_revenue",
        label=_("Revenue whose cost is known"),
        meaning=_("Revenue of the order lines whose cost is known."),
        formula=_covered,
        hidden=True,
    ),
    _buyers(
        "active_customers",
        label=_("Active customers"),
        meaning=_("Customers with at least one order in the period."),
        in_words=_("Number of different customers with an order of kind sale in the period"),
        formula=lambda rows: rows.customer_id.nunique(),
        behind=lambda behind: f"orders.any({behind.inside()})",
        standing=SEGMENT,
    ),
    _buyers(
        "new_customers",
        label=_("New customers"),
        meaning=_("Customers whose first order lies in the period."),
        in_words=_("Active customers without an order before the period"),
        formula=_new,
        behind=lambda behind: f"orders.any({behind.inside()}) and orders.none({behind.before()})",
    ),
    _buyers(
        "returning_customers",
        label=_("Returning customers"),
        meaning=_("Customers with an order in the period who had bought before it."),
        in_words=_("Active customers with an order before the period"),
        formula=_returning,
        behind=lambda behind: f"orders.any({behind.inside()}) and orders.any({behind.before()})",
    ),
    _buyers(
        "repeat_customers",
        label=_("Customers who bought again"),
        meaning=_("Customers with an order in the period who have two or more by its end."),
        in_words=_("Active customers with two or more orders up to the end of the period"),
        formula=_repeat,
        behind=lambda behind: f"orders.any({behind.inside()}) and orders.count({behind.up_to()}) >= 2",
    ),
    _buyers(
        "lost_customers",
        label=_("Lost customers"),
        meaning=_(
            "Customers whose last order was a year ago in this period, and who have not ordered since."
        ),
        in_words=_(
            "Customers with an order in the same days a year before and none up to the end of the period"
        ),
        formula=_lost,
        time="lost_on",
        behind=_lost_behind,
        good="down",
        columns=(),
        adds=frozenset({"customer"}),
    ),
    Metric(
        name="repeat_rate",
        label=_("Repeat rate"),
        unit="percent",
        meaning=_("The share of the active customers who have bought more than once."),
        in_words=_("Customers who bought again ÷ active customers"),
        owner=DEPARTMENT,
        ratio=("repeat_customers", "active_customers"),
    ),
    Metric(
        name="purchase_frequency",
        label=_("Orders per customer"),
        unit="number",
        meaning=_("How often an active customer orders in the period."),
        in_words=_("Orders of customers ÷ active customers"),
        owner=DEPARTMENT,
        ratio=("customers_orders", "active_customers"),
    ),
    _buyers(
        "customers_orders",
        label=_("Orders of customers"),
        meaning=_("Orders of kind sale that belong to a customer."),
        formula=lambda rows: rows.order_id.nunique(),
        counted="",
        adds=EVERY,
        columns=(),
        hidden=True,
    ),
)
