"""The refresh from orders to scores and series, held against the pure definitions."""

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Sum

from dangol.commerce.models import OrderLine
from dangol.customers.models import Customer
from dangol.events.models import Delivery
from dangol.events.outbox import announce
from dangol.events.services import deliver
from dangol.identity.actors import Actor
from dangol.insight import customer_value, jobs, services
from dangol.measures.models import RefreshRun, Score, Series
from dangol.methods import rfm
from dangol.records.importing.events import ImportFinished
from dangol.records.models import Change

SYSTEM = Actor.system("test")


def scores(name):
    column = "label" if name in {"rfm.segment", "rfm.score"} else "value"
    return dict(Score.objects.filter(name=name).values_list("record_id", column))


@pytest.fixture
def sales(shop):
    """Thirty customers with sales, returns, ties, several orders a day; one with returns only; anonymous sales."""
    chance = random.Random(7)
    for number in range(30):
        customer = shop.customer(name=f"고객 {number}")
        for _ in range(chance.choice([1, 1, 1, 2, 2, 3, 5, 9])):
            day = date(2026, 11, 20) - timedelta(days=chance.choice([0, 1, 5, 30, 90, 200, 400]))
            kind = chance.choice(["sale", "sale", "sale", "return"])
            amount = chance.choice(["1000", "1000", "33.335", "250000.1234"])
            shop.order(customer, day, amount if kind == "sale" else f"-{amount}", kind=kind)
    shop.order(shop.customer(name="반품만"), "2026-11-02", "-5", kind="return")
    shop.order(None, "2026-11-03", "7.125")
    return shop


def pure(as_of=date(2026, 11, 20)):
    lines = OrderLine.objects.exclude(order__customer=None).select_related("order")
    purchases = [
        rfm.Purchase(
            line.order.customer_id,
            line.order_id,
            (line.order.ordered_at + timedelta(hours=9)).date(),
            line.order.kind == "sale",
            line.amount,
        )
        for line in lines
    ]
    return rfm.measure(purchases, as_of)


def test_the_scores_are_those_of_the_pure_definition(sales):
    run = services.refresh_all(actor=SYSTEM)
    expected = pure()
    scored = rfm.score(expected)
    assert run.as_of == date(2026, 11, 20)
    assert scores("rfm.recency") == {who: one.recency for who, one in expected.items()}
    assert scores("rfm.frequency") == {who: one.frequency for who, one in expected.items()}
    assert {who: value for who, value in scores("rfm.monetary").items() if who in expected} == {
        who: one.monetary for who, one in expected.items()
    }
    assert scores("rfm.score") == {who: "".join(map(str, three)) for who, three in scored.items()}
    assert scores("rfm.segment") == {who: rfm.segment(*three) for who, three in scored.items()}


def test_a_customer_with_returns_only_has_a_value_but_no_segment(sales):
    services.refresh_all(actor=SYSTEM)
    customer = Customer.objects.get(name="반품만")
    names = set(Score.objects.filter(record_id=customer.pk).values_list("name", flat=True))
    assert names == {"rfm.monetary", "value.revenue_12m"}
    assert scores("rfm.monetary")[customer.pk] == -5


def test_the_months_add_up_to_the_lines(sales):
    services.refresh_all(actor=SYSTEM)
    total = OrderLine.objects.aggregate(total=Sum("amount"))["total"]
    company = Series.objects.filter(name="revenue", record_type="")
    assert company.aggregate(total=Sum("value"))["total"] == total
    customers = Series.objects.filter(name="revenue", record_type="customer")
    assert customers.aggregate(total=Sum("value"))["total"] == total - Decimal("7.125")
    lately = OrderLine.objects.filter(order__ordered_at__gte="2025-11-21T00:00+09:00")
    by_customer = dict(
        lately.exclude(order__customer=None).values_list("order__customer").annotate(total=Sum("amount"))
    )
    recent = scores("value.revenue_12m")
    assert {who: value for who, value in recent.items() if value or who in by_customer} == by_customer
    assert (
        Decimal(RefreshRun.objects.get().facts["revenue_12m"])
        == lately.aggregate(total=Sum("amount"))["total"]
    )
    assert (
        company.get(period=date(2026, 11, 1)).value
        == OrderLine.objects.filter(order__ordered_at__gte="2026-11-01T00:00+09:00").aggregate(
            total=Sum("amount")
        )["total"]
    )


def test_orders_are_counted_by_month(shop):
    first, second = shop.customer("가"), shop.customer("나")
    shop.order(first, "2026-10-01", 1, 2, 3)
    shop.order(first, "2026-10-01", 4)
    shop.order(second, "2026-10-31", 5)
    shop.order(second, "2026-11-01", -5, kind="return")
    services.refresh_all(actor=SYSTEM)
    orders = Series.objects.filter(record_type="", grain="month", name="orders")
    assert {one.period.month: one.value for one in orders} == {10: 3, 11: 0}


