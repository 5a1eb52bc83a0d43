"""What stands beside a customer: what it bought, and how that went month by month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.commerce.selectors import MONTHS, Purchases, customer_purchases
from dangol.customers.beside import once
from dangol.identity.actors import Actor
from dangol.records import fieldrules, permissions, ports, registry
from dangol.web import formats

LINES_SHOWN = 100
SALES_SHOWN = 15
FRESH_DAYS = 31
"""Older data say until when they go."""
SIBLINGS_SHOWN = 6


def register() -> None:
    """Contribute the cards and figures; called once, when Django is ready."""
    ports.add_figures("customer", _figures, order=20)
    ports.add_panel(
        "customer",
        ports.Panel("revenue", gettext_lazy("Revenue"), "commerce/revenue.html", _revenue, "right", 40),
    )
    ports.add_panel(
        "customer",
        ports.Panel(
            "products", gettext_lazy("Products bought"), "commerce/products.html", _products, "right", 50
        ),
    )
    ports.add_panel(
        "order",
        ports.Panel("lines", gettext_lazy("Order lines"), "commerce/lines.html", _lines, "middle", 10),
    )
    ports.add_panel(
        "order",
        ports.Panel(
            "customer",
            gettext_lazy("Other orders of the customer"),
            "commerce/siblings.html",
            _siblings,
            "right",
            10,
        ),
    )
    ports.add_panel(
        "invoice",
        ports.Panel(
            "lines",
            gettext_lazy("Invoice lines"),
            "commerce/invoice_lines.html",
            _invoice_lines,
            "middle",
            10,
        ),
    )
    ports.add_panel(
        "product",
        ports.Panel(
            "sales", gettext_lazy("Who bought it lately"), "commerce/sales.html", _sales, "middle", 10
        ),
    )


def _purchases(actor: Actor, record: Mapping[str, Any]) -> Purchases | None:
    return once(record, "purchases", lambda: customer_purchases(actor=actor, customer_id=record["id"]))


def _list_url(customer_id: int, *conditions: str) -> str:
    return "/orders/?" + urlencode({"filter": " and ".join((f"customer = {customer_id}", *conditions))})


def _figures(actor: Actor, record: Mapping[str, Any]) -> Sequence[ports.Figure]:
    bought = _purchases(actor, record)
    if bought is None:
        return ()
    zone, language = ZoneInfo(actor.time_zone), actor.language
    average = bought.revenue / bought.orders if bought.orders else None
    return [
        ports.Figure(
            _("Revenue, 12 months"),
            formats.money_short(bought.last_year, bought.currency, language),
            _("Orders: %(count)s") % {"count": formats.number(bought.last_year_orders, language)},
            url=_list_url(record["id"], "ordered_at >= today - 12mo"),
        ),
        ports.Figure(
            _("Revenue, net"),
            formats.money_short(bought.revenue, bought.currency, language),
            _("Orders: %(count)s, %(average)s each")
            % {
                "count": formats.number(bought.orders, language),
                "average": formats.money_short(average, bought.currency, language),
            },
            url=_list_url(record["id"]),
            help=formats.money(bought.revenue, bought.currency, language),
        ),
        ports.Figure(
            _("Last purchase"),
            formats.ago(bought.last_at, language, zone, now=timezone.now()) if bought.last_at else "–",
            _("first %(day)s") % {"day": formats.day(bought.first_at, language, zone)}
            if bought.first_at
            else "",
        ),
        ports.Figure(
            _("Returns"),
            formats.number(bought.returns, language),
            formats.money_short(bought.returned, bought.currency, language) if bought.returns else _("none"),
            tone="dn" if bought.orders and bought.returns / bought.orders > 0.1 else "",
            url=_list_url(record["id"], 'kind = "return"') if bought.returns else "",
        ),
    ]


def _period(bought: Purchases, language: str) -> str:
    """How many orders the twelve months hold, and when they ended if that was long ago."""
    count = formats.number(bought.last_year_orders, language)
    if (timezone.now().date() - bought.until).days <= FRESH_DAYS:
        return _("%(count)s orders") % {"count": count}
    return _("%(count)s orders, until %(day)s") % {"count": count, "day": bought.until.isoformat()}


def _year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=min(day.day, 28))


def _revenue(actor: Actor, record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    bought = _purchases(actor, record)
    if bought is None:
        return None
    spec = {
        "type": "months",
        "unit": "money",
        "currency": bought.currency,
        "label_name": _("Month"),
        "labels": [f"{month:%y-%m}" for month, _amount in bought.months],
        "series": [{"name": _("Revenue"), "values": [float(amount) for _month, amount in bought.months]}],
        "urls": [
            _list_url(
                record["id"],
                f"ordered_at >= {month.isoformat()}",
                f"ordered_at < {_after(month).isoformat()}",
            )
            for month, _amount in bought.months
        ],
    }
    return {
        "spec": spec,
        "months": MONTHS,
        "other_currencies": bought.other_currencies,
        "currency": bought.currency,
    }


def _after(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _products(actor: Actor, record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    bought = _purchases(actor, record)
    if bought is None or not bought.products or not actor.may("product", "view"):
        return None
    if not permissions.reaches(actor, registry.get("order_line"), "view", record):
        return None
    if not (
        fieldrules.is_clear(actor, "order_line", "product", "quantity", "amount")
        and fieldrules.is_clear(actor, "product", "name")
    ):
        return None
    url = "/order-lines/?" + urlencode({"filter": f"order.customer = {record['id']}"})
    return {"products": bought.products, "currency": bought.currency, "all_url": url}


def _lines(actor: Actor, record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if not actor.may("order_line", "view"):
        return None
    rows = (
        permissions.visible_to(actor, registry.get("order_line"))
        .filter(order_id=record["id"])
        .order_by("ordinal")
        .values(
            "id",
            "ordinal",
            "product_id",
            "product__unit",
            "description",
            "quantity",
            "unit_price",
            "amount",
            product_name=permissions.named(actor, "product", "product"),
        )
    )
    found = list(rows[: LINES_SHOWN + 1])
    url = "/order-lines/?" + urlencode({"filter": f"order = {record['id']}"})
    return {
        "lines": [_line(actor, "order_line", row) for row in found[:LINES_SHOWN]],
        "has_more": len(found) > LINES_SHOWN,
        "all_url": url,
        "currency": record.get("currency") or "KRW",
        "total": record.get("amount"),
    }


def _line(actor: Actor, type_name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """A line with what the actor may see of it and of its product."""
    shown = fieldrules.shown_row(
        actor, type_name, row, {"id": "", "product_id": "product", "product_name": "product"}
    )
    if "product__unit" in shown and not fieldrules.is_clear(actor, "product", "unit"):
        shown["product__unit"] = ""
    return shown


def _invoice_lines(actor: Actor, record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The lines of an invoice with their sum. One query."""
    if not actor.may("invoice_line", "view"):
        return None
    rows = (
        permissions.visible_to(actor, registry.get("invoice_line"))
        .filter(invoice_id=record["id"])
        .order_by("ordinal", "pk")
        .values(
            "id",
            "product_id",
            "description",
            "quantity",
            "unit_price",
            "amount",
            product_name=permissions.named(actor, "product", "product"),
        )
    )
    found = list(rows[: LINES_SHOWN + 1])
    return {
        "lines": [_line(actor, "invoice_line", row) for row in found[:LINES_SHOWN]],
        "has_more": len(found) > LINES_SHOWN,
        "all_url": "/invoice-lines/?" + urlencode({"filter": f"invoice = {record['id']}"}),
        "currency": record.get("currency") or "KRW",
        "total": record.get("lines_amount"),
    }


