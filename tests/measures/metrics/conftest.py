"""A small company whose every number can be recomputed by hand."""

from __future__ import annotations

from datetime import date

import pytest

from dangol.commerce import services as commerce
from dangol.commerce.models import Category, Order, OrderLine, Product
from dangol.customers.models import Customer
from dangol.identity.actors import Actor
from dangol.insight import services
from dangol.measures.metrics import session
from tests.measures.conftest import lake_folder, shop  # noqa: F401

SYSTEM = Actor.system("test")


@pytest.fixture(autouse=True)
def _closed():
    yield
    session.close()


def refreshed() -> None:
    """Totals added up as the writer does it, then lake, scores and standing figures."""
    commerce.order_totals_refresh(list(Order.objects.values_list("pk", flat=True)))
    services.refresh_all(actor=SYSTEM)


@pytest.fixture
def market(shop, company, insider, outsider):  # noqa: F811 - a fixture
    """Twelve customers of two teams and three grades, two years of orders with returns, called-off and empty ones."""
    category = Category.objects.create(code="C", name="부품")
    products = [
        Product.objects.create(code="A", name="볼트", category=category),
        Product.objects.create(code="B", name="너트"),
    ]
    for number in range(12):
        first = number < 8
        customer = shop.customer(
            f"고객 {number:02}",
            team=company.seoul if first else company.busan,
            owner=(insider if first else outsider).user if number % 3 else None,
            grade=("vip", "a", "")[number % 3],
            region=("서울", "부산", "")[number % 3],
        )
        for month in range(1 + number):
            day = date(2026 - (1 if month > 4 else 0), 11 - month % 11, 1 + (number * 3 + month) % 27)
            shop.order(customer, min(day, date(2026, 11, 20)), 1000 * (number + 1), "33.335")
    for line in OrderLine.objects.order_by("pk"):
        line.product = products[line.pk % 3] if line.pk % 3 < 2 else None
        line.save()
    first = Customer.objects.order_by("pk").first()
    shop.order(first, "2026-11-19", "-400", kind="return")
    shop.order(first, "2026-11-18", 5000, status="cancelled")
    shop.order(first, "2026-11-17")
    shop.order(None, "2026-11-20", 77)
    shop.order(first, "2026-11-16", 9, currency="USD")
    refreshed()
    return shop