def test_a_second_refresh_replaces_what_changed_and_forgets_what_is_gone(sales):
    services.refresh_all(actor=SYSTEM)
    gone = Customer.objects.get(name="고객 3")
    gone.deleted_at = "2026-11-21T00:00Z"
    gone.save()
    kept = Customer.objects.get(name="고객 4")
    sales.order(kept, "2026-11-21", 12345)
    Score.objects.create(
        record_type="customer", record_id=1, name="clv.value", value=1, as_of="2026-01-01", model="x"
    )
    run = services.refresh_all(actor=SYSTEM)
    assert run.as_of == date(2026, 11, 21)
    assert not Score.objects.filter(record_id=gone.pk, name__startswith="rfm.").exists()
    assert not Series.objects.filter(record_id=gone.pk).exists()
    assert scores("rfm.recency")[kept.pk] == 0
    assert Score.objects.filter(name="clv.value").exists()
    assert set(Score.objects.filter(name__startswith="rfm.").values_list("as_of", flat=True)) == {
        date(2026, 11, 21)
    }


def test_scores_bump_neither_version_nor_history(sales):
    before = dict(Customer.objects.values_list("pk", "version"))
    changes = Change.objects.exclude(table="insight_segment")  # those of RFM are made by the first refresh
    assert not changes.exists()
    services.refresh_all(actor=SYSTEM)
    assert dict(Customer.objects.values_list("pk", "version")) == before
    assert not changes.exists()


def test_amounts_in_another_currency_are_left_out_and_said_so(shop):
    people = [shop.customer(f"고객 {number}") for number in range(6)]
    for person in people:
        shop.order(person, "2026-11-01", 1000)
    shop.order(people[0], "2026-11-02", 500, currency="USD")
    run = services.refresh_all(actor=SYSTEM)
    assert run.facts["currency"] == "KRW"
    assert run.facts["left_out"] == {"USD": {"orders": 1, "amount": "500.00000000"}}
    assert scores("rfm.monetary")[people[0].pk] == 1000
    assert scores("rfm.frequency")[people[0].pk] == 2
    assert Series.objects.get(name="revenue", record_type="", period="2026-11-01").value == 6000


def test_an_empty_company_can_be_refreshed(shop):
    run = services.refresh_all(actor=SYSTEM)
    assert run.state == RefreshRun.State.DONE
    assert run.as_of is None
    assert not Score.objects.exists()


def test_a_failed_refresh_says_why_and_keeps_what_was_published(sales, monkeypatch):
    services.refresh_all(actor=SYSTEM)
    before = scores("rfm.segment")
    sales.order(Customer.objects.get(name="고객 1"), "2026-11-20", 99999999)
    monkeypatch.setattr(services.services, "series_publish", lambda **_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        services.refresh_all(actor=SYSTEM)
    run = RefreshRun.objects.latest("pk")
    assert run.state == RefreshRun.State.FAILED
    assert "division" in run.error
    assert scores("rfm.segment") == before


def test_a_run_that_was_killed_is_told_from_one_that_runs(shop):
    killed = RefreshRun.objects.create(state=RefreshRun.State.RUNNING, step="score")
    services.refresh_all(actor=SYSTEM)
    killed.refresh_from_db()
    assert (killed.state, killed.error) == (RefreshRun.State.FAILED, "interrupted")


def test_the_progress_is_told_step_by_step(sales):
    told = []
    services.refresh_all(actor=SYSTEM, progress=lambda step, rows, part: told.append((step, part)))
    parts = [part for _step, part in told]
    assert parts == sorted(parts)
    assert told[-1] == ("done", 1.0)
    assert "score" in dict(told)


def test_twelve_months_end_with_the_day_of_the_data():
    assert customer_value.window_start(date(2026, 11, 20)) == date(2025, 11, 21)
    assert customer_value.window_start(date(2026, 12, 31)) == date(2026, 1, 1)
    assert customer_value.window_start(date(2024, 2, 29)) == date(2023, 3, 1)


def test_an_import_that_ends_asks_for_one_refresh(shop):
    with transaction.atomic():
        announce(ImportFinished(run_id=1), actor=SYSTEM)
        announce(ImportFinished(run_id=2), actor=SYSTEM)
    for delivery in Delivery.objects.filter(handler__startswith="dangol.insight."):
        assert deliver(delivery.pk)
    run = RefreshRun.objects.get()
    assert (run.state, run.reason) == (RefreshRun.State.WAITING, "import 1")
    jobs.refresh(run=run.pk)
    run.refresh_from_db()
    assert run.state == RefreshRun.State.DONE
    jobs.refresh(run=run.pk)
    assert RefreshRun.objects.count() == 1


def test_whoever_may_not_see_all_orders_cannot_refresh(db):
    visitor = Actor(
        user_id=1,
        name="visitor",
        grants={("customer", "view"): frozenset({"all"}), ("order", "view"): frozenset({"team"})},
    )
    with pytest.raises(PermissionDenied):
        services.refresh_request(actor=visitor, reason="x")
    with pytest.raises(PermissionDenied):
        services.refresh_all(actor=visitor)
    assert not RefreshRun.objects.exists()
