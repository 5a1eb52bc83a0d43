"""The dictionary of metrics: for programs and as pages."""

from datetime import date
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import translation
from django.utils.html import escape

from dangol.commerce.models import Order
from dangol.commerce.services import order_totals_refresh
from dangol.identity.actors import Actor
from dangol.insight import services
from dangol.measures import metrics
from dangol.measures.metrics import session
from dangol.records import filters, registry
from dangol.records.lists import rows_for

SYSTEM = Actor.system("test")


@pytest.fixture(autouse=True)
def _closed():
    yield
    session.close()


@pytest.fixture
def market(shop, company):
    """Nine customers of two teams with orders in every month of a year; a return; an anonymous sale."""
    for number in range(9):
        customer = shop.customer(
            f"고객 {number}",
            team=company.seoul if number < 6 else company.busan,
            grade=("vip", "a", "")[number % 3],
        )
        for month in range(1 + number):
            shop.order(customer, date(2026, 11 - month, 1 + number), 1000 * (number + 1), 250)
    shop.order(customer, "2026-11-19", "-400", kind="return")
    shop.order(None, "2026-11-20", 77)
    order_totals_refresh(list(Order.objects.values_list("pk", flat=True)))
    services.refresh_all(actor=SYSTEM)
    return shop


def get(person, address, status=200):
    response = person.api.get(f"/api/v1/metrics{address}")
    assert response.status_code == status, response.content
    return response.json()


def counted(person, url):
    parts = urlsplit(url)
    record_type = registry.by_path(parts.path.strip("/"))
    tree = filters.parse(parse_qs(parts.query)["filter"][0], record_type, actor=person.actor)
    return rows_for(person.actor, record_type, tree).count()


def test_programs_get_metrics_of_what_they_may_see(market, administrator, outsider, nobody):
    body = get(administrator, "/revenue")
    assert (body["as_of"], body["currency"], body["unit"]) == ("2026-11-20", "KRW", "money")
    assert (body["grain"], body["from"], body["to"]) == ("month", "2025-12-01", "2026-11-20")
    november = get(administrator, "/revenue?from=2026-11&to=2026-11-30")["items"]
    assert [(item["period"], item["to"], item["complete"]) for item in november] == [
        ("2026-11-01", "2026-11-30", False)
    ]
    busan = get(outsider, "/active_customers?from=2026-11")
    assert (busan["total"]["value"], busan["limited"]) == ("3", True)
    assert counted(outsider, busan["total"]["url"]) == 3
    average = get(administrator, "/average_order?from=2026-11")["total"]["value"]
    orders = get(administrator, "/orders?from=2026-11")["total"]["value"]
    assert Decimal(average) * Decimal(orders) == pytest.approx(Decimal(november[0]["value"]))
    assert get(nobody, "/revenue", 403)["code"] == "not_allowed"
    assert get(nobody, "", 403)["code"] == "not_allowed"


def test_parts_and_what_moved_it_are_told_to_programs(market, administrator):
    body = get(administrator, "/orders?by=customer.grade")
    assert {(part["member"], part["label"]) for part in body["parts"]} >= {("vip", "VIP")}
    for part in body["parts"]:
        assert counted(administrator, part["url"]) == int(part["value"])
    change = get(administrator, "/revenue/change?by=customer.grade&grain=quarter&from=2026-07")
    assert sum(Decimal(one["contribution"]) for one in change["contributions"]) == Decimal(change["change"])


WRONG = (
    ("/revenue?from=Nov", "invalid_day", "from", "2026-11"),
    ("/revenue?by=weather", "unknown_dimension", "by", "customer.grade"),
    ("/revenue?grain=hour", "unknown_grain", "grain", "week"),
    ("/revenue?grain=day&from=2020-01", "grain_too_fine", "grain", "week"),
    ("/revenue?filter=status %3D", "invalid_filter", "filter", ""),
    ("/revenue?filter=memo contains a", "invalid_filter", "filter", ""),
    ("/revenue?from=2026-11&to=2026-10", "invalid_range", "from", "2026-11-01"),
    ("/customers?grain=month", "no_periods", "grain", ""),
    ("/revenue/change", "unknown_dimension", "by", "customer.grade"),
    ("/revenue/change?by=customer.grade&against=spring", "unknown_comparison", "against", "year"),
    ("/active_customers/change?by=order.status", "parts_do_not_add_up", "by", "customer.grade"),
)


