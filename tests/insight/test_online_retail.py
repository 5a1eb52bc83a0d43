"""The real file through the importer and the refresh, held against what the file itself says."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.db.models import Sum

from dangol.commerce.models import OrderLine
from dangol.commerce.selectors import customer_purchases
from dangol.customers.models import Customer
from dangol.insight import selectors, services
from dangol.insight.policies import sight_of
from dangol.measures import lake, metrics
from dangol.measures.metrics import session
from dangol.measures.metrics.explaining import explain
from dangol.measures.models import Score, Series
from dangol.records import filters
from dangol.records import registry as kinds
from dangol.records.lists import rows_for
from tests.insight import expected
from tests.insight.brought import SYSTEM, brought_in
from tests.insight.retail_on_pages import *  # noqa: F403 - the same company, for what the pages show

FILE = Path(__file__).resolve().parents[3] / "shared" / "data" / "online_retail" / "online_retail.csv.gz"

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.slow,
    pytest.mark.skipif(not FILE.exists(), reason=f"needs the real data at {FILE}"),
]


@pytest.fixture(scope="module")
def retail(django_db_setup, django_db_blocker, tmp_path_factory):
    """The file's orders, committed, refreshed once for all tests of this module."""
    with django_db_blocker.unblock(), brought_in(FILE, "online-retail", tmp_path_factory.mktemp("data")):
        run = services.refresh_all(actor=SYSTEM)
        yield SimpleNamespace(run=run, expected=expected.Expected(str(FILE)))


def _scores(name):
    column = "label" if name in {"rfm.segment", "rfm.score"} else "value"
    found = Score.objects.filter(name=name).values_list("record_id", column)
    numbers = dict(Customer.objects.values_list("pk", "external_id"))
    return {int(numbers[record_id]): value for record_id, value in found}


@pytest.fixture
def seoul():
    return ZoneInfo("Asia/Seoul")


@pytest.fixture
def customers(retail):
    return {row["customer"]: row for row in retail.expected.rows(expected.CUSTOMERS)}


def test_every_line_is_in_the_lake_to_the_last_decimal(retail):
    with lake.connect() as opened:
        lines = opened.table("order_lines")
        found = opened.read(lines.aggregate(rows=lines.count(), total=lines.amount.sum())).to_pylist()[0]
    assert found == {"rows": 541_909, "total": Decimal("9747747.934")}
    assert retail.run.facts["amount"] == "9747747.93400000"
    assert retail.run.facts["anonymous_lines"] == 135_080


def test_the_months_are_those_of_the_file_and_add_up_to_it(retail):
    rows = retail.expected.rows(expected.MONTHS)
    series = {}
    for name, period, value in Series.objects.filter(record_type="").values_list("name", "period", "value"):
        series[name, period.strftime("%Y-%m")] = value
    for row in rows:
        assert series["revenue", row["month"]] == row["revenue"], row
        assert series["orders", row["month"]] == row["orders"], row
    assert len(rows) == 13
    assert sum(value for (name, _month), value in series.items() if name == "revenue") == Decimal(
        "9747747.934"
    )


def test_metrics_asked_for_are_those_of_the_file(retail):
    """By month and in whole, and the list behind each count has as many records."""
    whole = {"since": date(2010, 12, 1), "until": date(2011, 12, 31)}
    rows = {date.fromisoformat(f"{row['month']}-01"): row for row in retail.expected.rows(expected.MONTHS)}
    new = {date.fromisoformat(f"{row['month']}-01"): row for row in retail.expected.rows(expected.NEW)}
    try:
        revenue, orders, active, first = (
            metrics.ask(SYSTEM, name, **whole)
            for name in ("revenue", "orders", "active_customers", "new_customers")
        )
        assert {row.period: row.value for row in revenue.rows} == {
            day: row["revenue"] for day, row in rows.items()
        }
        assert {row.period: row.value for row in orders.rows} == {
            day: row["orders"] for day, row in rows.items()
        }
        assert {row.period: row.value for row in active.rows} == {
            day: row["customers"] for day, row in rows.items()
        }
        assert {row.period: row.value for row in first.rows} == {
            day: row["customers"] for day, row in new.items()
        }
        assert (revenue.total, revenue.currency) == (Decimal("9747747.934"), "GBP")
        assert active.total == first.total == 4_339
        average = metrics.ask(SYSTEM, "average_order", **whole)
        assert average.total == revenue.total / orders.total
        for answer in (orders, active, first):
            row = answer.rows[5]
            parts = urlsplit(answer.url_of(row))
            listed = kinds.by_path(parts.path.strip("/"))
            tree = filters.parse(parse_qs(parts.query)["filter"][0], listed, actor=SYSTEM)
            assert rows_for(SYSTEM, listed, tree).count() == row.value
        change = explain(
            SYSTEM, "revenue", by="customer.country", since=date(2011, 7, 1), until=date(2011, 9, 30)
        )
        assert sum(one.amount for one in change.contributions) == change.change
    finally:
        session.close()


