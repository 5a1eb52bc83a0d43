"""Segments: who belongs, who may know it, and who was in them when."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection

from dangol.identity import revisions
from dangol.identity.actors import Actor
from dangol.identity.models import FieldRule, Role
from dangol.insight import services
from dangol.insight.models import Segment, SegmentDay, SegmentStay
from dangol.insight.segmentation import snapshot
from dangol.measures.models import Score
from dangol.records import filters, registry, writing
from dangol.records.lists import record_get, rows_for

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")
SEGMENT = registry.get("segment")
CUSTOMER = registry.get("customer")


@pytest.fixture(autouse=True)
def _fresh(db):
    revisions.forget()
    revisions.look()


def segment(name, condition, *, actor=SYSTEM, **values):
    return writing.create(SEGMENT, {"name": name, "condition": condition, **values}, actor=actor)


def customer(name, **values):
    return writing.create(CUSTOMER, {"name": name, **values}, actor=SYSTEM)


def names(actor, text):
    tree = filters.parse(text, CUSTOMER, actor=actor)
    return set(rows_for(actor, CUSTOMER, tree).values_list("name", flat=True))


def stays(number):
    return set(
        SegmentStay.objects.filter(segment_id=number).values_list("customer_id", "entered_on", "left_on")
    )


@pytest.fixture
def towns(company):
    return {
        name: customer(name, city=city, team=company.seoul.pk if city == "서울" else company.busan.pk)
        for name, city in (("가람", "서울"), ("나루", "서울"), ("다온", "부산"), ("라온", "대구"))
    }


def test_a_list_is_filtered_by_the_name_of_a_segment_as_its_condition_holds_now(towns):
    segment("서울 고객", 'city = "서울"', name_en="Seoul customers")
    assert names(SYSTEM, 'segment = "서울 고객"') == {"가람", "나루"}
    assert names(SYSTEM, 'segment = "seoul customers"') == {"가람", "나루"}
    assert names(SYSTEM, 'segment != "서울 고객"') == {"다온", "라온"}
    writing.update(CUSTOMER, towns["나루"], {"city": "인천"}, actor=SYSTEM)
    assert names(SYSTEM, 'segment = "서울 고객"') == {"가람"}
    assert names(SYSTEM, 'segment in ("서울 고객", "없는 것")') == {"가람"}
    assert names(SYSTEM, 'segment = "없는 것"') == set()


def test_nobody_is_told_of_customers_or_segments_beyond_his_own(towns, insider, outsider):
    mine = segment("우리 고객", "name is not empty", actor=insider.actor)
    assert names(insider.actor, 'segment = "우리 고객"') == {"가람", "나루"}
    assert names(outsider.actor, 'segment = "우리 고객"') == set(), "the other team does not see the segment"
    assert names(SYSTEM, 'segment = "우리 고객"') == set(towns)
    snapshot.take()
    seen = record_get(actor=insider.actor, record_type=CUSTOMER, record_id=towns["가람"])
    assert [one.name for one in seen["segment"]] == ["우리 고객"]
    other = record_get(actor=outsider.actor, record_type=CUSTOMER, record_id=towns["다온"])
    assert other["segment"] == ()
    assert outsider.client.get(f"/segments/{mine}/").status_code == 404


def test_a_condition_that_asks_a_hidden_field_tells_nothing(towns, insider):
    segment("서울 고객", 'city = "서울"', owner=insider.id, team=insider.user.team_id)
    snapshot.take()
    assert names(insider.actor, 'segment = "서울 고객"') == {"가람", "나루"}
    FieldRule.objects.create(
        role=Role.objects.get(code="sales"), record_type="customer", field="city", rule="hidden"
    )
    assert names(insider.actor, 'segment = "서울 고객"') == set()
    assert names(insider.actor, "segment is not empty") == set()
    row = record_get(actor=insider.actor, record_type=CUSTOMER, record_id=towns["가람"])
    assert row["segment"] == ()


@pytest.mark.parametrize(
    "condition", ["", "no_such_field = 1", 'segment = "다른 것"', "owner = me", "city ="]
)
def test_a_condition_that_cannot_be_is_refused_with_the_reason(company, condition):
    with pytest.raises(writing.WriteError) as refused:
        segment("x", condition)
    assert refused.value.errors[0].field == "condition"
    assert not Segment.objects.exists()


def test_only_changes_are_kept_and_a_day_can_be_asked_later(towns):
    number = segment("서울 고객", 'city = "서울"')
    assert snapshot.take(day=date(2026, 10, 1)) == {number: 2}
    assert snapshot.take(day=date(2026, 10, 2)) == {number: 0}
    writing.update(CUSTOMER, towns["나루"], {"city": "인천"}, actor=SYSTEM)
    writing.update(CUSTOMER, towns["라온"], {"city": "서울"}, actor=SYSTEM)
    assert snapshot.take(day=date(2026, 11, 1)) == {number: 2}
    assert stays(number) == {
        (towns["가람"], date(2026, 10, 1), None),
        (towns["나루"], date(2026, 10, 1), date(2026, 11, 1)),
        (towns["라온"], date(2026, 11, 1), None),
    }
    assert names(SYSTEM, 'segment = "서울 고객@2026-10-31"') == {"가람", "나루"}
    assert names(SYSTEM, 'segment = "서울 고객@2026-11-01"') == {"가람", "라온"}
    assert names(SYSTEM, 'segment = "서울 고객@2026-09-30"') == set()
    assert names(SYSTEM, 'segment = "서울 고객@2026-10-01" and segment != "서울 고객@2026-11-01"') == {"나루"}
    assert list(SegmentDay.objects.order_by("day").values_list("customers", flat=True)) == [2, 2, 2]


def test_a_second_snapshot_of_a_day_replaces_the_first(towns):
    number = segment("서울 고객", 'city = "서울"')
    snapshot.take(day=date(2026, 10, 1))
    for city in ("인천", "서울", "인천", "서울"):
        writing.update(CUSTOMER, towns["나루"], {"city": city}, actor=SYSTEM)
        snapshot.take(day=date(2026, 11, 1))
    assert stays(number) == {
        (towns["가람"], date(2026, 10, 1), None),
        (towns["나루"], date(2026, 10, 1), None),
    }
    writing.update(CUSTOMER, towns["라온"], {"city": "서울"}, actor=SYSTEM)
    snapshot.take(day=date(2026, 11, 1))
    writing.update(CUSTOMER, towns["라온"], {"city": "대구"}, actor=SYSTEM)
    snapshot.take(day=date(2026, 11, 1))
    assert towns["라온"] not in {who for who, _from, _to in stays(number)}


def test_who_is_deleted_leaves_and_who_is_gone_for_good_was_never_there(towns):
    number = segment("서울 고객", 'city = "서울"')
    snapshot.take(day=date(2026, 10, 1))
    writing.delete(CUSTOMER, [towns["가람"]], actor=SYSTEM)
    snapshot.take(day=date(2026, 11, 1))
    assert (towns["가람"], date(2026, 10, 1), date(2026, 11, 1)) in stays(number)
    writing.purge(CUSTOMER, [towns["가람"]], actor=SYSTEM)
    assert {who for who, _from, _to in stays(number)} == {towns["나루"]}


def test_a_condition_that_was_changed_is_kept_anew_in_the_background(towns):
    from procrastinate.contrib.django.models import ProcrastinateJob

    number = segment("서울 고객", 'city = "서울"')
    jobs = ProcrastinateJob.objects.filter(task_name="dangol.insight.segments_keep")
    assert [job.args for job in jobs.all()] == [{"segments": [number]}]
    writing.update(SEGMENT, number, {"offer": "정기 배송"}, actor=SYSTEM)
    assert jobs.count() == 1
    writing.update(SEGMENT, number, {"condition": 'city = "부산"'}, actor=SYSTEM)
    assert jobs.count() == 2
    assert names(SYSTEM, 'segment = "서울 고객"') == {"다온"}


def test_a_segment_that_became_a_list_stays_as_it_was(towns):
    number = segment("서울 고객", 'city = "서울"')
    snapshot.take()
    writing.update(SEGMENT, number, {"made": "list", "condition": ""}, actor=SYSTEM)
    assert Segment.objects.get(pk=number).frozen_on == snapshot.today()
    writing.update(CUSTOMER, towns["나루"], {"city": "인천"}, actor=SYSTEM)
    snapshot.take()
    assert names(SYSTEM, 'segment = "서울 고객"') == {"가람", "나루"}


def test_the_rfm_segments_are_there_after_the_first_refresh_and_stay_as_the_company_leaves_them(
    shop, company
):
    for number in range(12):
        who = shop.customer(f"고객 {number}")
        for month in range(1 + number % 4):
            shop.order(who, date(2026, 10 - month, 1 + number), 1000 * (number + 1))
    services.refresh_all(actor=SYSTEM)
    labels = dict(Score.objects.filter(name="rfm.segment").values_list("record_id", "label"))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT customer_id, replace(key, 'rfm.', '') FROM insight_segmentstay stay "
            "JOIN insight_segment segment ON segment.id = stay.segment_id WHERE left_on IS NULL"
        )
        assert dict(cursor.fetchall()) == labels
    assert Segment.objects.count() == 8
    gone = Segment.objects.get(key="rfm.lost")
    writing.delete(SEGMENT, [gone.pk], actor=SYSTEM)
    services.refresh_all(actor=SYSTEM)
    assert Segment.objects.filter(deleted_at=None).count() == 7
    revenue = sum(Score.objects.filter(name="value.revenue_12m").values_list("value", flat=True))
    assert sum(SegmentDay.objects.filter(day=snapshot.today()).values_list("revenue", flat=True)) == revenue
