"""The page 고객 가치: every mark opens what is behind it, and nobody sees more than they may."""

from datetime import date
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob

from dangol.commerce.models import Order
from dangol.customers.models import Customer
from dangol.identity.actors import Actor
from dangol.insight import services
from dangol.measures.models import RefreshRun, Score
from dangol.records import filters, registry
from dangol.records.lists import rows_for

SYSTEM = Actor.system("test")
QUERIES = 30


@pytest.fixture
def market(shop, company):
    """Twenty customers of Seoul, ten of Busan, one of nobody; two years of orders; an anonymous sale."""
    for number in range(30):
        team = company.seoul if number < 20 else company.busan
        customer = shop.customer(f"고객 {number:02}", team=team)
        for month in range(1 + number % 6):
            shop.order(
                customer, date(2026 - month % 2, 11 - month, 1 + number % 20), 1000 * (number + 1), 250
            )
    first = Customer.objects.order_by("pk").first()
    shop.order(first, "2026-11-19", "-400", kind="return")
    shop.order(None, "2026-11-20", 77)
    services.refresh_all(actor=SYSTEM)
    return shop


def behind(person, url):
    """The records that the address of a mark opens for this person."""
    parts = urlsplit(url)
    record_type = registry.by_path(parts.path.strip("/"))
    tree = filters.parse(parse_qs(parts.query)["filter"][0], record_type, actor=person.actor)
    return rows_for(person.actor, record_type, tree)


def page(person):
    response = person.client.get("/value/")
    assert response.status_code == 200
    return response.context


def test_an_area_of_the_treemap_opens_the_customers_of_the_segment(market, administrator):
    chart = page(administrator)["segments"]
    assert sum(chart["series"][0]["values"]) == 30
    for count, url in zip(chart["series"][0]["values"], chart["urls"], strict=True):
        assert behind(administrator, url).count() == count


def test_a_point_of_the_curve_opens_the_customers_up_to_it(market, administrator):
    context = page(administrator)
    chart = context["pareto"]
    total = sum(Score.objects.filter(name="rfm.monetary").values_list("value", flat=True))
    for share, url in list(zip(chart["series"][0]["values"], chart["urls"], strict=True))[1:]:
        ids = behind(administrator, url).values("pk")
        found = sum(
            Score.objects.filter(name="rfm.monetary", record_id__in=ids).values_list("value", flat=True)
        )
        assert abs(found / total - Decimal(share)) < Decimal("0.0001")
    assert chart["series"][0]["values"][-1] == "1.0000"


@pytest.mark.parametrize("zone", ["Asia/Seoul", "America/New_York"])
def test_a_month_opens_the_orders_that_make_it_up(market, administrator, zone):
    administrator.user.time_zone = zone
    administrator.user.save()
    chart = page(administrator)["months"]
    for value, url in zip(chart["series"][0]["values"], chart["urls"], strict=True):
        orders = behind(administrator, url)
        assert sum((line.amount for order in orders for line in order.lines.all()), Decimal(0)) == Decimal(
            value
        )


def test_the_key_figures_open_the_customers_they_count(market, administrator):
    figures = {item["label"]: item for item in page(administrator)["kpis"]}
    assert behind(administrator, figures["활동 고객"]["url"]).count() == 30
    assert figures["활동 고객"]["value"] == "30"
    assert behind(administrator, figures["상위 20%의 매출"]["url"]).count() == 6
    assert figures["상위 20%의 매출"]["detail"] == "6곳"
    repeating = behind(administrator, figures["재구매율"]["url"]).count()
    assert figures["재구매율"]["detail"] == f"두 번 이상 주문 {repeating}곳"
    orders = behind(administrator, figures["12개월 매출"]["url"])
    assert orders.count() == Order.objects.filter(ordered_at__gte="2025-11-21T00:00+09:00").count()


