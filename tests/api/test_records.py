"""The generic API, tried on the workshop's machines and on customers."""

import json
from urllib.parse import urlencode

import pytest

from dangol.records import registry, writing
from tests.workshop.models import Machine


def get(person, path, **parameters):
    query = f"?{urlencode(parameters)}" if parameters else ""
    return person.api.get(f"/api/v1/{path}{query}")


def send(person, method, path, data, **headers):
    return person.api.generic(
        method, f"/api/v1/{path}", json.dumps(data), content_type="application/json", headers=headers
    )


def machine(person, **values):
    values = {"code": f"M-{Machine.objects.count() + 1}", "name": "프레스", **values}
    return writing.create(registry.get("machine"), values, actor=person.actor)


def problem(response, status, code):
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["detail"]
    assert body["title"]
    return body


# reading


def test_a_page_has_items_a_cursor_and_an_honest_count(insider):
    for number in range(5):
        machine(insider, name=f"설비 {number}")
    first = get(insider, "machines", limit=2, sort="name").json()
    assert [item["name"] for item in first["items"]] == ["설비 0", "설비 1"]
    assert first["count"] == {"value": 5, "exact": True}
    second = get(insider, "machines", limit=2, sort="name", after=first["next"]).json()
    assert [item["name"] for item in second["items"]] == ["설비 2", "설비 3"]
    last = get(insider, "machines", limit=2, sort="name", after=second["next"]).json()
    assert [item["name"] for item in last["items"]] == ["설비 4"]
    assert last["next"] is None


def test_items_carry_the_fields_asked_for(insider):
    identity = machine(insider, price="1250.50", installed_on="2026-11-21")
    default = get(insider, "machines").json()["items"][0]
    assert default["id"] == identity
    assert set(default) == {"id", "version", "name", "code", "state", "price", "owner"}
    assert default["price"] == "1250.50"
    assert default["owner"] == {"id": insider.id, "title": "김지우"}
    some = get(insider, "machines", fields="name,installed_on,remark").json()["items"][0]
    assert some == {
        "id": identity,
        "version": 1,
        "name": "프레스",
        "installed_on": "2026-11-21",
        "remark": None,
    }
    assert "checked_at" in get(insider, "machines", fields="*").json()["items"][0]


def test_a_filter_works_as_text_and_as_json(insider):
    machine(insider, name="가", state="stopped", price=100)
    machine(insider, name="나", price=200)
    for text in (
        "상태 = 정지 and price < 150",
        '{"and": [{"field": "state", "op": "=", "value": "stopped"}]}',
    ):
        assert [item["name"] for item in get(insider, "machines", filter=text).json()["items"]] == ["가"]
    assert [
        item["name"] for item in get(insider, "machines", filter="owner = me", sort="-price").json()["items"]
    ] == [
        "나",
        "가",
    ]


def test_a_wrong_filter_is_pointed_at(insider):
    body = problem(get(insider, "machines", filter="stat = running"), 400, "filter")
    error = body["errors"][0]
    assert (error["field"], error["position"], error["length"]) == ("filter", 0, 4)
    assert "state" in error["expected"]
    body = problem(get(insider, "machines", filter='{"field": "state", "op": "="}'), 400, "filter")
    assert body["errors"][0]["field"] == "filter"
    problem(get(insider, "machines", filter="{nonsense"), 400, "filter")


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"sort": "nonsense"}, "sort"),
        ({"sort": "pk"}, "sort"),
        ({"sort": "owner__password"}, "sort"),
        ({"fields": "name,owner__password"}, "fields"),
        ({"limit": "0"}, "limit"),
        ({"limit": "501"}, "limit"),
        ({"limit": "٣"}, "limit"),
        ({"after": "nonsense"}, "after"),
        ({"after": "W10"}, "after"),
        ({"limt": "5"}, "limt"),
        ({"filter": "name = '\0'"}, "filter"),
    ],
)
def test_a_wrong_parameter_is_named(insider, parameters, field):
    response = get(insider, "machines", **parameters)
    body = response.json()
    assert response.status_code == 400
    assert body["errors"][0]["field"] == field


def test_a_record_has_all_fields_and_an_etag(insider):
    identity = machine(insider, remark="새 설비")
    response = get(insider, f"machines/{identity}")
    assert response["ETag"] == 'W/"1"'
    body = response.json()
    assert body["remark"] == "새 설비"
    assert body["state"] == "running"
    assert body["created_by"] == {"id": insider.id, "title": "김지우"}
    again = insider.api.get(f"/api/v1/machines/{identity}", headers={"if-none-match": 'W/"1"'})
    assert again.status_code == 304
    assert again.content == b""


def test_head_is_get_without_a_body(insider):
    identity = machine(insider)
    response = insider.api.head(f"/api/v1/machines/{identity}")
    assert response.status_code == 200
    assert response.content == b""
    assert response["ETag"] == 'W/"1"'


# writing


