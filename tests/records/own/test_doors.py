"""Own fields through every way in and out: API, forms, cells, import, export, undo."""

import json
from decimal import Decimal

import pytest

from dangol.records import registry, writing
from dangol.records.lists import record_get, record_list
from tests.records.own.conftest import CHOICES
from tests.records.own.test_values import VALUES, made

pytestmark = pytest.mark.django_db


def test_the_api_takes_and_gives_own_fields_beside_the_others(insider, every_kind):
    every_kind("machine")
    body = {
        "code": "A-1", "name": "선반", "x_weight": "12345678901234.567891", "x_tags": ["금", "bronze"], "x_vip": True,
        "x_day": "2026-11-21", "x_buddy": {"id": insider.id}, "x_moment": "2026-11-21T14:30:00+09:00", "x_grade": "은",
    }  # fmt: skip
    answer = insider.api.post("/api/v1/machines", json.dumps(body), content_type="application/json")
    assert answer.status_code == 201, answer.content
    shown = answer.json()
    assert shown["x_weight"] == "12345678901234.567891"
    assert (shown["x_tags"], shown["x_grade"], shown["x_day"]) == (["gold", "bronze"], "silver", "2026-11-21")
    assert shown["x_moment"] == "2026-11-21T05:30:00+00:00"
    assert shown["x_buddy"] == {"id": insider.id, "title": "김지우"}
    address = f"/api/v1/machines/{shown['id']}"
    changed = insider.api.patch(
        address, json.dumps({"x_tags": None, "x_count": 3}), content_type="application/json"
    )
    assert (changed.json()["x_tags"], changed.json()["x_count"]) == (None, 3)
    wrong = insider.api.patch(address, json.dumps({"x_grade": "platinum"}), content_type="application/json")
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["field"] == "x_grade"
    found = insider.api.get(
        "/api/v1/machines?filter=x_count = 3 and x_vip = true&sort=-x_weight&fields=x_weight"
    ).json()
    assert [item["id"] for item in found["items"]] == [shown["id"]]


@pytest.mark.parametrize("path", ["machines", "customers"])
def test_forms_pages_and_cells_show_and_take_own_fields(path, insider, own):
    name = registry.by_path(path).name
    own(name, "x_tags", "multi_choice", "관심사", settings={"choices": CHOICES}, group="추가로 아는 것")
    own(name, "x_count", "integer", "개수", settings={"unit": "개"})
    record_id = made(name, insider.actor)
    page = insider.client.get(f"/{path}/{record_id}/edit/").content.decode()
    assert "추가로 아는 것" in page
    assert 'value="bronze"' in page
    version = record_get(actor=insider.actor, record_type=registry.get(name), record_id=record_id)["version"]
    answer = insider.client.post(
        f"/{path}/{record_id}/cell/x_tags/", {"x_tags": ["", "gold", "bronze"], "version": version}
    )
    assert answer.status_code == 200
    assert "금" in answer.content.decode()
    insider.client.post(f"/{path}/{record_id}/cell/x_count/", {"x_count": "1,200", "version": version + 1})
    shown = insider.client.get(f"/{path}/{record_id}/").content.decode()
    assert "추가로 아는 것" in shown
    assert "1,200 개" in shown
    assert (
        "1,200 개" in insider.client.get(f"/{path}/?cols=x_count&cols=x_tags&sort=x_count").content.decode()
    )
    assert "관심사" in insider.client.get(f"/{path}/{record_id}/history/").content.decode()


def test_a_form_shows_a_field_when_its_condition_holds(insider, own):
    own("machine", "x_count", "integer", "개수")
    own("machine", "x_note", "text", "고장 원인", condition="state = stopped and x_count > 3")
    assert insider.client.post("/machines/shown/", {"state": "stopped", "x_count": "4"}).json() == {
        "hidden": []
    }
    assert insider.client.post("/machines/shown/", {"state": "stopped", "x_count": "2"}).json() == {
        "hidden": ["x_note"]
    }
    page = insider.client.get("/machines/new/").content.decode()
    assert 'data-field="x_note" hidden' in page
    assert 'data-conditions="/machines/shown/"' in page
    record_id = made("machine", insider.actor, x_note="나중")
    assert "고장 원인" not in insider.client.get(f"/machines/{record_id}/").content.decode()
    writing.update(
        registry.get("machine"), record_id, {"state": "stopped", "x_count": 9}, actor=insider.actor
    )
    assert "고장 원인" in insider.client.get(f"/machines/{record_id}/").content.decode()


@pytest.mark.parametrize("form", ["csv", "xlsx", "jsonl", "parquet"])
def test_an_export_holds_own_fields_of_every_kind(form, insider, manager, every_kind):
    every_kind("machine")
    record_id = made("machine", insider.actor, **VALUES, x_buddy=insider.id)
    names = ",".join(["code", *VALUES, "x_buddy"])
    answer = manager.api.get(f"/api/v1/machines/export?format={form}&fields={names}")
    assert answer.status_code == 200, answer.content
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    assert record_id
    if form == "csv":
        text = content.decode("utf-8-sig")
        assert "12345678901234.567891" in text
        assert "금, 동" in text
        assert "김지우" in text
        assert "2026-11-21" in text
    if form == "jsonl":
        line = json.loads(content.decode().splitlines()[0])
        assert (line["x_weight"], line["x_tags"], line["x_count"]) == (
            "12345678901234.567891",
            ["gold", "bronze"],
            12,
        )
    if form == "parquet":
        import io

        import pyarrow.parquet as pq

        row = pq.read_table(io.BytesIO(content)).to_pylist()[0]
        assert (row["x_tags"], row["x_weight"]) == (["gold", "bronze"], Decimal("12345678901234.567891"))


def test_columns_of_a_list_beyond_a_dozen_come_out_of_one_reading(insider, every_kind):
    every_kind("machine")
    record_id = made("machine", insider.actor, **VALUES)
    rows = record_list(actor=insider.actor, record_type=registry.get("machine"), columns=list(VALUES)).rows
    assert {name: rows[0][name] for name in VALUES} == VALUES
    assert rows[0]["id"] == record_id


def test_a_slow_list_proposes_an_index_to_whoever_can_have_one(administrator, insider, own, monkeypatch):
    definition = own("machine", "x_note")
    made("machine", insider.actor, x_note="있음")
    address = "/machines/?filter=x_note+is+not+empty"
    assert f"/settings/fields/{definition.pk}/" not in administrator.client.get(address).content.decode()
    monkeypatch.setattr("dangol.records.views.lists.SLOW_SECONDS", -1)
    assert f"/settings/fields/{definition.pk}/" in administrator.client.get(address).content.decode()
    assert f"/settings/fields/{definition.pk}/" not in administrator.client.get("/machines/").content.decode()
    assert f"/settings/fields/{definition.pk}/" not in insider.client.get(address).content.decode()
