"""Everything the kernel offers, on a type of records that was made a moment ago."""

from decimal import Decimal

import pytest

from dangol.identity.services import role_save
from dangol.records import fields, filters, registry, writing
from dangol.records.history import history
from dangol.records.lists import record_list
from dangol.records.objects import definitions
from dangol.records.search.query import search
from tests.cast import person
from tests.records.objects.conftest import SYSTEM

pytestmark = pytest.mark.django_db


@pytest.fixture
def lathe(insider, equipment):
    return writing.create(
        equipment,
        {"name": "한빛 선반", "x_price": "12,500,000", "x_installed": "2026-03-02", "x_state": "가동"},
        actor=insider.actor,
    )


def test_it_is_written_filtered_listed_and_remembered(insider, equipment, lathe):
    actor = insider.actor
    writing.update(equipment, lathe, {"x_state": "정지", "name": "한빛 대형 선반"}, actor=actor, version=1)
    tree = filters.parse(
        "가동 상태 = 정지 and 취득가 >= 1000만 and x_installed < 2026-04-01", equipment, actor=actor
    )
    (row,) = record_list(actor=actor, record_type=equipment, tree=tree).rows
    assert row["name"] == "한빛 대형 선반"
    assert row["number"] == "EQ-000001"
    assert row["x_price"] == Decimal(12_500_000)
    (item,) = history(equipment, lathe, actor=actor).items
    assert {(change.name, change.before, change.after) for change in item.fields} == {
        ("x_state", "running", "stopped"),
        ("name", "한빛 선반", "한빛 대형 선반"),
    }


def test_it_is_found_by_initials_syllables_and_number(insider, outsider, equipment, lathe):
    for text in ("ㅎㅂ", "선반", "EQ-000001", "한빛"):
        assert [hit.id for hit in search(actor=insider.actor, q=text)] == [lathe], text
        assert search(actor=outsider.actor, q=text) == []


def test_it_has_pages_and_a_place_in_the_menu(insider, outsider, equipment, lathe):
    client = insider.client
    for path in (
        "/x-equipment/",
        f"/x-equipment/{lathe}/",
        f"/x-equipment/{lathe}/edit/",
        "/x-equipment/new/",
        f"/x-equipment/{lathe}/history/",
        "/x-equipment/bin/",
        "/x-equipment/count/",
        "/lookup/x_equipment/",
    ):
        assert client.get(path).status_code == 200, path
    page = client.get("/x-equipment/").content.decode()
    assert "설비명" in page
    assert 'href="/x-equipment/"' in client.get("/customers/").content.decode()
    assert outsider.client.get(f"/x-equipment/{lathe}/").status_code == 404
    assert registry.by_path("x-equipment") is equipment


def test_it_is_served_by_the_api(insider, outsider, equipment, lathe):
    answer = insider.api.get("/api/v1/x-equipment", {"filter": "x_state = running", "sort": "-x_price"})
    assert [item["number"] for item in answer.json()["items"]] == ["EQ-000001"]
    assert outsider.api.get(f"/api/v1/x-equipment/{lathe}").status_code == 404
    made = insider.api.post(
        "/api/v1/x-equipment", {"name": "새 설비", "x_serial": "S-2"}, content_type="application/json"
    )
    assert made.status_code == 201
    assert made.json()["number"] == "EQ-000002"
    assert made.json()["owner"]["title"] == "김지우"
    changed = insider.api.patch(
        made["Location"],
        {"x_price": "100"},
        content_type="application/json",
        headers={"If-Match": made["ETag"]},
    )
    assert changed.json()["version"] == 2
    document = insider.api.get("/api/v1/openapi.json").json()
    assert "/x-equipment" in document["paths"]
    assert "x_serial" in document["components"]["schemas"]["XEquipmentNew"]["properties"]


def test_a_type_without_owners_is_everybodys(insider, outsider, manager, objects):
    zones = objects("구역", label_en="Zone", owned=False)
    assert "owner" not in zones.fields
    answer = insider.client.post("/x-zone/new/", {"name": "1구역"})
    assert answer.status_code == 302, answer.content.decode()
    zone = zones.model.objects.get()
    assert outsider.client.get(f"/x-zone/{zone.pk}/").status_code == 200
    assert insider.client.get("/x-zone/new/").status_code == 200
    assert "number" not in zones.fields


def test_numbers_go_on_counting_past_those_given_by_hand(insider, equipment):
    for number in ("EQ-000002", "EQ-000003"):
        writing.create(equipment, {"name": number, "number": number, "x_serial": number}, actor=insider.actor)
    written = writing.write(
        equipment,
        [writing.Change({"name": f"설비 {place}", "x_serial": f"s{place}"}) for place in range(3)],
        actor=insider.actor,
    )
    rows = equipment.model.objects.filter(pk__in=written.created).order_by("pk")
    numbers = list(rows.values_list("number", flat=True))
    assert numbers[0] == "EQ-000001"
    assert len(set(numbers) | {"EQ-000002", "EQ-000003"}) == 5
    with pytest.raises(writing.WriteError):
        writing.create(equipment, {"name": "또", "number": "EQ-000002"}, actor=insider.actor)
    writing.update(equipment, written.created[0], {"number": ""}, actor=insider.actor)
    assert rows.first().number == "EQ-000001"


def test_a_role_with_rights_on_it_alone_sees_it_alone_and_no_further_than_its_team(
    company, insider, outsider, equipment
):
    role = role_save(
        actor=SYSTEM,
        name="설비 담당",
        code="technician",
        grants=[("x_equipment", "view", "team"), ("x_equipment", "edit", "own")],
    )
    technician = person("tech@example.com", "문서윤", roles=(role.code,), team=company.seoul)
    ours, theirs = (
        writing.create(equipment, {"name": name}, actor=who.actor)
        for name, who in (("우리 선반", insider), ("남의 선반", outsider))
    )
    listed = technician.api.get("/api/v1/x-equipment").json()["items"]
    assert [item["id"] for item in listed] == [ours]
    assert technician.api.get(f"/api/v1/x-equipment/{theirs}").status_code == 404
    assert technician.api.get("/api/v1/customers").status_code == 403
    patched = technician.api.patch(
        f"/api/v1/x-equipment/{ours}", {"name": "x"}, content_type="application/json"
    )
    assert patched.status_code == 403
    made = technician.api.post("/api/v1/x-equipment", {"name": "x"}, content_type="application/json")
    assert made.status_code == 403
    assert [hit.id for hit in search(actor=technician.actor, q="선반")] == [ours]


def test_rooms_complete_its_type_like_declared_ones(monkeypatch, insider, objects):
    def contribute(record_type):
        upper = fields.Text("shouted", label="큰 소리", column="name", editable=False)
        record_type.contribute(upper, columns={"shouted": "name"})

    monkeypatch.setattr(definitions, "_contributors", [contribute])
    record_type = objects("설비", fields=("x_maker",))
    assert {"shouted", "x_maker"} <= set(record_type.list_fields)
    writing.create(record_type, {"name": "선반", "x_maker": "한빛"}, actor=insider.actor)
    (row,) = record_list(actor=insider.actor, record_type=record_type).rows
    assert (row["shouted"], row["x_maker"]) == ("선반", "한빛")
