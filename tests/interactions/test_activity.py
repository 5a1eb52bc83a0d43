"""The activity stream: what happened to what one follows or may see, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dangol.interactions import comments, following, services
from dangol.interactions.activity import Place, Scope, What, activity_page, reading
from dangol.interactions.models import Interaction
from dangol.records import registry, writing
from dangol.records.models import Change

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(insider):
    return writing.create(registry.get("customer"), {"name": "한빛정밀"}, actor=insider.actor)


def happened(who, record_id):
    """A change, a comment and a note."""
    writing.update(
        registry.get("customer"), record_id, {"city": "비밀시", "grade": "A"}, actor=who.actor, origin="page"
    )
    comments.comment_add(
        actor=who.actor, record_type=registry.get("customer"), record_id=record_id, text="조용히 봐요"
    )
    services.interaction_log(actor=who.actor, kind="note", subject="협의", customer_id=record_id)


def stream(who, **more):
    return list(activity_page(actor=who.actor, **more).items)


def test_the_stream_tells_of_changes_comments_and_notes_of_what_one_follows(insider, teammate, customer):
    happened(insider, customer)
    assert {item.what for item in stream(insider)} == set(What), "who comments follows"
    assert stream(teammate) == [], "nothing is followed"
    following.follow(actor=teammate.actor, record_type=registry.get("customer"), record_id=customer)
    page = teammate.client.get("/activity/").content.decode()
    assert "한빛정밀" in page
    assert "조용히 봐요" in page
    assert "김지우 님이 기록했어요" in page
    (change,) = [item for item in stream(teammate) if item.what == What.CHANGE]
    assert set(change.fields) == {"city", "grade"}
    assert "비밀시" not in page, "values are for the record's page"


def test_other_teams_records_are_in_nobody_elses_stream(insider, outsider, nobody, reader, customer):
    happened(insider, customer)
    following.follow(actor=outsider.actor, record_type=registry.get("customer"), record_id=customer)
    for who in (outsider, nobody):
        for scope in Scope:
            assert stream(who, scope=scope) == []
            answer = who.api.get(f"/api/v1/activity?scope={scope}")
            assert answer.json()["items"] == []
        for scope in Scope:
            assert "한빛정밀" not in who.client.get(f"/activity/?scope={scope}").content.decode()
    assert {item.what for item in stream(reader, scope=Scope.ALL)} == set(What)


def test_what_is_in_the_bin_is_not_in_the_stream_until_it_comes_back(insider, customer):
    happened(insider, customer)
    writing.delete(registry.get("customer"), [customer], actor=insider.actor)
    assert [item for item in stream(insider) if item.record.title == "한빛정밀"] == []
    writing.restore(registry.get("customer"), [customer], actor=insider.actor)
    assert any(item.restored for item in stream(insider))
    assert "되살렸어요" in insider.client.get("/activity/").content.decode()


def test_pages_follow_each_other_without_gap_or_repetition(insider):
    made = [
        writing.create(registry.get("customer"), {"name": f"고객 {number}"}, actor=insider.actor)
        for number in range(6)
    ]
    for record_id in made:
        happened(insider, record_id)
    whole = [(item.what, item.id) for item in stream(insider, scope=Scope.ALL, limit=100)]
    assert len(whole) == 18
    read, after = [], ""
    for _ in range(20):
        page = activity_page(actor=insider.actor, scope=Scope.ALL, limit=4, after=after)
        read += [(item.what, item.id) for item in page.items]
        if page.next is None:
            break
        after = page.next
    assert read == whole


def test_a_flood_that_may_not_be_seen_ends_in_a_short_page_with_a_next_one(
    insider, outsider, customer, monkeypatch
):
    monkeypatch.setattr(reading, "BATCH", 4)
    own = writing.create(registry.get("customer"), {"name": "남의 고객"}, actor=outsider.actor)
    writing.update(registry.get("customer"), own, {"city": "서울시"}, actor=outsider.actor)
    for number in range(30):
        writing.update(registry.get("customer"), customer, {"city": f"도시 {number}"}, actor=insider.actor)
    page = activity_page(actor=outsider.actor, scope=Scope.ALL, what=What.CHANGE, limit=1)
    found, pages = list(page.items), 1
    while page.next is not None:
        page = activity_page(
            actor=outsider.actor, scope=Scope.ALL, what=What.CHANGE, limit=1, after=page.next
        )
        found += page.items
        pages += 1
    assert [item.record.title for item in found] == ["남의 고객"]
    assert pages > 1


def test_what_one_act_did_to_many_records_is_one_line(insider):
    kind = registry.get("customer")
    made = writing.write(
        kind, [writing.Change({"name": f"고객 {number}"}) for number in range(5)], actor=insider.actor
    ).created
    Change.objects.all().delete()
    writing.write(kind, [writing.Change({"city": "부산시"}, id=pk) for pk in made], actor=insider.actor)
    Change.objects.update(request_id="one act")
    (item,) = stream(insider, scope=Scope.ALL)
    assert item.count == 5
    assert "5건을 바꿨어요" in insider.client.get("/activity/?scope=all").content.decode()


def test_imports_do_not_drown_the_stream_of_everybody(insider, customer):
    writing.update(
        registry.get("customer"), customer, {"city": "부산시"}, actor=insider.actor, origin="import"
    )
    assert stream(insider, scope=Scope.ALL) == []
    following.follow(actor=insider.actor, record_type=registry.get("customer"), record_id=customer)
    assert [item.what for item in stream(insider)] == [What.CHANGE]


def test_what_is_planned_has_not_happened(insider, customer):
    following.follow(actor=insider.actor, record_type=registry.get("customer"), record_id=customer)
    pk = services.interaction_log(actor=insider.actor, kind="meeting", subject="회의", customer_id=customer)
    Interaction.objects.filter(pk=pk).update(occurred_at=timezone.now() + timedelta(days=2))
    Change.objects.all().delete()
    assert stream(insider) == []


def test_the_api_gives_kinds_fields_and_a_cursor(insider, customer):
    happened(insider, customer)
    answer = insider.api.get("/api/v1/activity?kind=change&type=customer&limit=1").json()
    (item,) = answer["items"]
    assert item["record"] == {"type": "customer", "id": customer, "title": "한빛정밀"}
    assert sorted(item["fields"]) == ["city", "grade"]
    assert item["by"] == {"id": insider.id, "name": "김지우"}
    comment = insider.api.get("/api/v1/activity?kind=comment").json()["items"][0]
    assert comment["comment"]["text"] == "조용히 봐요"
    for query in ("kind=x", "scope=x", "type=none", "after=x", "after=1~2", "after=-1~2~3~", "other=1"):
        answer = insider.api.get(f"/api/v1/activity?{query}")
        assert answer.status_code == 400, query


@pytest.mark.parametrize("after", ["x", "1~2~3", "1~2~3~2026-01-01", f"{2**63}~1~1~", "1~2~3~never"])
def test_a_cursor_of_ones_own_making_is_refused(insider, after):
    assert insider.client.get("/activity/", {"after": after}).status_code == 400
    with pytest.raises(ValueError, match=r".*"):
        Place.from_text(after)


def test_a_page_costs_a_handful_of_queries_whatever_there_is(insider, customer):
    actor = insider.actor

    def cost():
        with CaptureQueriesContext(connection) as queries:
            activity_page(actor=actor, scope=Scope.ALL)
        return len(queries)

    happened(insider, customer)
    few = cost()
    for _ in range(10):
        happened(insider, customer)
    assert cost() == few <= 7


def test_the_stream_reads_history_on_its_index(insider, customer):
    happened(insider, customer)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        with CaptureQueriesContext(connection) as queries:
            activity_page(actor=insider.actor, scope=Scope.ALL)
            activity_page(actor=insider.actor)
        for used, index in (("records_change o WHERE o.\"table\" = t.name AND o.id <", "records_change_recent"),
                            ("o.record_id = f.record_id AND o.id", "records_change_record")):  # fmt: skip
            (statement,) = [one["sql"] for one in queries.captured_queries if used in one["sql"]][:1]
            cursor.execute(f"EXPLAIN {statement}")
            assert index in str(cursor.fetchall())