def test_a_record_is_created_with_defaults_and_its_address(insider):
    response = send(
        insider, "POST", "machines", {"code": "A-1", "name": "선반", "price": 1000.5, "state": "정지"}
    )
    assert response.status_code == 201
    body = response.json()
    assert response["Location"] == f"/api/v1/machines/{body['id']}"
    assert response["ETag"] == 'W/"1"'
    assert body["state"] == "stopped"
    assert body["owner"]["id"] == insider.id
    stored = Machine.objects.get()
    assert (stored.code, str(stored.price)) == ("A-1", "1000.50")


def test_references_are_named_by_id_or_key(insider):
    identity = machine(insider, code="A-1")
    for value in (identity, {"id": identity}, {"code": "A-1"}):
        response = send(insider, "POST", "repairs", {"machine": value, "title": "점검"})
        assert response.status_code == 201, response.content
        assert response.json()["machine"]["id"] == identity


def test_every_wrong_value_is_named_and_nothing_is_stored(insider):
    response = send(
        insider, "POST", "machines", {"price": "비쌈", "state": "nonsense", "colour": "red", "created_at": 1}
    )
    body = problem(response, 422, "invalid")
    assert {(error["field"], error["code"]) for error in body["errors"]} >= {
        ("price", "number"),
        ("state", "choice"),
        ("colour", "unknown_field"),
        ("created_at", "read_only"),
        ("code", "required"),
        ("name", "required"),
    }
    assert not Machine.objects.exists()


def test_a_value_that_another_record_has_is_refused(insider):
    machine(insider, code="A-1")
    body = problem(send(insider, "POST", "machines", {"code": "A-1", "name": "x"}), 422, "invalid")
    assert body["errors"][0]["code"] == "unique"


def test_a_patch_changes_only_what_it_names(insider):
    identity = machine(insider, price=5)
    response = send(insider, "PATCH", f"machines/{identity}", {"name": "새 이름"}, **{"if-match": 'W/"1"'})
    assert response.status_code == 200
    assert response["ETag"] == 'W/"2"'
    assert (response.json()["name"], response.json()["price"]) == ("새 이름", "5.00")


def test_a_stale_change_is_refused_and_says_who_was_faster(insider, manager):
    identity = machine(insider)
    assert send(manager, "PATCH", f"machines/{identity}", {"name": "먼저"}).status_code == 200
    response = send(insider, "PATCH", f"machines/{identity}", {"name": "늦게"}, **{"if-match": 'W/"1"'})
    assert "최민준" in problem(response, 412, "changed")["detail"]
    response = send(insider, "PATCH", f"machines/{identity}", {"name": "늦게", "version": 1})
    problem(response, 409, "conflict")
    problem(insider.api.delete(f"/api/v1/machines/{identity}", headers={"if-match": 'W/"1"'}), 412, "changed")
    assert Machine.objects.get().name == "먼저"


@pytest.mark.parametrize(
    ("header", "status"), [("*", 200), ('"1"', 200), ('W/"7", W/"1"', 200), ("nonsense", 412)]
)
def test_if_match_takes_every_form(insider, header, status):
    identity = machine(insider)
    assert (
        send(insider, "PATCH", f"machines/{identity}", {"name": "새"}, **{"if-match": header}).status_code
        == status
    )


def test_a_deleted_record_is_gone_and_in_the_bin(insider):
    identity = machine(insider)
    assert insider.api.delete(f"/api/v1/machines/{identity}").status_code == 204
    problem(get(insider, f"machines/{identity}"), 404, "not_found")
    assert Machine.objects.get().deleted_at
    problem(insider.api.delete(f"/api/v1/machines/{identity}"), 404, "not_found")


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        ("{}", "text/plain", 415, "content_type"),
        ("a=b", "application/x-www-form-urlencoded", 415, "content_type"),
        ("{", "application/json", 400, "json"),
        ("[]", "application/json", 400, "json"),
        ('{"name": NaN}', "application/json", 400, "json"),
        ('{"name": "\\u0000"}', "application/json", 400, "character"),
        ('{"name": "\\ud800"}', "application/json", 400, "json"),
        ('{"owner": {"name": "\\u0000"}}', "application/json", 400, "character"),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(insider, body, content_type, status, code):
    response = insider.api.generic("POST", "/api/v1/machines", body, content_type=content_type)
    problem(response, status, code)


def test_other_methods_are_named(insider):
    response = insider.api.put("/api/v1/machines", "{}", content_type="application/json")
    problem(response, 405, "method")
    assert response["Allow"] == "GET, HEAD, OPTIONS, POST"
    assert insider.api.options("/api/v1/machines").status_code == 204


@pytest.mark.parametrize(
    "path", ["nonsense", "machines/", "machines/x", "machines/0", "machines/99999999999999999999", "machines/-1",
             "machines/1/nonsense", "machines/1/history/2", "Machines", ""],
)  # fmt: skip
def test_an_address_that_leads_nowhere_is_a_problem_too(insider, path):
    problem(get(insider, path), 404, "not_found")


