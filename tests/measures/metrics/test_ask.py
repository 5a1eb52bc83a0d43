"""Numbers of metrics, held against plain SQL and against the lists behind them."""

import itertools
from dataclasses import replace
from datetime import date
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dangol.commerce.models import OrderLine
from dangol.measures import metrics
from dangol.measures.metrics import answers, explaining, periods
from dangol.measures.metrics.dimensions import dimensions_for
from dangol.measures.metrics.evaluation import Figures
from dangol.measures.metrics.explaining import explain, explained_by
from dangol.measures.metrics.periods import Span
from dangol.measures.metrics.questions import every_for
from dangol.records import filters, registry
from dangol.records.lists import rows_for


def sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def behind(actor, url):
    """The records that an address opens for this person."""
    assert url
    parts = urlsplit(url)
    record_type = registry.by_path(parts.path.strip("/"))
    text = parse_qs(parts.query).get("filter", [""])[0]
    return rows_for(actor, record_type, filters.parse(text, record_type, actor=actor))


REVENUE = """
SELECT date_trunc('month', o.ordered_at AT TIME ZONE 'Asia/Seoul')::date, sum(l.quantity * l.unit_price)
FROM commerce_orderline l JOIN commerce_order o ON o.id = l.order_id
WHERE o.currency = 'KRW' AND NOT (o.kind = 'sale' AND o.status = 'cancelled')
  AND o.ordered_at >= '2025-12-01T00:00+09:00' AND o.ordered_at < '2026-11-21T00:00+09:00'
GROUP BY 1
"""


def test_revenue_by_month_is_that_of_plain_sql(market, administrator):
    answer = metrics.ask(administrator.actor, "revenue")
    expected = dict(sql(REVENUE))
    assert {row.period: row.value for row in answer.rows if row.value} == expected
    assert answer.total == sum(expected.values())
    assert (answer.as_of, answer.currency, answer.standing) == (date(2026, 11, 20), "KRW", True)
    assert answer.rows[0].period == date(2025, 12, 1)
    assert [row.complete for row in answer.rows] == [True] * 11 + [False]


def test_every_count_is_the_count_of_its_list(market, administrator, insider, outsider):
    """Of every metric that counts records, in whole, by period and by every part, for people who see different things."""
    looked = 0
    for person in (administrator, insider, outsider):
        actor = person.actor
        for name in COUNTS:
            answer = metrics.ask(actor, name)
            for row in answer.rows:
                if row.value is not None and answer.url:
                    assert behind(actor, answer.url_of(row)).count() == row.value, (name, row)
                    looked += 1
            assert behind(actor, answer.url).count() == answer.total, name
    assert looked > 200


COUNTS = (
    "orders", "active_customers", "new_customers", "returning_customers", "repeat_customers", "lost_customers",
    "customers", "customers_created",
)  # fmt: skip


def test_every_part_is_the_count_of_its_list(market, administrator, insider):
    for actor, name in itertools.product((administrator.actor, insider.actor), COUNTS):
        known = dimensions_for(actor, metrics.get(name))
        main = (
            "customer.grade",
            "customer.team",
            "customer.owner",
            "customer.region",
            "customer.rfm.segment",
        )
        assert {*main} <= {*known}
        for by in known if name in ("orders", "active_customers") else main:
            answer = metrics.ask(actor, name, by=by)
            for part in answer.parts:
                if part.value and (url := answer.url_of(part)):
                    assert behind(actor, url).count() == part.value, (by, part, url)
            if metrics.get(name).adds_up(by):
                assert sum(part.value for part in answer.parts) == answer.total


