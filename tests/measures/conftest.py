"""Committed rows for the lake, which reads over a connection of its own, and a lake folder for each test."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dangol.commerce.models import Order, OrderLine
from dangol.customers.models import Customer

SEOUL = ZoneInfo("Asia/Seoul")


@pytest.fixture
def lake_folder(tmp_path: Path, settings) -> Iterator[Path]:
    settings.DATA = tmp_path
    settings.TIME_ZONE = "Asia/Seoul"
    return tmp_path / "lake"


@pytest.fixture
def shop(transactional_db: None, lake_folder: Path) -> Shop:
    """A shop whose sales are committed, so that the lake sees them."""
    return Shop()


class Shop:
    """Writes customers and orders in a line each."""

    def __init__(self) -> None:
        self._numbers = iter(range(1, 10_000))

    def customer(self, name: str = "한빛정밀", **values) -> Customer:
        return Customer.objects.create(name=name, **values)

    def order(
        self,
        customer: Customer | None,
        day: date | str,
        *amounts: str | int,
        kind: str = "sale",
        at: str = "12:00",
        **values,
    ) -> Order:
        """An order with one line of one piece per amount; `day` and `at` in Seoul."""
        moment = datetime.fromisoformat(f"{day}T{at}").replace(tzinfo=SEOUL)
        order = Order.objects.create(
            number=f"O-{next(self._numbers)}", customer=customer, kind=kind, ordered_at=moment, **values
        )
        for ordinal, amount in enumerate(amounts, start=1):
            price = Decimal(amount)
            quantity = Decimal(-1) if price < 0 else Decimal(1)
            OrderLine.objects.create(
                order=order, ordinal=ordinal, kind=kind, quantity=quantity, unit_price=abs(price)
            )
        return order
