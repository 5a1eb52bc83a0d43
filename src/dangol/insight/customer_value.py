"""What each customer is worth so far: RFM and the figures around it, as Ibis expressions over the lake.

The definitions are those of `dangol.methods.rfm`, which tests hold against these expressions.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from dangol.measures.lake.datasets import of_records
from dangol.methods import rfm

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from dangol.measures.lake import Lake

MODEL: Final = "rfm-1"
MONEY: Final = ("rfm.monetary", "value.revenue_12m")


def window_start(as_of: date) -> date:
    """The first day of the twelve months that end with `as_of`: 2025-11-21 for 2026-11-20."""
    try:
        return as_of.replace(year=as_of.year - 1) + timedelta(days=1)
    except ValueError:  # 29 February
        return date(as_of.year - 1, 3, 1)


def facts(lake: "Lake", today: date) -> dict[str, Any]:
    """What the lines say about themselves: their number, last day, currency, and what is left out of amounts.

    `as_of` is the day of the newest order, but never after `today`; None without orders. `currency` is the one most
    lines are in: amounts in others cannot be added to it, so they are left out and counted here. `revenue_12m` is the
    company's, with what belongs to no customer.
    """
    lines = lake.table("order_lines")
    totals = lake.read(
        lines.group_by("currency").aggregate(
            lines=lines.count(),
            orders=lines.order_id.nunique(),
            amount=lines.amount.sum(),
            last=lines.ordered_on.max(),
            anonymous=lines.amount.sum(where=lines.customer_id.isnull()),
            anonymous_lines=lines.count(where=lines.customer_id.isnull()),
        )
    ).to_pylist()
    if not totals:
        return {"as_of": None, "currency": "", "lines": 0}
    totals.sort(key=lambda row: (-row["lines"], row["currency"]))
    home, others = totals[0], totals[1:]
    as_of = min(today, max(row["last"] for row in totals))
    recent = lines.filter(lines.currency == home["currency"], lines.ordered_on >= window_start(as_of))
    (year,) = lake.read(recent.aggregate(amount=recent.amount.sum())).to_pylist()
    return {
        "as_of": as_of,
        "currency": home["currency"],
        "lines": sum(row["lines"] for row in totals),
        "amount": str(home["amount"]),
        "revenue_12m": str(year["amount"] or 0),
        "anonymous_amount": str(home["anonymous"] or 0),
        "anonymous_lines": sum(row["anonymous_lines"] for row in totals),
        "left_out": {
            row["currency"]: {"orders": row["orders"], "amount": str(row["amount"])} for row in others
        },
    }


def customer_figures(lake: "Lake", *, as_of: date, currency: str, past: bool = False) -> "ir.Table":
    """One row per customer with order lines: last and first sale, sales, days with a sale, revenue in all and lately.

    Customers in the recycle bin are left out. Lines are folded into orders, so that counting orders is a sum. Of a day in the
    `past` only lines up to that day are read.
    """
    lines = lake.table("order_lines")
    if past:
        lines = lines.filter(lines.ordered_on <= as_of)
    lines = lines.filter(lines.customer_id.notnull())
    customers = lake.table(of_records("customer").name)
    lines = lines.semi_join(customers, lines.customer_id == customers.id)
    orders = lines.group_by("customer_id", "order_id").aggregate(
        day=lines.ordered_on.min(),
        sale=(lines.order_kind == "sale").any(),
        amount=lines.amount.sum(where=lines.currency == currency).fill_null(0),
    )
    # Orders into days, so that days with a sale are a sum too: distinct values cost a second pass.
    days = orders.group_by("customer_id", "day").aggregate(
        sales=orders.sale.cast("int64").sum(), amount=orders.amount.sum()
    )
    sold, recent = days.sales > 0, days.day >= window_start(as_of)
    return days.group_by("customer_id").aggregate(
        first=days.day.min(where=sold),
        last=days.day.max(where=sold),
        days=sold.cast("int64").sum(),
        frequency=days.sales.sum().cast("int64"),
        monetary=days.amount.sum().cast("decimal(28, 8)"),
        orders_12m=days.sales.sum(where=recent).fill_null(0).cast("int64"),
        revenue_12m=days.amount.sum(where=recent).fill_null(0).cast("decimal(28, 8)"),
    )


def customer_scores(lake: "Lake", *, as_of: date, currency: str, past: bool = False) -> "ir.Table":
    """The scores of every customer with order lines: `record_id` and one column per score.

    A customer who never bought (returns only) has `rfm.monetary` and `value.revenue_12m`, and no score that needs a
    purchase. Of a day in the `past` they are those that the orders up to that day give.
    """
    import ibis
    import pyarrow as pa

    figures = customer_figures(lake, as_of=as_of, currency=currency, past=past)
    day = ibis.literal(as_of, type="date")
    bought = figures.frequency > 0
    nothing = ibis.null("int64")
    since_first = figures["last"].delta(figures["first"], unit="day")
    gaps = figures.days - 1
    measured = figures.mutate(
        bought=bought,
        recency=ibis.ifelse(bought, ibis.greatest(0, day.delta(figures["last"], unit="day")), nothing),
        # Whole days between days with a sale, half a day rounded up.
        interval=ibis.ifelse(figures.days > 1, (2 * since_first + gaps) // (2 * gaps), nothing),
    )
    # Those who never bought have no values to be ranked by and come last, so they are worse than nobody.
    size = measured.bought.cast("int64").sum().over(ibis.window())

    def fifth(worst_first: Any) -> Any:
        return 1 + 5 * ibis.rank().over(ibis.window(order_by=worst_first)) // size

    def bought_only(value: Any) -> Any:
        return ibis.ifelse(measured.bought, value, None)

    code = (
        100 * fifth(ibis.desc(measured.recency))
        + 10 * fifth(bought_only(measured.frequency))
        + fifth(bought_only(measured.monetary))
    )
    scored = measured.mutate(
        code=ibis.ifelse(measured.bought & (size >= rfm.FEWEST_CUSTOMERS), code, nothing)
    )
    named = ibis.memtable(pa.table(_segments()))
    wide = scored.left_join(named, "code")
    columns: Mapping[str, Any] = {
        "record_id": wide.customer_id,
        "rfm.segment": wide.segment,
        "rfm.score": wide.code.cast("string"),
        "rfm.recency": wide.recency.cast("int64"),
        "rfm.frequency": ibis.ifelse(wide.bought, wide.frequency.cast("int64"), nothing),
        "rfm.monetary": wide.monetary,
        "value.revenue_12m": wide.revenue_12m,
        "value.orders_12m": ibis.ifelse(wide.bought, wide.orders_12m.cast("int64"), nothing),
        "value.interval": wide.interval.cast("int64"),
    }
    return wide.select(**columns)


def _segments() -> dict[str, list[Any]]:
    table = rfm.segment_of_scores()
    return {"code": [100 * r + 10 * f + m for r, f, m in table], "segment": list(table.values())}
