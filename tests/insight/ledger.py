"""A small company whose numbers fit on a sheet of paper: for reports."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from dangol.commerce.models import Order
from dangol.customers.models import Customer
from dangol.records import filters, registry
from dangol.records.lists import rows_for

# name, grade, whose, tier (own field), seats (own field), city
CUSTOMERS = (
    ("가람", "vip", "insider", "gold", 7, "서울시 강남구"),
    ("나래", "a", "insider", "", 12, ""),
    ("다온", "", "insider", "silver", None, "서울시 강남구"),
    ("라온", "a", "outsider", "gold", 4, '말한 "그" 곳'),
)
# customer, status, currency, total, moment (UTC): the third is the first of November in Seoul already
ORDERS = (
    ("가람", "placed", "KRW", "1000.0000", "2026-10-05T01:00"),
    ("가람", "placed", "USD", "12.5000", "2026-10-20T01:00"),
    ("가람", "shipped", "KRW", "2000.0000", "2026-10-31T15:30"),
    ("나래", "placed", "KRW", "0.3333", "2026-11-02T01:00"),
    ("나래", "cancelled", "KRW", None, "2026-11-03T01:00"),
    ("다온", "placed", "KRW", "-50.1000", "2025-12-31T23:00"),
    ("라온", "placed", "USD", "7.2500", "2026-11-09T01:00"),
    ("라온", "shipped", "KRW", "9007199254740993.0001", "2026-11-10T01:00"),
    (None, "placed", "KRW", "5.0000", "2026-11-11T01:00"),
)


def fill(**people) -> None:
    """Write the ledger; customers belong to these people."""
    known = {}
    for name, grade, whose, tier, seats, city in CUSTOMERS:
        own = {key: value for key, value in (("x_tier", tier), ("x_seats", seats)) if value not in ("", None)}
        user = people[whose].user
        known[name] = Customer.objects.create(
            name=name, grade=grade, city=city, owner=user, team=user.team, own=own
        )
    for number, (customer, status, currency, total, moment) in enumerate(ORDERS, start=1):
        Order.objects.create(
            number=f"R-{number}",
            customer=known.get(customer),
            status=status,
            currency=currency,
            total=Decimal(total) if total is not None else None,
            ordered_at=datetime.fromisoformat(moment).replace(tzinfo=UTC),
        )


def behind(person, type_name: str, text: str) -> list:
    """The records that a filter opens for somebody."""
    record_type = registry.get(type_name)
    return list(rows_for(person.actor, record_type, filters.parse(text, record_type, actor=person.actor)))
