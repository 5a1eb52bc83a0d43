"""The pages over Online Retail: what they show, held against the file itself. Run by `test_online_retail`, which brings it in."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal

import pytest

from dangol.customers.models import Customer
from dangol.identity import revisions
from dangol.insight.models import ModelVersion, Segment
from dangol.insight.segmentation import snapshot
from dangol.measures.metrics import session
from dangol.records import registry, writing
from dangol.web import formats
from tests.insight import boards, expected, retail_facts

WHOLE = "from=2010-12-01&to=2011-12-31&grain=month"
COUNTED = (
    "revenue", "orders", "active_customers", "new_customers", "returning_customers", "repeat_customers",
)  # fmt: skip
RATIOS = {
    "average_order": ("revenue", "orders"),
    "repeat_rate": ("repeat_customers", "active_customers"),
    "purchase_frequency": ("customers_orders", "active_customers"),
}


@pytest.fixture
def pages(retail, administrator):
    """Somebody who sees everything; what metrics keep open is closed afterwards."""
    yield administrator.client.get
    session.close()


@pytest.fixture
def board(retail, administrator):
    revisions.forget()
    revisions.look()
    yield administrator
    session.close()
    revisions.forget()


def _money(amount):
    return formats.money_short(amount, "GBP", "ko")


def test_the_page_of_value_shows_what_the_file_says(retail, pages):
    shown = pages("/value/").context
    (year,) = retail.expected.rows(retail_facts.YEAR)
    customers = retail.expected.rows(expected.CUSTOMERS)
    (best,) = retail.expected.rows(expected.BEST_FIFTH)
    risky = [row for row in customers if row["segment"] == "at_risk"]
    revenue, active, fifth, again, risk = shown["kpis"][-5:]
    assert revenue["value"] == _money(year["revenue"])
    assert active["value"] == f"{year['active']:,}"
    assert f"{year['known']:,}" in active["detail"]
    assert fifth["value"] == formats.percent(Decimal(best["revenue"]) / best["total"], "ko", 0)
    assert f"{best['customers']:,}" in fifth["detail"]
    assert again["value"] == formats.percent(Decimal(year["again"]) / year["active"], "ko")
    assert f"{year['again']:,}" in again["detail"]
    assert risk["value"] == _money(sum(row["monetary"] for row in risky))
    assert f"{len(risky):,}" in risk["detail"]

    months = retail.expected.rows(expected.MONTHS)
    assert shown["months"]["labels"] == [row["month"][2:] for row in months]
    assert [Decimal(one) for one in shown["months"]["series"][0]["values"]] == [
        row["revenue"] for row in months
    ]
    sizes = Counter(row["segment"] for row in customers if row["segment"])
    assert sorted(shown["segments"]["series"][0]["values"]) == sorted(sizes.values())
    values = sorted((row["monetary"] for row in customers), reverse=True)
    steps = defaultdict(Decimal)
    for value in values:
        steps[20 * values.index(value) // len(values)] += value
    running, curve = Decimal(0), ["0.0000"]
    for step in sorted(steps):
        running += steps[step]
        curve.append(str((running / best["total"]).quantize(Decimal("0.0001"))))
    assert [
        str(Decimal(one).quantize(Decimal("0.0001"))) for one in shown["pareto"]["series"][0]["values"]
    ] == curve


def test_those_about_to_leave_are_those_of_the_file(retail, pages):
    rhythm = {row["customer"]: row for row in retail.expected.rows(retail_facts.RHYTHM)}
    names = dict(Customer.objects.values_list("external_id", "name"))
    found = []
    for row in retail.expected.rows(expected.CUSTOMERS):
        if row["segment"] != "at_risk":
            continue
        own = rhythm[row["customer"]]
        gaps = own["days"] - 1
        usual = int(own["between_first_and_last"] / gaps + 0.5) if gaps else None
        if usual is None or row["recency"] > usual:
            found.append((row["monetary"], row["customer"], usual or row["frequency"], row["recency"]))
    found.sort(reverse=True)
    shown = pages("/value/").context["leaving"]
    assert [one["revenue"] for one in shown] == [_money(one[0]) for one in found[:8]]
    assert [one["name"] for one in shown] == [names[str(one[1])] for one in found[:8]]
    for one, (_, _, usual, since) in zip(shown, found, strict=False):
        assert re.findall(r"\d+", one["reason"].replace(",", ""))[:2] == [str(usual), str(since)]


def test_the_page_of_retention_shows_what_the_file_says(retail, pages):
    shown = pages("/retention/").context
    stays = retail.expected.rows(retail_facts.STAYING)
    gone = sum(row["gone"] for row in stays)
    people, silent, gap, _half = shown["kpis"]
    assert people["value"] == f"{len(stays):,}"
    assert silent["value"] == formats.percent(Decimal(gone) / len(stays), "ko")
    assert f"{gone:,}" in silent["detail"]
    assert str(stays[0]["gap"]) in gap["value"]

    kept = {(row["began"], row["later"]): row["customers"] for row in retail.expected.rows(retail_facts.KEPT)}
    began = sorted({one for one, _ in kept})
    chart = shown["cohorts"]
    assert chart["rows"] == [f"{one[2:]} ({kept[one, 0]:,})" for one in began]
    for later, place, share in chart["cells"]:
        assert share == f"{kept.get((began[place], later), 0) / kept[began[place], 0]:.4f}", (
            began[place],
            later,
        )
    assert len(chart["cells"]) == 12 * 13 // 2

    curves = defaultdict(list)
    for row in retail.expected.rows(retail_facts.CURVE + " ORDER BY year, stayed"):
        curves[row["year"]].append((row["stayed"], row["share"]))
    for series, year in zip(shown["staying"]["series"], sorted(curves), strict=True):
        assert str(year) in series["name"]
        for month, share in enumerate(series["values"]):
            if share is not None:
                assert share == pytest.approx(
                    [1.0, *(one for at, one in curves[year] if at <= month)][-1], abs=1e-4
                )


def test_intervals_median_and_the_test_of_staying_are_those_of_the_file(retail, pages):
    shown = pages("/retention/").context
    curves = defaultdict(list)
    for row in retail.expected.rows(retail_facts.BANDS):
        curves[row["year"]].append(row)
    # In the thirteen months of the file the curve of all ends above one half: the page must not tell a median.
    assert curves[0][-1]["share"] > 0.5
    assert shown["kpis"][-1]["value"] == "아직"
    for series, year in zip(shown["staying"]["series"], sorted(set(curves) - {0}), strict=True):
        for end in ("low", "high"):
            for month, value in enumerate(series[end]):
                if value is not None:
                    known = [row[end] for row in curves[year] if row["stayed"] <= month]
                    assert value == pytest.approx([1.0, *known][-1], abs=1e-4), (year, month, end)
    (found,) = retail.expected.rows(retail_facts.TWO_YEARS)
    alike = math.erfc(math.sqrt(found["statistic"] / 2))
    assert shown["alike"] == ("< 0.001" if alike < 0.001 else f"{alike:.2g}")


def test_who_was_lost_is_told_as_in_the_file(retail, pages):
    chart = pages(f"/metrics/lost_customers/?{WHOLE}").context["chart"]
    (row,) = retail.expected.rows(retail_facts.LOST)
    told = dict(zip(chart["labels"], chart["series"][0]["values"], strict=True))
    assert row["lost"] > 0
    assert {label: Decimal(value) for label, value in told.items() if value and Decimal(value)} == {
        "11-12": row["lost"]
    }


def test_what_two_segments_share_is_that_of_the_file(retail, board):
    often, dear = (
        writing.create(registry.get("segment"), {"name": name, "condition": condition}, actor=board.actor)
        for name, condition in (("often", "value.orders_12m >= 5"), ("dear", "value.revenue_12m >= 2000"))
    )
    snapshot.take(segments=[often, dear])
    (row,) = retail.expected.rows(retail_facts.TOGETHER)
    shown = board.client.get(f"/value/segments/overlap/?s={often}&s={dear}").context
    assert shown["heads"] == ["often", "dear"]
    counts = [[cell["count"] for cell in line["cells"]] for line in shown["rows"]]
    assert counts == [[row["often"], row["both"]], [row["both"], row["dear"]]]
    assert shown["rows"][0]["cells"][1]["jaccard"] == Decimal(row["both"]) / (
        row["often"] + row["dear"] - row["both"]
    )


def test_the_segments_show_what_the_file_says(retail, pages):
    shown = pages("/value/segments/").context
    members = defaultdict(list)
    for row in retail.expected.rows(expected.CUSTOMERS):
        members[row["segment"]].append(row["customer"])
    year = {
        row["customer"]: row["revenue"]
        for row in retail.expected.rows(
            f"SELECT customer, sum(amount) AS revenue FROM ({retail_facts.ORDERS}) "
            "WHERE day >= DATE '2010-12-10' AND customer IS NOT NULL GROUP BY customer"
        )
    }
    codes = dict(Segment.objects.values_list("pk", "key"))
    looked = 0
    for _family, rows, _comparable in shown["families"]:
        for one in rows:
            code = codes[one["segment"].id].removeprefix("rfm.")
            revenue = sum((year.get(who, Decimal(0)) for who in members[code]), Decimal(0))
            assert (one["size"].customers, one["size"].revenue) == (len(members[code]), revenue), code
            assert one["average"] == revenue / len(members[code])
            looked += 1
    assert looked == 8


def test_every_month_of_every_sales_metric_is_that_of_the_file(retail, pages):
    rows = retail.expected.rows(retail_facts.BY_MONTH)
    for name in (*COUNTED, *RATIOS):  # the orders of customers are no page, only half of a ratio
        chart = pages(f"/metrics/{name}/?{WHOLE}").context["chart"]
        assert chart["labels"] == [f"{row['month']:%y-%m}" for row in rows], name
        over, under = RATIOS.get(name, (name, ""))
        wanted = [Decimal(row[over]) / (row[under] if under else 1) for row in rows]
        got = [Decimal(one) for one in chart["series"][0]["values"]]
        assert got == [one.quantize(Decimal("0.0001")) for one in wanted], name


def test_cohorts_of_the_dictionary_are_those_of_the_file(retail, pages):
    chart = pages(f"/metrics/active_customers/?{WHOLE}&by=cohort").context["cohorts"]
    found = {
        (row["began"], row["later"]): row["customers"] for row in retail.expected.rows(retail_facts.COHORTS)
    }
    began = sorted({one for one, _ in found})
    assert chart["rows"] == [f"{one:%Y-%m} ({found[one, 0]:,})" for one in began]
    got = {(began[place], later): Decimal(share) for later, place, share in chart["cells"]}
    assert {one: share for one, share in got.items() if share} == {
        one: (Decimal(count) / found[one[0], 0]).quantize(Decimal("0.0001")) for one, count in found.items()
    }


def test_orders_by_country_are_those_of_the_file(retail, pages):
    told = pages("/api/v1/metrics/orders?by=customer.country&from=2010-12-01&to=2011-12-31").json()
    known = {row["country"]: row["orders"] for row in retail.expected.rows(retail_facts.COUNTRIES)}
    shown = {one["label"]: int(one["value"]) for one in told["parts"]}
    both = shown.keys() & known.keys()
    assert len(both) >= 10
    assert {country: shown[country] for country in both} == {country: known[country] for country in both}


def test_the_tiles_of_a_dashboard_are_those_of_the_file(retail, board):
    tiles = [
        {"id": "orders", "chart": "number", "metric": "orders", "w": 3, "h": 2},
        {"id": "line", "chart": "line", "metric": "orders", "x": 3, "w": 6, "h": 4},
        {"id": "people", "chart": "line", "metric": "active_customers", "y": 4, "w": 6, "h": 4},
        {"id": "land", "chart": "table", "metric": "orders", "by": "customer.country", "y": 8},
    ]
    made = boards.make(board, tiles=tiles, period="2010-12-01..2011-12-31")
    rows = retail.expected.rows(retail_facts.BY_MONTH)
    assert f"{sum(row['orders'] for row in rows):,}" in boards.tile(board, made, "orders")
    for key, name in (("line", "orders"), ("people", "active_customers")):
        assert [value for _, value in boards.marks(boards.tile(board, made, key))] == [
            row[name] for row in rows
        ], key


def test_the_page_of_the_model_shows_what_the_file_says(retail, pages):
    version = ModelVersion.objects.get(purpose="lifetime_value")
    shown = pages("/models/lifetime_value/").context["version"]
    bought = retail.expected.rows(retail_facts.purchases("2011-12-09"))
    often = Counter(row["customer"] for row in bought)
    facts = [text for _, text in shown["facts"]]
    assert facts[0] == "2010-12-01 – 2011-12-09"
    for number in (len(often), sum(count > 1 for count in often.values())):
        assert f"{number:,}" in facts[2]
    assert facts[3] == f"{len(bought):,}"
    days = retail.expected.rows(
        f"SELECT DISTINCT customer, day FROM ({retail_facts.ORDERS}) WHERE kind = 'sale' AND customer IS NOT NULL"
    )
    assert facts[4] == f"{len(days) - len(bought):,}"

    cut = date.fromordinal(date.fromisoformat(version.held["from"]).toordinal() - 1).isoformat()
    held = {row["customer"]: row for row in retail.expected.rows(retail_facts.held_out(cut))}
    total = shown["judged"][0]
    assert total["came"] == f"{sum(row['came'] for row in held.values()):,}"
    assert total["baseline"] == f"{round(sum(row['simple'] for row in held.values())):,}"
    off = (sum((row["simple"] - row["came"]) ** 2 for row in held.values()) / len(held)) ** 0.5
    assert version.held["each"]["simple"] == pytest.approx(off, rel=1e-5)
    assert version.held["money"]["came"] == pytest.approx(
        float(sum(row["money"] for row in held.values())), rel=1e-5
    )
    kinds = defaultdict(list)
    for row in held.values():
        kinds[min(7, row["again"])].append(row["came"])
    assert shown["bands"]["series"][0]["values"] == pytest.approx(
        [sum(kinds[one]) / len(kinds[one]) for one in sorted(kinds)], rel=1e-5
    )
    first = {}
    for row in bought:
        first[row["customer"]] = min(row["day"], first.get(row["customer"], row["day"]))
    again = [row["day"] for row in bought if row["customer"] in held and row["day"] > first[row["customer"]]]
    ends = [date.fromisoformat(one) for one in shown["tracking"]["labels"]]
    assert shown["tracking"]["series"][0]["values"] == [sum(day <= end for day in again) for end in ends]


def test_one_customer_the_model_got_wrong_is_shown_and_explained(retail, pages):
    version = ModelVersion.objects.get(purpose="lifetime_value")
    answer = pages("/models/lifetime_value/")
    worst, text = answer.context["version"]["worst"], answer.content.decode()
    customer = Customer.objects.get(pk=int(worst["url"].strip("/").split("/")[1]))
    cut = date.fromordinal(date.fromisoformat(version.held["from"]).toordinal() - 1).isoformat()
    held = {row["customer"]: row for row in retail.expected.rows(retail_facts.held_out(cut))}
    assert worst["came"] == _money(held[int(customer.external_id)]["money"].quantize(Decimal("0.01")))
    rows = {row["customer"]: row for row in retail.expected.rows(expected.CUSTOMERS)}
    own = rows[int(customer.external_id)]
    assert re.findall(r"\d+", worst["history"])[:2] == [str(own["frequency"]), str(own["recency"])]
    for words in (worst["name"], worst["told"], worst["came"], worst["why"], worst["history"]):
        assert words in text
    assert worst["why"].endswith("요.")
