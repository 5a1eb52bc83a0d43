"""The pages of data quality: each number opens the very records it counts, and nobody sees more than he may."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dangol.customers.models import Customer
from dangol.measures.models import QualityDay, QualitySetting
from dangol.measures.quality import selectors, services
from tests.measures.test_quality import GOOD, behind, customer, findings, make, quality

pytestmark = pytest.mark.django_db


def test_every_number_of_the_page_opens_its_records(insider, outsider):
    for at in range(5):
        make(
            insider.actor, name=f"서울 {at}", **({} if at else {k: v for k, v in GOOD.items() if k != "name"})
        )
    for at in range(3):
        make(outsider.actor, name=f"부산 {at}")
    services.compute_all()
    for person, expected in ((insider, 5), (outsider, 3)):
        page = person.client.get("/quality/customer/").context
        assert int(page["kpis"][1]["value"]) == expected
        assert behind(person, page["kpis"][1]["url"]).count() == expected
        assert page["findings"]
        for finding in page["findings"]:
            assert behind(person, finding["url"]).count() == finding["count"], finding
        for group in page["groups"]:
            assert sum(row["records"] for row in group["rows"]) == expected
            for row in group["rows"]:
                assert behind(person, row["records_url"]).count() == row["records"], row
                assert behind(person, row["flawed_url"]).count() == row["flawed"], row
        for url in filter(None, page["parts"]["urls"]):
            assert behind(person, url).exists()


def test_the_overview_adds_up_and_shows_only_what_one_may_see(insider, nobody):
    make(insider.actor)
    services.compute_all()
    page = insider.client.get("/quality/").context
    row = next(row for row in page["rows"] if row["type"].name == "customer")
    assert row["records"] == row["flawed"] == 1
    assert row["score"] == quality(Customer.objects.get().pk).value
    assert nobody.client.get("/quality/").status_code == 404
    assert nobody.client.get("/quality/customer/").status_code == 404


def test_the_trend_has_a_point_for_each_day(insider):
    make(insider.actor)
    services.compute(customer())
    today = QualityDay.objects.get().day
    old = QualityDay.objects.get()
    old.pk, old.day, old.points = None, today - timedelta(days=3), 12
    old.save()
    days = selectors.trend(insider.actor, [customer()], until=today)
    assert list(days) == [today - timedelta(days=3), today]
    assert days[today - timedelta(days=3)] == 12


def test_old_days_are_thinned_out(insider):
    make(insider.actor)
    services.compute(customer())
    kept = QualityDay.objects.get()
    today = kept.day
    for back in range(91, 91 + 40):
        kept.pk, kept.day = None, today - timedelta(days=back)
        kept.save()
    services.forget_old_days()
    left = [day for day in QualityDay.objects.values_list("day", flat=True) if day != today]
    assert left
    assert all(day.isoweekday() == 1 or day.day == 1 for day in left)


def test_the_record_shows_score_and_the_way_to_each_field(insider):
    one = make(insider.actor, **{**GOOD, "phone": ""})
    services.compute(customer())
    text = insider.client.get(f"/customers/{one}/").content.decode()
    assert f'href="/customers/{one}/edit/#f-phone"' in text
    assert 'id="f-phone"' in insider.client.get(f"/customers/{one}/edit/").content.decode()


def test_the_page_of_ones_own_worst_records(insider, teammate):
    mine = make(insider.actor, owner=insider.id)
    make(teammate.actor, owner=teammate.id, name="남의 것")
    services.compute(customer())
    rows = insider.client.get("/quality/mine/").context["rows"]
    assert [row["url"] for row in rows] == [f"/customers/{mine}/"]
    assert rows[0]["findings"]


def test_programs_read_it_too(insider, outsider, nobody):
    make(insider.actor)
    services.compute(customer())
    told = insider.api.get("/api/v1/quality/customer").json()
    assert told["records"] == 1
    assert told["score"] == quality(Customer.objects.get().pk).value
    assert {one["code"] for one in told["findings"]} == findings(Customer.objects.get().pk)
    assert outsider.api.get("/api/v1/quality/customer").json()["records"] == 0
    assert nobody.api.get("/api/v1/quality/customer").status_code == 404
    assert [one["record_type"] for one in insider.api.get("/api/v1/quality").json()["items"]]


def test_only_who_administers_has_everything_looked_at_anew(insider, administrator):
    services.compute(customer())
    assert insider.client.post("/quality/recompute/").status_code == 404
    assert QualitySetting.objects.get(pk="customer").computed_at is not None
    assert administrator.client.post("/quality/recompute/").status_code == 302
    assert QualitySetting.objects.get(pk="customer").computed_at is None