def test_revenue_is_the_sum_of_the_orders_behind_it(market, administrator, insider, outsider):
    """Whole, by period, by every part; a part of a product is the lines behind it."""
    for actor in (administrator.actor, insider.actor, outsider.actor):
        for by in dimensions_for(actor, metrics.get("revenue")):
            answer = metrics.ask(actor, "revenue", by=by)
            for part in answer.parts:
                found = behind(actor, answer.url_of(part))
                lines = found if by.startswith("product.") else OrderLine.objects.filter(order__in=found)
                total = lines.filter(order__currency="KRW").aggregate(total=Sum("amount"))["total"]
                assert total == part.value, (by, part)
            assert sum(part.value for part in answer.parts) == answer.total
            assert sum(part.share for part in answer.parts) == pytest.approx(1)


def test_a_team_sees_the_sum_of_its_own_orders(market, administrator, insider, outsider):
    everything, seoul, busan = (
        metrics.ask(person.actor, "revenue") for person in (administrator, insider, outsider)
    )
    assert (everything.limited, seoul.limited, busan.limited) == (False, True, True)
    assert everything.total == seoul.total + busan.total + 77
    assert 0 < busan.total < seoul.total or 0 < seoul.total < busan.total


def test_what_was_computed_beforehand_is_what_the_lake_says(market, administrator):
    asked = [(metric.name, by) for metric in metrics.every() for by in (None, *metric.standing)]
    known = [(name, by) for name, by in asked if metrics.ask(administrator.actor, name).as_of]
    assert len(known) > 15
    for name, by in known:
        ready = answers.ask(administrator.actor, name, by=by)
        fresh = answers.ask(administrator.actor, name, by=by, beforehand=False)
        assert (ready.standing, fresh.standing) == (True, False)
        for part in ("rows", "total", "compared", "parts", "as_of", "first", "taken_at", "currency"):
            assert getattr(ready, part) == getattr(fresh, part)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_parts_periods_and_the_whole_agree(market, administrator, insider, data):
    """Whatever is asked of a sum: its periods add up to the whole, and so do its parts."""
    actor = data.draw(st.sampled_from([administrator.actor, insider.actor]))
    name = data.draw(st.sampled_from(["revenue", "orders", "customers_created"]))
    by = data.draw(st.sampled_from([None, *dimensions_for(actor, metrics.get(name))]))
    grain = data.draw(st.sampled_from(["week", "month", "quarter", "year"]))
    since = data.draw(st.dates(date(2025, 1, 1), date(2026, 11, 20)))
    until = data.draw(st.dates(since, date(2026, 12, 31)))
    answer = metrics.ask(actor, name, by=by, since=since, until=until, grain=grain)
    assert sum((row.value for row in answer.rows if row.value is not None), Decimal(0)) == (answer.total or 0)
    if by:
        assert sum((part.value or 0 for part in answer.parts), Decimal(0)) == (answer.total or 0)


def test_a_change_is_exactly_the_sum_of_its_contributions(market, administrator):
    actor = administrator.actor
    names = ("revenue", "orders", "active_customers", "new_customers", "average_order", "repeat_rate")
    for against, name in itertools.product(("before", "year"), names):
        metric = metrics.get(name)
        assert explained_by(actor, metric)
        for by in explained_by(actor, metric)[:6]:
            found = explain(actor, name, by=by, against=against, grain="month", since=date(2026, 10, 1))
            assert found.change == found.now - found.then
            assert sum(one.amount for one in found.contributions) == found.change
            if metric.ratio:
                assert found.mix + found.rate == found.change
                assert all(one.mix + one.rate == one.amount for one in found.contributions)


def test_mix_and_rate_are_told_apart():
    """Equal rates that only changed their weights are mix; equal weights that only changed their rates are rate."""
    above, below = Figures(), Figures()
    for window, member, top, bottom in (
        ("now", "a", 30, 3), ("now", "b", 20, 1), ("before", "a", 10, 1), ("before", "b", 60, 3),
    ):  # fmt: skip
        above.windows[window, "part", member] = Decimal(top)
        below.windows[window, "part", member] = Decimal(bottom)
    for window in ("now", "before"):
        for one in (above, below):
            one.windows[window, "all", None] = sum(
                value for (name, _kind, _member), value in one.windows.items() if name == window
            )
    change = Decimal(50) / 4 - Decimal(70) / 4
    parts = explaining._ratio(above, below, "before", change)
    assert {member: (mix, rate) for member, (_now, _then, _amount, mix, rate) in parts.items()} == {
        "a": (Decimal("-2.5"), 0),
        "b": (Decimal("-2.5"), 0),
    }