def test_one_sees_figures_of_the_own_team_only(market, insider, outsider, administrator):
    everything, seoul, busan = (page(person) for person in (administrator, insider, outsider))
    assert [sum(one["segments"]["series"][0]["values"]) for one in (everything, seoul, busan)] == [30, 20, 10]
    assert [one["limited"] for one in (everything, seoul, busan)] == [False, True, True]
    totals = [sum(map(Decimal, one["months"]["series"][0]["values"])) for one in (everything, seoul, busan)]
    assert totals[0] == totals[1] + totals[2] + 77
    names = {row["name"] for row in busan["leaving"]}
    assert names <= set(Customer.objects.filter(team__name="부산 영업팀").values_list("name", flat=True))
    body = outsider.client.get("/value/").content.decode()
    assert "고객 05" not in body


def test_whoever_may_not_see_orders_does_not_find_the_page(market, nobody):
    assert nobody.client.get("/value/").status_code == 404
    assert nobody.client.get("/value/progress/").status_code == 404
    assert nobody.client.post("/value/refresh/").status_code == 404
    assert not RefreshRun.objects.filter(state=RefreshRun.State.WAITING).exists()


def test_a_team_member_cannot_start_the_companys_refresh(market, insider):
    assert "지금 계산" not in insider.client.get("/value/").content.decode()
    assert insider.client.post("/value/refresh/").status_code == 404
    assert RefreshRun.objects.count() == 1


def test_two_who_ask_at_once_share_one_run(shop, administrator):
    assert administrator.client.post("/value/refresh/").status_code == 302
    assert administrator.client.post("/value/refresh/").status_code == 302
    run = RefreshRun.objects.get()
    assert run.state == RefreshRun.State.WAITING
    jobs = ProcrastinateJob.objects.filter(task_name="dangol.insight.refresh", args={"run": run.pk})
    assert list(jobs.values_list("queue_name", flat=True)) == ["analytics"]
    assert "분석 작업을 기다리는 중" in administrator.client.get("/value/").content.decode()
    assert administrator.client.get("/value/progress/").status_code == 200
    services.refresh_run(run=run)
    assert administrator.client.get("/value/progress/")["HX-Refresh"] == "true"


def test_an_empty_company_is_shown_the_first_step(shop, administrator):
    body = administrator.client.get("/value/").content.decode()
    assert "주문 가져오기" in body
    services.refresh_all(actor=SYSTEM)
    body = administrator.client.get("/value/").content.decode()
    assert "아직 주문이 없어요" in body


def test_a_failed_refresh_is_told_beside_the_figures_of_the_one_before(market, administrator):
    RefreshRun.objects.create(state=RefreshRun.State.FAILED, error="disk full")
    body = administrator.client.get("/value/").content.decode()
    assert "disk full" in body
    assert "챔피언" in body


def test_the_page_reads_in_few_queries_whatever_the_number_of_customers(market, administrator):
    administrator.client.get("/value/")
    with CaptureQueriesContext(
        connection,
    ) as captured:
        administrator.client.get("/value/")
    about = [query["sql"] for query in captured if "measures_" in query["sql"]]
    assert len(about) == 7, about
    assert len(captured) <= QUERIES


def test_a_customers_page_tells_segment_and_rhythm(market, administrator):
    customer = Customer.objects.get(name="고객 05")
    body = administrator.client.get(f"/customers/{customer.pk}/").content.decode()
    for text in ("세그먼트", "주문 간격"):
        assert text in body


def test_the_list_filters_sorts_and_shows_scores(market, insider):
    customer = registry.get("customer")
    for text in (
        'rfm.segment = "champions"',
        "rfm.segment in (챔피언, 충성)",
        "rfm.recency > 10 and rfm.frequency >= 2",
    ):
        tree = filters.parse(text, customer, actor=insider.actor)
        assert rows_for(insider.actor, customer, tree).count() < 20
    tree = filters.parse("rfm.segment is empty", customer, actor=insider.actor)
    assert rows_for(insider.actor, customer, tree).count() == 0
    response = insider.client.get(
        "/customers/?sort=-rfm.monetary&columns=name,rfm.segment,rfm.monetary,rfm.recency"
    )
    assert response.status_code == 200
