"""Orders: totals are exact and rounded once, timelines follow, sums on the customer's page are right."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dangol.commerce.models import Order, OrderLine, OrderTotal
from dangol.commerce.selectors import customer_purchases
from dangol.interactions.models import TimelineEntry
from dangol.records import registry, writing
from dangol.records.writing import Change, WriteError
from tests.cast import Person

pytestmark = pytest.mark.django_db
SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=SEOUL)


def create(person: Person, record_type: str, **values: Any) -> int:
    return writing.create(registry.get(record_type), values, actor=person.actor)


def order_of(
    person: Person,
    customer: int | None,
    number: str,
    lines: list[tuple[str, str]],
    *,
    at: str = "2026-11-02 10:00",
    **values: Any,
) -> int:
    """An order with lines of (quantity, unit price)."""
    order = create(person, "order", number=number, customer=customer, ordered_at=at, **values)
    rows = [
        Change(
            {
                "order": order,
                "ordinal": at,
                "quantity": quantity,
                "unit_price": price,
                "description": f"품목 {at}",
            }
        )
        for at, (quantity, price) in enumerate(lines, start=1)
    ]
    writing.write(registry.get("order_line"), rows, actor=person.actor)
    return order


@pytest.fixture
def customer(insider: Person) -> int:
    return create(insider, "customer", name="가람정밀")


class TestTotals:
    @pytest.mark.parametrize(
        ("currency", "lines", "exact", "amount"),
        [
            ("KRW", [("3", "0.5")], "1.5", "2"),
            ("KRW", [("-3", "0.5")], "-1.5", "-2"),
            ("GBP", [("1", "0.1249"), ("1", "0.1249")], "0.2498", "0.25"),
            ("GBP", [("3", "2.555")], "7.665", "7.67"),
            ("GBP", [("0.3333", "0.0001")], "0.00003333", "0"),
            ("KWD", [("1", "1.2345")], "1.2345", "1.235"),
        ],
    )
    def test_lines_stay_exact_and_the_order_is_rounded_half_up_to_its_currency(
        self,
        insider: Person,
        customer: int,
        currency: str,
        lines: list[tuple[str, str]],
        exact: str,
        amount: str,
    ) -> None:
        order = order_of(insider, customer, "SO-1", lines, currency=currency)
        total = OrderTotal.objects.get(order=order)
        assert total.exact == Decimal(exact)
        assert total.amount == Decimal(amount)
        assert total.lines == len(lines)

    def test_they_follow_every_change_of_the_lines_without_bumping_the_order(
        self, insider: Person, customer: int
    ) -> None:
        order = order_of(insider, customer, "SO-1", [("2", "1000"), ("1", "500")])
        lines = registry.get("order_line")
        first, second = OrderLine.objects.filter(order=order).order_by("ordinal").values_list("pk", flat=True)
        writing.update(lines, first, {"quantity": "3"}, actor=insider.actor)
        assert OrderTotal.objects.get(order=order).amount == 3500
        writing.delete(lines, [second], actor=insider.actor)
        assert OrderTotal.objects.get(order=order).amount == 3000
        writing.restore(lines, [second], actor=insider.actor)
        assert OrderTotal.objects.get(order=order).amount == 3500
        assert Order.objects.get(pk=order).version == 1

    def test_a_line_that_moves_changes_both_orders(self, insider: Person, customer: int) -> None:
        one = order_of(insider, customer, "SO-1", [("1", "1000")])
        two = order_of(insider, customer, "SO-2", [("1", "500")])
        line = OrderLine.objects.get(order=one)
        writing.update(registry.get("order_line"), line.pk, {"order": two, "ordinal": 2}, actor=insider.actor)
        assert OrderTotal.objects.get(order=one).amount == 0
        assert OrderTotal.objects.get(order=two).amount == 1500

    def test_another_currency_rounds_anew(self, insider: Person, customer: int) -> None:
        order = order_of(insider, customer, "SO-1", [("1", "10.555")], currency="GBP")
        writing.update(registry.get("order"), order, {"currency": "KRW"}, actor=insider.actor)
        assert OrderTotal.objects.get(order=order).amount == 11

    def test_two_lines_with_one_ordinal_are_refused(self, insider: Person, customer: int) -> None:
        order = order_of(insider, customer, "SO-1", [("1", "1000")])
        with pytest.raises(WriteError) as problem:
            create(insider, "order_line", order=order, ordinal=1, quantity=1, unit_price=1)
        assert problem.value.errors[0].field == "ordinal"
        assert OrderLine.objects.count() == 1


class TestTimeline:
    def test_an_order_is_told_once_with_its_present_facts(self, insider: Person, customer: int) -> None:
        order = order_of(insider, customer, "SO-1", [("2", "1000"), ("1", "500")])
        writing.update(registry.get("order"), order, {"status": "delivered"}, actor=insider.actor)
        entry = TimelineEntry.objects.get(source_type="order", source_id=order)
        assert (entry.subject_type, entry.subject_id) == ("customer", customer)
        assert entry.data["status"] == "delivered"
        assert Decimal(entry.data["amount"]) == 2500
        assert entry.data["lines"] == 2

    def test_it_follows_the_order_to_another_customer_and_into_the_bin(
        self, insider: Person, customer: int
    ) -> None:
        other = create(insider, "customer", name="다온테크")
        order = order_of(insider, customer, "SO-1", [("1", "1000")])
        writing.update(registry.get("order"), order, {"customer": other}, actor=insider.actor)
        assert TimelineEntry.objects.get(source_type="order").subject_id == other
        writing.delete(registry.get("order"), [order], actor=insider.actor)
        assert not TimelineEntry.objects.exists()
        writing.restore(registry.get("order"), [order], actor=insider.actor)
        assert TimelineEntry.objects.get().data["lines"] == 1

    def test_an_anonymous_sale_stands_on_no_timeline(self, administrator: Person) -> None:
        order_of(administrator, None, "SO-1", [("1", "1000")])
        assert not TimelineEntry.objects.exists()


class TestPurchases:
    def test_sums_count_sales_net_returns_and_leave_out_what_was_called_off(
        self, insider: Person, customer: int, django_assert_num_queries: Any
    ) -> None:
        order_of(insider, customer, "SO-1", [("10", "1000")], at="2024-12-24 10:00")
        order_of(insider, customer, "SO-2", [("5", "1000")], at="2026-11-02 10:00")
        order_of(insider, customer, "RT-3", [("-2", "1000")], at="2026-11-05 10:00", kind="return")
        order_of(insider, customer, "SO-4", [("100", "1000")], at="2026-11-06 10:00", status="cancelled")
        actor = insider.actor
        with django_assert_num_queries(1):
            bought = customer_purchases(actor=actor, customer_id=customer, now=NOW)
        assert bought is not None
        assert (bought.orders, bought.returns) == (2, 1)
        assert bought.revenue == 13_000
        assert bought.returned == -2_000
        assert (bought.last_year, bought.last_year_orders) == (3_000, 1)
        assert bought.first_at == datetime(2024, 12, 24, 10, 0, tzinfo=SEOUL)
        assert bought.last_at == datetime(2026, 11, 2, 10, 0, tzinfo=SEOUL)
        months = {f"{month:%Y-%m}": amount for month, amount in bought.months}
        assert len(months) == 24
        assert (months["2024-12"], months["2026-11"], months["2026-10"]) == (10_000, 3_000, 0)

    def test_taken_back_orders_count_whatever_their_status(self, insider: Person, customer: int) -> None:
        order_of(insider, customer, "536000", [("10", "2.55")], currency="GBP")
        order_of(
            insider, customer, "C536001", [("-4", "2.55")], currency="GBP", kind="return", status="cancelled"
        )
        bought = customer_purchases(actor=insider.actor, customer_id=customer, now=NOW)
        assert bought is not None
        assert (bought.currency, bought.revenue, bought.returns) == ("GBP", Decimal("15.30"), 1)

    def test_who_may_not_see_the_orders_gets_no_sums(
        self, insider: Person, outsider: Person, customer: int
    ) -> None:
        order_of(insider, customer, "SO-1", [("1", "1000")])
        assert customer_purchases(actor=outsider.actor, customer_id=customer, now=NOW) is None

    def test_a_customer_without_orders_has_none(self, insider: Person, customer: int) -> None:
        assert customer_purchases(actor=insider.actor, customer_id=customer, now=NOW) is None


def test_an_order_is_seen_where_its_customer_is(
    insider: Person, teammate: Person, outsider: Person, administrator: Person, customer: int
) -> None:
    order = order_of(insider, customer, "SO-1", [("2", "1000")])
    anonymous = order_of(administrator, None, "SO-2", [("1", "1000")])
    assert "SO-1" in insider.client.get(f"/orders/{order}/").content.decode()
    assert teammate.client.get(f"/orders/{order}/").status_code == 200
    assert outsider.client.get(f"/orders/{order}/").status_code == 404
    assert insider.client.get(f"/orders/{anonymous}/").status_code == 404
    assert administrator.client.get(f"/orders/{anonymous}/").status_code == 200