def _siblings(actor: Actor, record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    customer = record.get("customer")
    if customer is None:
        return None
    rows = (
        permissions.visible_to(actor, registry.get("order"))
        .filter(customer_id=customer.id)
        .exclude(pk=record["id"])
        .order_by("-ordered_at", "-pk")
        .values("id", "number", "kind", "ordered_at", "currency", "totals__amount")
    )
    names = {"id": "", "totals__amount": "amount"}
    orders = [fieldrules.shown_row(actor, "order", row, names) for row in rows[:SIBLINGS_SHOWN]]
    return {"orders": orders, "customer": customer, "all_url": _list_url(customer.id)}


_SALE_OF_ORDER = {
    "order_id": "",
    "order__ordered_at": "ordered_at",
    "order__currency": "currency",
    "order__customer_id": "customer",
    "order_number": "",
    "customer_name": "customer",
}
"""Keys of a sale that are the order's own, with the order's fields."""


def _sales(actor: Actor, record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The newest order lines of a product, with their customers. One query."""
    if not actor.may("order_line", "view"):
        return None
    rows = (
        permissions.visible_to(actor, registry.get("order_line"))
        .filter(product_id=record["id"], order__isnull=False, order__deleted_at=None)
        .order_by("-pk")
        .values(
            "order_id",
            "order__ordered_at",
            "order__currency",
            "order__customer_id",
            "quantity",
            "amount",
            order_number=permissions.named(actor, "order", "order"),
            customer_name=permissions.named(actor, "customer", "order__customer"),
        )
    )
    url = "/order-lines/?" + urlencode({"filter": f"product = {record['id']}"})
    sales = [
        fieldrules.shown_row(
            actor,
            "order",
            fieldrules.shown_row(actor, "order_line", row, dict.fromkeys(_SALE_OF_ORDER, "")),
            {**_SALE_OF_ORDER, "quantity": "", "amount": ""},
        )
        for row in rows[:SALES_SHOWN]
    ]
    return {"sales": sales, "unit": record.get("unit") or "", "all_url": url}
