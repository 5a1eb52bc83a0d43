"""The pages of segments: every number is that of plain SQL, and opens exactly the customers it counts."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from django.db import connection

from dangol.customers.models import Customer
from dangol.identity import revisions
from dangol.identity.actors import Actor
from dangol.identity.models import Grant, Role
from dangol.insight.models import Segment, SegmentStay
from dangol.insight.segmentation import previewing, snapshot
from dangol.interactions.models import Interaction
from dangol.measures.models import Score
from dangol.records import filters, registry, writing
from dangol.records.lists import rows_for
from dangol.records.merging import merge, undo
from dangol.records.models import BulkRun
from tests.cast import person

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")
SEGMENT = registry.get("segment")
CUSTOMER = registry.get("customer")
CITIES = ("서울", "부산", "대구", "")


@pytest.fixture(autouse=True)
def _fresh(db):
    revisions.forget()
    revisions.look()


def segment(name, condition, *, actor=SYSTEM, **values):
    return writing.create(SEGMENT, {"name": name, "condition": condition, **values}, actor=actor)


def behind(person, url):
    """The ids that the address of a number opens for this person."""
    parts = urlsplit(url)
    tree = filters.parse(parse_qs(parts.query)["filter"][0], CUSTOMER, actor=person.actor)
    return set(rows_for(person.actor, CUSTOMER, tree).values_list("pk", flat=True))


@pytest.fixture
def market(company, insider):
    """Forty customers in three cities and none, one half of the insider's team; thirty days ago and now."""
    for number in range(40):
        writing.create(
            CUSTOMER,
            {
                "name": f"고객 {number:02}",
                "external_id": f"C-{number:02}",
                "city": CITIES[number % 4],
                "team": company.seoul.pk if number % 2 else company.busan.pk,
                "owner": insider.id if number % 4 == 1 else None,
            },
            actor=SYSTEM,
        )
    made = {
        city: segment(
            f"{city} 고객", f'city = "{city}"', family="도시", owner=insider.id, team=company.seoul.pk
        )
        for city in CITIES[:3]
    }
    made["모두"] = segment("이름 있는 고객", "name is not empty", owner=insider.id, team=company.seoul.pk)
    day = snapshot.today()
    snapshot.take(day=day - timedelta(days=30))
    for number, who in enumerate(Customer.objects.order_by("name")):
        if number % 5 == 0:
            writing.update(CUSTOMER, who.pk, {"city": CITIES[(number // 5 + 1) % 4]}, actor=SYSTEM)
    snapshot.take(day=day)
    return made


def in_sql(day):
    """Who was in which city's segment on a day, by plain SQL."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT customer_id, s.name FROM insight_segmentstay t JOIN insight_segment s ON s.id = t.segment_id "
            "WHERE s.family = '도시' AND daterange(entered_on, left_on) @> %s::date",
            [day],
        )
        return dict(cursor.fetchall())


@pytest.mark.parametrize("who", ["administrator", "insider"])
def test_movement_counts_each_customer_once_and_opens_exactly_those(market, who, request):
    someone = request.getfixturevalue(who)
    context = someone.client.get("/value/segments/movement/?family=도시").context
    seen = set(rows_for(someone.actor, CUSTOMER, None).values_list("pk", flat=True))
    before, after = in_sql(context["first"]), in_sql(context["last"])
    assert (context["last"] - context["first"]).days == 30
    expected = Counter(
        (before.get(one, "어디에도 없음"), after.get(one, "어디에도 없음"))
        for one in seen
        if one in before or one in after
    )
    told = {(row["before"], row["before"] if row["stayed"] else row["after"]): row for row in context["rows"]}
    assert {pair: row["count"] for pair, row in told.items()} == dict(expected)
    assert context["moved"] == sum(count for pair, count in expected.items() if pair[0] != pair[1]) > 0
    for row in told.values():
        assert len(behind(someone, row["url"])) == row["count"]
    assert context["limited"] == (who == "insider")
    assert len(context["ribbons"]) == len(expected)


def test_overlap_is_what_two_sets_share(market, administrator):
    context = administrator.client.get("/value/segments/overlap/").context
    members = {
        one.name: set(
            SegmentStay.objects.filter(segment=one, left_on=None).values_list("customer_id", flat=True)
        )
        for one in Segment.objects.all()
    }
    for row in context["rows"]:
        for head, cell in zip(context["heads"], row["cells"], strict=True):
            mine, other = members[row["label"]], members[head]
            assert cell["count"] == len(mine & other)
            assert behind(administrator, cell["url"]) == mine & other
            if row["label"] != head:
                assert float(cell["jaccard"]) == pytest.approx(len(mine & other) / len(mine | other))


def test_the_list_of_segments_counts_what_the_reader_may_see(market, administrator, insider, outsider):
    def counted(person):
        context = person.client.get("/value/segments/").context
        return {row["label"]: row["size"].customers for _f, rows, _m in context["families"] for row in rows}

    everything, mine = counted(administrator), counted(insider)
    for name, count in everything.items():
        assert count == len(behind(administrator, f'/customers/?filter=segment = "{name}"'))
        assert mine[name] == len(behind(insider, f'/customers/?filter=segment = "{name}"')) <= count
    assert mine["이름 있는 고객"] == 20
    assert counted(outsider) == {}, "the other team's segments are not there"


def test_the_size_is_told_while_the_condition_is_written(market, insider, nobody):
    body = insider.client.get("/value/segments/size/", {"condition": "name is not empty"}).content.decode()
    assert "<b>20</b>" in body
    body = insider.client.get("/value/segments/size/", {"condition": "name is"}).content.decode()
    assert "dn" in body
    assert "<b>" not in body
    assert nobody.client.get("/value/segments/size/?condition=name is not empty").status_code == 404


def test_a_size_that_takes_too_long_to_count_is_estimated_from_a_sample(market, administrator, monkeypatch):
    monkeypatch.setattr("dangol.insight.segmentation.previewing.rows_within", lambda *given: None)
    exact = rows_for(administrator.actor, CUSTOMER, None).count()
    found = previewing.preview(administrator.actor, "name is not empty")
    # so few customers are all in the sample
    assert (found.customers, found.exact) == (exact, False)
    assert found.low <= exact <= found.high
    body = administrator.client.get("/value/segments/size/?condition=name is not empty").content.decode()
    assert "표본으로 추정" in body


def test_an_estimate_holds_the_truth_as_often_as_it_says():
    chance, of, drawn = np.random.default_rng(7), 1_000_000, 4_000
    for truth in (0.002, 0.1, 0.5):
        told = [previewing.estimated(int(hits), drawn, of) for hits in chance.binomial(drawn, truth, 1_000)]
        inside = sum(one.low <= truth * of <= one.high for one in told) / len(told)
        assert 0.93 <= inside <= 0.98, truth


def test_cells_of_the_grid_make_a_segment(market, insider):
    ids = list(rows_for(insider.actor, CUSTOMER, None).order_by("pk").values_list("pk", flat=True)[:4])
    for one, code in zip(ids, ("551", "543", "155", "111"), strict=True):
        Score.objects.create(
            record_type="customer",
            record_id=one,
            name="rfm.score",
            label=code,
            as_of=date(2026, 11, 20),
            model="t",
        )
    page = insider.client.get("/value/segments/new/?made=cells").context["grid"]
    assert sum(cell["count"] for row in page for cell in row["cells"]) == 4
    sent = {"made": "cells", "name": "요즘 자주", "cell": ["55", "54"]}
    size = insider.client.get("/value/segments/size/", sent).content.decode()
    assert "<b>2</b>" in size
    assert insider.client.post("/value/segments/new/", sent).status_code == 302
    made = Segment.objects.get(name="요즘 자주")
    assert (made.made, made.owner_id) == ("cells", insider.id)
    assert behind(insider, '/customers/?filter=segment = "요즘 자주"') == set(ids[:2])
    none = insider.client.post("/value/segments/new/", {"made": "cells", "name": "빈 것"})
    assert none.status_code == 422
    assert not Segment.objects.filter(name="빈 것").exists()


def test_a_pasted_list_takes_who_is_named_and_says_which_lines_name_nobody(market, insider):
    sent = {"made": "list", "name": "초대 손님", "lines": "C-01\n고객 03\n\nC-00\n없는 고객"}
    refused = insider.client.post("/value/segments/new/", sent)
    assert refused.status_code == 422
    assert refused.context["lines"] == [(4, "C-00", False), (5, "없는 고객", False)], (
        "C-00 is the other team's"
    )
    assert not Segment.objects.filter(name="초대 손님").exists()
    assert (
        insider.client.post("/value/segments/new/", {**sent, "lines": "C-01\n고객 03\nC-01"}).status_code
        == 302
    )
    names = Customer.objects.filter(pk__in=behind(insider, '/customers/?filter=segment = "초대 손님"'))
    assert set(names.values_list("name", flat=True)) == {"고객 01", "고객 03"}
    assert Segment.objects.get(name="초대 손님").frozen_on == snapshot.today()


def test_freezing_keeps_who_is_in_it_now_of_those_the_actor_sees(market, insider):
    response = insider.client.post(f"/value/segments/{market['모두']}/freeze/", {"name": "그때"})
    frozen = Segment.objects.get(name="그때")
    assert response.url == f"/segments/{frozen.pk}/"
    kept = set(frozen.stays.values_list("customer_id", flat=True))
    assert kept == set(rows_for(insider.actor, CUSTOMER, None).values_list("pk", flat=True))
    assert len(kept) == 20


def test_tasks_are_made_for_the_owners_and_taken_back_as_a_whole(market, insider):
    address = f"/value/segments/{market['모두']}/tasks/"
    page = insider.client.post(address, {"subject": "안부 전화", "reason": "오래 조용해요", "days": "3"})
    assert page.context["seen"].changing == 20
    assert not Interaction.objects.exists()
    insider.client.post("/customers/bulk/", {"step": "run", "plan": page.context["plan"]})
    tasks = Interaction.objects.filter(kind="task", subject="안부 전화", deleted_at=None)
    assert tasks.count() == 20
    assert "세그먼트: 이름 있는 고객" in tasks[0].body
    assert "오래 조용해요" in tasks[0].body
    for task in tasks.select_related("customer"):
        assert task.owner_id == (task.customer.owner_id or insider.id)
    again = insider.client.post(address, {"subject": "안부 전화", "days": "3"})
    assert (again.context["seen"].changing, again.context["seen"].already) == (0, 20)
    run = BulkRun.objects.get()
    insider.client.post(f"/bulk/{run.key}/undo/")
    assert tasks.count() == 0


def test_a_strategys_results_stand_beside_it(market, administrator):
    number = market["서울"]
    since = snapshot.today() - timedelta(days=30)
    writing.update(
        SEGMENT,
        number,
        {"strategy_since": since.isoformat(), "offer": "새벽 배송", "target": "customers", "target_value": "20",
         "target_on": "2027-01-31"},
        actor=SYSTEM,
    )  # fmt: skip
    body = administrator.client.get(f"/segments/{number}/").content.decode()
    before = {one for one, name in in_sql(since).items() if name == "서울 고객"}
    after = {one for one, name in in_sql(snapshot.today()).items() if name == "서울 고객"}
    for text in (
        f"{len(after - before)}곳 들어옴",
        f"{len(before - after)}곳 나감",
        "새벽 배송",
        f"{len(after)} / 20",
    ):
        assert text in body, text
    history = administrator.client.get(f"/segments/{number}/history/").content.decode()
    assert "새벽 배송" in history


def test_a_merged_customer_leaves_and_passes_its_place_in_lists_on_and_undoing_brings_both_back(
    market, administrator
):
    into, other = Customer.objects.filter(city="부산").order_by("pk")[:2]
    administrator.client.post(
        "/value/segments/new/", {"made": "list", "name": "명단", "lines": other.external_id}
    )
    stays = SegmentStay.objects.filter(left_on=None)
    before = set(stays.values_list("segment__name", "customer_id"))
    assert ("명단", other.pk) in before
    done = merge(actor=administrator.actor, record_type=CUSTOMER, into=into.pk, others=[other.pk])
    assert ("명단", into.pk) in set(stays.values_list("segment__name", "customer_id"))
    assert not stays.filter(customer_id=other.pk).exists()
    undo(actor=administrator.actor, merge=done)
    assert set(stays.values_list("segment__name", "customer_id")) == before


@pytest.mark.parametrize("path", ["", "new/", "overlap/", "movement/", "size/"])
def test_who_may_see_no_customers_finds_no_page(market, nobody, path):
    assert nobody.client.get(f"/value/segments/{path}").status_code == 404


def test_a_name_belongs_to_one_segment_and_can_stand_in_a_filter(market, insider):
    for name in ("서울 고객", "서울, 부산", "서울@2026-01-01", '서울 "큰" 고객'):
        answer = insider.client.post("/value/segments/new/", {"name": name, "condition": "name is not empty"})
        assert (answer.status_code, list(answer.context["errors"])) == (422, ["name"]), name


def test_revenue_is_added_up_only_where_all_orders_of_all_customers_may_be_seen(
    market, company, administrator
):
    """Who sees all customers but only the orders of a team would learn the others' revenue from a sum."""
    role = Role.objects.create(code="half", name="반쪽")
    for record_type, scope in (("customer", "all"), ("segment", "all"), ("order", "team")):
        Grant.objects.create(role=role, record_type=record_type, action="view", scope=scope)
    half = person("half@example.com", "반다은", roles=("half",), team=company.seoul)
    assert administrator.client.get("/value/segments/").context["revenue"] is True
    context = half.client.get("/value/segments/").context
    assert context["revenue"] is False
    rows = [row for _family, rows, _moves in context["families"] for row in rows]
    assert rows
    assert all(row["size"].revenue is None for row in rows)
