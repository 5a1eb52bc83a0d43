"""Everything the kernel offers, on a record type it has never heard of."""

from decimal import Decimal

import pytest

from dangol.records import filters, registry, writing
from dangol.records.history import history
from dangol.records.lists import record_list
from dangol.records.search.query import search
from dangol.records.writing import Change
from tests.workshop.models import Machine, Repair

pytestmark = pytest.mark.django_db


@pytest.fixture
def machines():
    return registry.get("machine")


@pytest.fixture
def lathe(manager, machines):
    return writing.create(
        machines,
        {"code": "M-100", "name": "한빛 선반", "price": "12,500,000", "installed_on": "2026-03-02"},
        actor=manager.actor,
    )


def test_it_is_written_filtered_listed_and_remembered(manager, machines, lathe):
    actor = manager.actor
    writing.update(machines, lathe, {"state": "정지"}, actor=actor, version=1)
    tree = filters.parse(
        "상태 = 정지 and 가격 >= 1000만 and installed_on < 2026-04-01", machines, actor=actor
    )
    (row,) = record_list(actor=actor, record_type=machines, tree=tree).rows
    assert row["name"] == "한빛 선반"
    assert row["price"] == Decimal(12_500_000)
    (item,) = history(machines, lathe, actor=manager.actor).items
    assert [(change.name, change.before, change.after) for change in item.fields] == [
        ("state", "running", "stopped")
    ]


def test_it_is_found_by_initials_syllables_and_code(manager, outsider, machines, lathe):
    for text in ("ㅎㅂ", "선반", "M-100", "한빛"):
        assert [hit.id for hit in search(actor=manager.actor, q=text)] == [lathe], text
        assert search(actor=outsider.actor, q=text) == []


def test_it_has_pages(manager, outsider, machines, lathe):
    client = manager.client
    for path in (
        "/machines/",
        f"/machines/{lathe}/",
        f"/machines/{lathe}/edit/",
        "/machines/new/",
        f"/machines/{lathe}/history/",
        "/machines/bin/",
    ):
        assert client.get(path).status_code == 200, path
    assert outsider.client.get(f"/machines/{lathe}/").status_code == 404


def test_what_hangs_on_it_inherits_its_scope_and_follows_it_into_the_bin(manager, outsider, machines, lathe):
    repairs = registry.get("repair")
    repair = writing.create(
        repairs, {"machine": {"code": "M-100"}, "title": "축 교체", "cost": "350000"}, actor=manager.actor
    )
    assert [row["id"] for row in record_list(actor=manager.actor, record_type=repairs).rows] == [repair]
    assert record_list(actor=outsider.actor, record_type=repairs).rows == []
    tree = filters.parse("repairs.any(cost > 30만)", machines, actor=manager.actor)
    assert [row["id"] for row in record_list(actor=manager.actor, record_type=machines, tree=tree).rows] == [
        lathe
    ]
    writing.delete(machines, [lathe], actor=manager.actor)
    assert Repair.objects.get(pk=repair).deleted_at is not None


def test_it_is_served_by_the_api(manager, outsider, machines, lathe):
    answer = manager.api.get("/api/v1/machines", {"filter": "state = running", "sort": "-price"})
    assert [item["code"] for item in answer.json()["items"]] == ["M-100"]
    assert outsider.api.get(f"/api/v1/machines/{lathe}").status_code == 404
    made = manager.api.post(
        "/api/v1/machines", {"code": "M-200", "name": "새 설비"}, content_type="application/json"
    )
    assert made.status_code == 201
    assert Machine.objects.filter(code="M-200").exists()
    document = manager.api.get("/api/v1/openapi.json").json()
    assert "/api/v1/machines" in document["paths"] or "/machines" in document["paths"]


def test_batches_refuse_a_key_that_is_taken(manager, machines, lathe):
    written = writing.write(
        machines,
        [Change({"code": "M-100", "name": "또"}), Change({"code": "M-101", "name": "다른"})],
        actor=manager.actor,
        collect=True,
    )
    assert [(error.index, error.field, error.code) for error in written.errors] == [(0, "code", "unique")]
    assert Machine.objects.filter(code="M-101").exists()