def test_a_question_that_is_wrong_is_told_what_would_be_right(market, administrator):
    for address, code, parameter, told in WRONG:
        body = get(administrator, address, 400)
        assert (body["code"], body["parameter"]) == (code, parameter), address
        assert told in body["detail"]


def test_an_unknown_metric_is_told_which_there_are(market, administrator):
    body = get(administrator, "/profit", 404)
    assert body["code"] == "unknown_metric"
    assert "revenue" in body["detail"]
    names = {item["name"] for item in get(administrator, "")["items"]}
    assert {"revenue", "repeat_rate", "active_users", "data_quality"} <= names
    assert "quality_points" not in names


def test_adoption_is_told_to_administrators_only(market, administrator, insider):
    assert "active_users" not in {item["name"] for item in get(insider, "")["items"]}
    assert get(insider, "/active_users", 403)["code"] == "not_allowed"
    assert get(administrator, "/changes_by_hand")["unit"] == "number"


def test_every_metric_has_its_page_in_both_languages(market, administrator):
    for language, word in (("ko", "지표 사전"), ("en", "Metric dictionary")):
        administrator.user.language = language
        administrator.user.save()
        listed = administrator.client.get("/metrics/").content.decode()
        assert word in listed
        for metric in metrics.every():
            assert f"/metrics/{metric.name}/" in listed
            response = administrator.client.get(f"/metrics/{metric.name}/")
            assert response.status_code == 200, metric.name
            with translation.override(language):
                assert escape(str(metric.meaning)) in response.content.decode()


def test_the_page_shows_numbers_chart_parts_and_what_moved_it(market, administrator):
    context = administrator.client.get("/metrics/orders/?by=customer.grade&against=year").context
    answer = metrics.ask(administrator.actor, "orders", by="customer.grade")
    assert context["kpis"][0]["value"] == f"{answer.total:.0f}"
    assert context["chart"]["series"][0]["values"][-1] == "10.0000"
    assert counted(administrator, context["chart"]["urls"][-1]) == 10
    assert {row["label"]: row["value"] for row in context["parts"]} == {
        part.label: f"{part.value:.0f}" for part in answer.parts
    }
    assert context["change"]["known"] is False


def test_cohorts_are_a_heat_map_of_who_came_back(market, administrator):
    chart = administrator.client.get("/metrics/active_customers/?by=cohort").context["cohorts"]
    assert chart["type"] == "heatmap"
    assert {cell[2] for cell in chart["cells"] if cell[0] == 0} == {"1.0000"}


def test_words_find_metrics_and_none_is_said_so(market, administrator):
    found = administrator.client.get("/metrics/", {"q": "재구매"}).context
    assert [row["metric"].name for group in found["groups"] for row in group["rows"]] == ["repeat_rate"]
    assert "찾은 것이 없어요" in administrator.client.get("/metrics/", {"q": "날씨"}).content.decode()


def test_a_question_that_is_wrong_is_said_on_the_page(market, administrator):
    response = administrator.client.get("/metrics/revenue/?by=weather")
    assert response.status_code == 400
    assert "weather" in response.content.decode()
    assert response.context["chart"]


def test_a_page_before_the_first_refresh_says_what_to_do(shop, administrator, nobody):
    body = administrator.client.get("/metrics/revenue/").content.decode()
    assert "아직 계산하지 않았어요" in body or "고객 가치" in body
    assert get(administrator, "/revenue")["items"] == []
    assert nobody.client.get("/metrics/").status_code == 404
    assert nobody.client.get("/metrics/revenue/").status_code == 404