def test_what_is_not_known_is_not_nothing(market, administrator):
    answer = metrics.ask(administrator.actor, "orders", since=date(2024, 11, 1), until=date(2027, 1, 31))
    values = {row.period: row.value for row in answer.rows}
    assert values[date(2024, 11, 1)] is None
    assert values[date(2026, 12, 1)] is None
    assert values[date(2025, 1, 1)] > 0
    ratio = metrics.ask(administrator.actor, "average_order", filter='number = "gibt es nicht"')
    assert ratio.total is None
    assert {row.value for row in ratio.rows} == {None}
    assert metrics.ask(administrator.actor, "orders", filter='number = "gibt es nicht"').total == 0
    assert not metrics.ask(administrator.actor, "orders", since=date(2026, 1, 1)).compared[1].known


def test_a_hidden_field_hides_the_metrics_and_the_splits_that_would_tell_of_it(market, insider):
    actor = insider.actor
    blind = replace(actor, field_rules={("order", "amount"): "hidden", ("customer", "grade"): "masked"})
    names = {metric.name for metric in every_for(blind)}
    assert "orders" in names
    assert not {"revenue", "average_order"} & names
    with pytest.raises(metrics.NotAllowed):
        metrics.ask(blind, "revenue")
    assert "customer.grade" in dimensions_for(actor, metrics.get("orders"))
    assert "customer.grade" not in dimensions_for(blind, metrics.get("orders"))
    with pytest.raises(metrics.QuestionError, match=r"customer\.grade"):
        metrics.ask(blind, "orders", by="customer.grade")
    with pytest.raises(metrics.QuestionError) as refused:
        metrics.ask(blind, "orders", filter='customer.grade = "vip"')
    assert refused.value.parameter == "filter"


def test_the_same_as_before_is_as_many_periods_earlier():
    first = Span(date(2026, 11, 1), date(2026, 11, 20))
    assert periods.before(first, "month") == Span(date(2026, 10, 1), date(2026, 10, 20))
    assert periods.before(Span(date(2026, 1, 1), date(2026, 3, 31)), "month") == Span(
        date(2025, 10, 1), date(2025, 12, 31)
    )
    assert periods.a_year_before(first, "month") == Span(date(2025, 11, 1), date(2025, 11, 20))
    assert periods.a_year_before(Span(date(2026, 11, 16), date(2026, 11, 22)), "week").since == date(
        2025, 11, 17
    )
    assert periods.start(date(2026, 11, 22), "week") == date(2026, 11, 16)
    assert periods.start(date(2026, 11, 22), "quarter") == date(2026, 10, 1)


def test_lost_and_new_customers_are_those_of_plain_sql(market, administrator):
    answer = metrics.ask(administrator.actor, "new_customers")
    new = sql(
        """
        SELECT date_trunc('month', first AT TIME ZONE 'Asia/Seoul')::date, count(*) FROM (
            SELECT min(o.ordered_at) AS first FROM commerce_order o
            WHERE o.kind = 'sale' AND o.status <> 'cancelled' AND o.customer_id IS NOT NULL
              AND EXISTS (SELECT FROM commerce_orderline l WHERE l.order_id = o.id) GROUP BY o.customer_id
        ) f GROUP BY 1
        """
    )
    known = dict(new)
    assert {row.period: row.value for row in answer.rows} == {
        row.period: known.get(row.period, 0) for row in answer.rows
    }
