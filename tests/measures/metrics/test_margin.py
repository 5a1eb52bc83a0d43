"""Margin and figures over scores, held against plain SQL; filters by scores find in the lake what the lists find."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dangol.commerce.models import OrderLine
from dangol.customers.models import Customer
from dangol.insight.modelling.margins import margin_of
from dangol.measures import lake, metrics
from dangol.measures.lake.filters import matching
from dangol.measures.metrics import answers
from dangol.measures.metrics.dimensions import dimensions_for
from dangol.measures.metrics.population import prefixed
from dangol.measures.metrics.questions import every_for
from dangol.measures.models import Score
from dangol.records import filters, permissions, registry
from dangol.records.lists import rows_for
from tests.measures.metrics.conftest import refreshed
from tests.measures.metrics.test_ask import behind

DAY = date(2026, 11, 20)


def sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


SUMS = """
SELECT sum(l.quantity * (l.unit_price - l.cost)), sum(l.amount) FILTER (WHERE l.cost IS NOT NULL), sum(l.amount)
FROM commerce_orderline l JOIN commerce_order o ON o.id = l.order_id JOIN customers_customer c ON c.id = o.customer_id
WHERE o.currency = 'KRW' AND NOT (o.kind = 'sale' AND o.status = 'cancelled') AND c.deleted_at IS NULL
  AND o.ordered_at >= '2025-12-01T00:00+09:00' AND o.ordered_at < '2026-11-21T00:00+09:00'