# who may


def test_nobody_without_a_name_gets_in(client, insider):
    identity = machine(insider)
    for path in ("machines", f"machines/{identity}", "search?q=a", "openapi.json", "nonsense", "docs"):
        response = client.get(f"/api/v1/{path}")
        assert response.status_code == 401, path
        assert response["Content-Type"] == "application/problem+json"
        assert response["WWW-Authenticate"].startswith("Bearer")
    assert client.post("/api/v1/machines", "{}", content_type="application/json").status_code == 401


def test_another_teams_record_does_not_exist(insider, outsider):
    identity = machine(insider, name="비밀 설비")
    assert get(outsider, "machines").json() == {
        "items": [],
        "next": None,
        "count": {"value": 0, "exact": True},
    }
    for path in (f"machines/{identity}", f"machines/{identity}/history", f"machines/{identity}/timeline"):
        problem(get(outsider, path), 404, "not_found")
    problem(send(outsider, "PATCH", f"machines/{identity}", {"name": "x"}), 404, "not_found")
    problem(
        send(outsider, "PATCH", f"machines/{identity}", {"name": "x"}, **{"if-match": 'W/"1", W/"2"'}),
        404,
        "not_found",
    )
    problem(outsider.api.delete(f"/api/v1/machines/{identity}"), 404, "not_found")
    assert get(outsider, "search", q="비밀 설비").json() == {"items": []}
    problem(send(outsider, "POST", "repairs", {"machine": identity, "title": "x"}), 422, "invalid")
    assert Machine.objects.get().name == "비밀 설비"


def test_a_reader_reads_and_a_nobody_does_not(insider, reader, nobody):
    identity = machine(insider)
    assert get(reader, f"machines/{identity}").status_code == 200
    problem(send(reader, "PATCH", f"machines/{identity}", {"name": "x"}), 403, "forbidden")
    problem(send(reader, "POST", "machines", {"code": "x", "name": "x"}), 403, "forbidden")
    problem(reader.api.delete(f"/api/v1/machines/{identity}"), 403, "forbidden")
    problem(get(nobody, "machines"), 403, "forbidden")
    stored = Machine.objects.get()
    assert (stored.name, stored.deleted_at) == ("프레스", None)


def test_a_browser_needs_the_csrf_token(insider):
    from django.test import Client

    browser = Client(enforce_csrf_checks=True)
    browser.force_login(insider.user)
    assert browser.get("/api/v1/machines").status_code == 200
    response = browser.post(
        "/api/v1/machines", json.dumps({"code": "x", "name": "x"}), content_type="application/json"
    )
    problem(response, 403, "csrf")
    assert not Machine.objects.exists()


# beside the record


def test_history_tells_who_changed_what(insider, manager):
    identity = machine(insider)
    send(manager, "PATCH", f"machines/{identity}", {"name": "새 이름", "price": 7})
    body = get(insider, f"machines/{identity}/history").json()
    item = body["items"][0]
    assert item["actor"] == {"id": manager.id, "name": "최민준"}
    assert item["origin"] == "api"
    assert {"field": "name", "before": "프레스", "after": "새 이름"} in item["changes"]
    problem(get(insider, f"machines/{identity}/history", after="x"), 400, "parameter")


def test_the_timeline_of_a_customer_tells_what_happened(insider):
    customer = send(insider, "POST", "customers", {"name": "한빛전자", "kind": "company"}).json()["id"]
    response = send(
        insider, "POST", "interactions",
        {"kind": "note", "customer": customer, "subject": "첫 통화", "occurred_at": "2026-11-21T10:00"},
    )  # fmt: skip
    assert response.status_code == 201, response.content
    items = get(insider, f"customers/{customer}/timeline").json()["items"]
    assert any(item["title"] == "첫 통화" for item in items), items
    problem(get(insider, f"customers/{customer}/timeline", after="nonsense"), 400, "parameter")


def test_search_finds_over_all_types(insider):
    send(insider, "POST", "customers", {"name": "홍길동", "kind": "person"})
    body = get(insider, "search", q="ㅎㄱㄷ").json()
    assert [item["title"] for item in body["items"]] == ["홍길동"]
    assert body["items"][0]["type"] == "customer"
    assert body["items"][0]["url"].startswith("/api/v1/customers/")
    assert get(insider, "search", q="ㅎㄱㄷ", types="contacts").json()["items"] == []
    problem(get(insider, "search"), 400, "required")
    problem(get(insider, "search", q="x", types="nonsense"), 400, "parameter")


# budget


def test_a_list_costs_two_queries_beside_the_token(insider, django_assert_max_num_queries):
    for _number in range(3):
        machine(insider)
    get(insider, "machines")
    with django_assert_max_num_queries(4):
        get(insider, "machines")
    with django_assert_max_num_queries(4):
        get(insider, f"machines/{Machine.objects.first().pk}")