def test_every_customer_has_the_value_scores_and_segment_of_the_file(retail, customers):
    assert len(customers) == 4_372
    bought = {number: row for number, row in customers.items() if row["frequency"]}
    assert _scores("rfm.monetary") == {number: row["monetary"] for number, row in customers.items()}
    assert _scores("rfm.frequency") == {number: row["frequency"] for number, row in bought.items()}
    assert _scores("rfm.recency") == {number: row["recency"] for number, row in bought.items()}
    assert _scores("rfm.score") == {
        number: f"{row['r']}{row['f']}{row['m']}" for number, row in bought.items()
    }
    assert _scores("rfm.segment") == {number: row["segment"] for number, row in bought.items()}
    assert len(customers) - len(bought) == 33


def test_customer_14911_is_told_as_in_the_file(retail, customers):
    row = customers[14911]
    customer = Customer.objects.get(external_id="14911")
    scores = {score.name: score for score in Score.objects.filter(record_id=customer.pk)}
    assert scores["rfm.monetary"].value == row["monetary"]
    assert scores["rfm.monetary"].label == "GBP"
    assert scores["rfm.frequency"].value == row["frequency"] == 201
    assert scores["rfm.recency"].value == row["recency"] == 1
    assert scores["rfm.segment"].label == row["segment"] == "champions"
    orders = customer.orders
    assert orders.filter(kind="sale").count() == row["frequency"]
    assert orders.filter(kind="return").count() == row["returns"]
    assert (
        OrderLine.objects.filter(order__in=orders.filter(kind="return")).aggregate(total=Sum("amount"))[
            "total"
        ]
        == row["returned"]
    )
    assert (
        OrderLine.objects.filter(order__customer=customer).aggregate(total=Sum("amount"))["total"]
        == row["monetary"]
    )
    by_month = Series.objects.filter(record_type="customer", record_id=customer.pk, name="revenue")
    assert by_month.aggregate(total=Sum("value"))["total"] == row["monetary"]


def test_the_page_of_customer_14911_adds_up_to_the_file(retail, customers, seoul):
    row = customers[14911]
    customer = Customer.objects.get(external_id="14911")
    end = datetime(2011, 12, 10, tzinfo=seoul)
    bought = customer_purchases(actor=SYSTEM, customer_id=customer.pk, now=end)
    assert (bought.orders, bought.returns) == (row["frequency"], row["returns"])
    assert bought.revenue == row["monetary"]
    assert bought.first_at == row["first_sale"].replace(tzinfo=seoul)
    assert bought.last_at.astimezone(seoul).date() == row["last_sale"]
    assert bought.currency == "GBP"
    # The page shows an order as it is billed: its exact lines rounded once, to the penny.
    assert abs(sum(amount for _month, amount in bought.months) - row["monetary"]) < Decimal("0.01") * (
        row["frequency"] + row["returns"]
    )


def test_the_best_fifth_brings_what_the_file_says(retail):
    (row,) = retail.expected.rows(expected.BEST_FIFTH)
    steps = selectors.concentration(sight_of(SYSTEM))
    share, best, _least = selectors.share_of_best(steps)
    assert best == row["customers"] == 875
    assert sum(step.revenue for step in steps) == row["total"]
    assert sum(step.revenue for step in steps[:4]) == row["revenue"]
    assert abs(float(share) - row["share"]) < 1e-12


def test_the_segments_hold_every_customer_who_bought(retail, customers):
    sizes = selectors.segment_sizes(sight_of(SYSTEM))
    assert sum(size.customers for size in sizes.values()) == 4_339
    for code, size in sizes.items():
        members = [row for row in customers.values() if row["segment"] == code]
        assert size.customers == len(members)
        assert size.revenue == sum(row["monetary"] for row in members)


def test_the_data_ends_with_its_last_order_not_today(retail):
    assert retail.run.as_of == date(2011, 12, 9)