"""


@pytest.fixture
def costed(market):
    """Two thirds of the lines have a cost, some above their price."""
    for line in OrderLine.objects.order_by("pk"):
        if line.pk % 3:
            line.cost = line.unit_price * Decimal(line.pk % 7) / 5 + Decimal("0.0125")
            line.save()
    refreshed()
    return market


@pytest.fixture
def scored(market):
    """Lifetime values of all but two customers, chances of leaving of some."""
    ids = list(Customer.objects.order_by("pk").values_list("pk", flat=True))
    for place, record_id in enumerate(ids[2:], start=1):
        _score(record_id, "clv.3y", value=Decimal(place) * 300_000 + Decimal("0.5"), label="KRW")
        if place < 8:
            _score(record_id, "defection.probability", value=Decimal(place) / 10)
            _score(record_id, "defection.value_at_risk", value=Decimal(place) * 1000, label="KRW")
    return ids


def _score(record_id, name, **values):
    Score.objects.create(
        record_type="customer", record_id=record_id, name=name, as_of=DAY, model="test", **values
    )


def test_margin_rate_and_coverage_are_those_of_plain_sql(costed, administrator, insider):
    assert insider.user.team_id
    for person, where in ((administrator, ""), (insider, f" AND c.team_id = {insider.user.team_id}")):
        margin, covered, revenue = sql(SUMS + where)[0]
        actor = person.actor
        asked = {"filter": "customer is not empty"}
        assert metrics.ask(actor, "margin", **asked).total == margin
        assert metrics.ask(actor, "margin_rate", **asked).total == pytest.approx(margin / covered)
        assert metrics.ask(actor, "cost_coverage", **asked).total == pytest.approx(covered / revenue)
        assert 0 < covered < revenue


def test_the_margin_of_every_part_is_that_of_the_records_behind_it(costed, administrator, insider):
    splits = ("customer.grade", "customer.rfm.segment", "product.category", "order.kind")
    for actor in (administrator.actor, insider.actor):
        assert {*splits} <= dimensions_for(actor, metrics.get("margin")).keys()
        for by in splits:
            answer = metrics.ask(actor, "margin", by=by)
            for part in answer.parts:
                found = behind(actor, answer.url_of(part)).values_list("pk", flat=True)
                of_lines = by.startswith("product.")
                lines = OrderLine.objects.filter(**{"pk__in" if of_lines else "order__in": found})
                known = list(lines.filter(order__currency="KRW", cost__isnull=False))
                assert part.value == (
                    sum(line.quantity * (line.unit_price - line.cost) for line in known) if known else None
                ), (by, part)
                # The list holds exactly what was added up, and nothing whose cost nobody knows.
                missing = lines.filter(cost__isnull=True)
                if of_lines:
                    assert not missing.exists()
                else:
                    assert {*found} == {*lines.filter(cost__isnull=False).values_list("order", flat=True)}


def test_a_margin_nobody_knows_is_not_nothing(market, administrator):
    assert metrics.ask(administrator.actor, "margin").total is None
    assert {row.value for row in metrics.ask(administrator.actor, "margin").rows} == {None}
    assert metrics.ask(administrator.actor, "margin_rate").total is None
    assert metrics.ask(administrator.actor, "cost_coverage").total == 0


@pytest.mark.parametrize("hidden", [("product", "cost"), ("order_line", "cost"), ("order", "amount")])
def test_whoever_may_not_see_costs_is_refused_their_margin(market, insider, hidden):
    blind = replace(insider.actor, field_rules={hidden: "hidden"})
    names = {metric.name for metric in every_for(blind)}
    assert not {"margin", "margin_rate", "cost_coverage"} & names
    assert {"margin", "margin_rate", "cost_coverage"} <= {one.name for one in every_for(insider.actor)}
    for name in ("margin", "margin_rate", "cost_coverage"):
        with pytest.raises(metrics.NotAllowed):
            metrics.ask(blind, name)
    if hidden[0] != "order":
        assert metrics.ask(blind, "revenue").total


def test_the_margin_for_models_is_that_of_the_last_twelve_months(costed):
    with lake.connect() as opened:
        found = margin_of(opened, until=DAY, currency="KRW")
    margin, covered, revenue = sql(
        """
        SELECT sum(l.quantity * (l.unit_price - l.cost)), sum(l.amount) FILTER (WHERE l.cost IS NOT NULL), sum(l.amount)
        FROM commerce_orderline l JOIN commerce_order o ON o.id = l.order_id
        WHERE o.currency = 'KRW' AND NOT (o.kind = 'sale' AND o.status = 'cancelled')
          AND o.ordered_at >= '2025-11-21T00:00+09:00' AND o.ordered_at < '2026-11-21T00:00+09:00'
        """
    )[0]
    assert (found.since, found.until) == (date(2025, 11, 21), DAY)
    assert found.rate == pytest.approx(margin / covered, abs=Decimal("0.0001"))
    assert found.coverage == pytest.approx(covered / revenue, abs=Decimal("0.0001"))
    assert found.speaks == (found.coverage >= Decimal("0.5") and 0 < found.rate <= 1)


def test_no_score_yet_is_no_figure_and_not_nothing(market, administrator):
    for name in ("clv_sum", "value_at_risk", "customers_leaving"):
        answer = metrics.ask(administrator.actor, name)
        assert (answer.total, [row.value for row in answer.rows]) == (None, [None])
        assert answers.ask(administrator.actor, name, beforehand=False).total is None


def test_figures_over_scores_add_up_what_each_person_sees(market, scored, administrator, insider, outsider):
    for person in (administrator, insider, outsider):
        actor = person.actor
        seen = set(permissions.visible_to(actor, registry.get("customer")).values_list("pk", flat=True))
        for name, score in (("clv_sum", "clv.3y"), ("value_at_risk", "defection.value_at_risk")):
            values = [
                value
                for record_id, value in Score.objects.filter(name=score).values_list("record_id", "value")
                if record_id in seen
            ]
            answer = answers.ask(actor, name, beforehand=False)
            assert answer.total == (sum(values) if values else None)
            split = answers.ask(actor, name, by="customer.grade", beforehand=False)
            assert sum(part.value for part in split.parts) == (answer.total or 0)
        chances = Score.objects.filter(name="defection.probability", record_id__in=seen)
        leaving = answers.ask(actor, "customers_leaving", beforehand=False).total
        assert leaving == (sum(one.value >= Decimal("0.5") for one in chances) if chances else None)


def test_a_state_of_the_day_says_nothing_of_other_days(market, scored, administrator):
    actor = administrator.actor
    now = answers.ask(actor, "clv_sum", beforehand=False)
    assert now.total > 0
    past = answers.ask(actor, "clv_sum", until=date(2026, 6, 30), beforehand=False)
    assert (past.total, [row.value for row in past.rows]) == (None, [None])
    assert answers.ask(actor, "clv_sum", since=date(2026, 1, 1), beforehand=False).total == now.total
    with pytest.raises(metrics.QuestionError) as refused:
        metrics.ask(actor, "clv_sum", grain="month")
    assert refused.value.parameter == "grain"


def test_shares_of_segments_are_those_of_plain_sql_and_make_one(market, administrator, insider):
    answer = metrics.ask(administrator.actor, "rfm_share", by="customer.rfm.segment")
    counts = dict(sql("SELECT label, count(*) FROM measures_score WHERE name = 'rfm.segment' GROUP BY label"))
    assert len(counts) > 1
    assert {part.member: part.value for part in answer.parts} == {
        label: pytest.approx(Decimal(count) / sum(counts.values())) for label, count in counts.items()
    }
    for part in answer.parts:
        assert behind(administrator.actor, answer.url_of(part)).count() == counts[part.member]
    for person in (administrator, insider):
        own = answers.ask(person.actor, "rfm_share", by="customer.rfm.segment", beforehand=False)
        assert sum(part.value for part in own.parts) == pytest.approx(1)
        assert own.total == 1


def test_who_sees_no_amounts_or_no_score_sees_no_figure_of_them(market, insider):
    def names(**rules):
        actor = replace(insider.actor, field_rules={tuple(key.split("__")): "hidden" for key in rules})
        return {metric.name for metric in every_for(actor)}

    every = {"clv_sum", "value_at_risk", "customers_leaving", "rfm_share"}
    assert every <= names()
    assert not every & names(order__amount=1)
    blind = replace(insider.actor, field_rules={("customer", "clv.3y"): "hidden"})
    assert "clv_sum" not in {metric.name for metric in every_for(blind)}


def test_revenue_is_filtered_by_the_scores_of_its_customers(market, scored, administrator):
    champions = Score.objects.filter(name="rfm.segment").values_list("label", flat=True)[0]
    for text, where in (
        (
            f'customer.rfm.segment = "{champions}"',
            f"s.name = 'rfm.segment' AND s.label = '{champions}'",
        ),
        (
            "customer.clv.3y > 1000000",
            "s.name = 'clv.3y' AND s.value > 1000000",
        ),
    ):
        expected = sql(
            f"""
            SELECT sum(l.amount) FROM commerce_orderline l JOIN commerce_order o ON o.id = l.order_id
            WHERE o.currency = 'KRW' AND NOT (o.kind = 'sale' AND o.status = 'cancelled')
              AND EXISTS (SELECT FROM measures_score s WHERE s.record_id = o.customer_id AND {where})
              AND o.ordered_at >= '2025-12-01T00:00+09:00' AND o.ordered_at < '2026-11-21T00:00+09:00'
            """
        )[0][0]
        assert expected
        assert metrics.ask(administrator.actor, "revenue", filter=text).total == expected


SEGMENTS = ("champions", "loyal", "at_risk", "lost", "new")
CONDITIONS = st.one_of(
    st.sampled_from(SEGMENTS).map(lambda code: f'rfm.segment = "{code}"'),
    st.sampled_from(SEGMENTS).map(lambda code: f'rfm.segment != "{code}"'),
    st.tuples(st.sampled_from(["<", "<=", ">", ">=", "=", "!="]), st.sampled_from(["600000.5", "1500000", "0"])).map(
        lambda one: f"clv.3y {one[0]} {one[1]}"
    ),
    st.sampled_from(
        [
            "clv.3y is empty", "clv.3y is not empty", "clv.3y between 300000 and 1800000.5", "clv.as_of = 2026-11-20",
            "clv.as_of < 2026-11-20", 'rfm.score contains "5"', "rfm.frequency >= 3", "rfm.recency < 40",
            'rfm.segment in ("lost", "at_risk")', 'grade = "vip"',
        ]
    ),
)  # fmt: skip
TEXTS = st.recursive(
    CONDITIONS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(
            lambda one: f"({one[0]}) {one[1]} ({one[2]})"
        ),
        inner.map(lambda one: f"not ({one})"),
    ),
    max_leaves=4,
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    text=TEXTS, walked=st.booleans(), who=st.sampled_from(["administrator", "insider", "outsider", "apart"])
)
def test_a_filter_by_scores_finds_in_the_lake_what_the_lists_find(
    market, scored, administrator, insider, outsider, text, walked, who
):
    people = {"administrator": administrator, "insider": insider, "outsider": outsider, "apart": insider}
    actor = people[who].actor
    if (
        who == "apart"
    ):  # one who sees the orders of his own customers only, and the customers of his whole team
        scopes = {"customer": "team", "order": "own", "order_line": "own"}
        grants = {(name, "view"): frozenset({scope}) for name, scope in scopes.items()}
        actor = replace(actor, grants=grants)
    own = registry.get("order" if walked else "customer")
    tree = filters.parse(text, registry.get("customer"), actor=actor)
    if walked:
        tree = prefixed(tree, ("customer",))
    expected = set(rows_for(actor, own, tree).values_list("pk", flat=True))
    with lake.connect() as opened:
        found = matching(
            opened,
            tree,
            own,
            actor=actor,
            visible=lambda target: permissions.visible(actor, target),
            revealed=lambda needs: permissions.revealed_tree(actor, needs),
        )
        ids = {row["id"] for row in opened.read(found.select("id")).to_pylist()}
    seen = set(permissions.visible_to(actor, own).values_list("pk", flat=True))
    assert ids & seen == expected, text
