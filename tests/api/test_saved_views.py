"""Saved views through the API."""

import orjson
import pytest
from django.test import Client

from dangol.identity.services import token_create
from dangol.records.models import SavedView
from tests.cast import SYSTEM

pytestmark = pytest.mark.django_db


def post(person, body, path="customers"):
    return person.api.post(f"/api/v1/views/{path}", orjson.dumps(body), content_type="application/json")


def patch(person, number, body, **headers):
    return person.api.patch(
        f"/api/v1/views/customers/{number}",
        orjson.dumps(body),
        content_type="application/json",
        headers=headers,
    )


def test_a_view_is_kept_read_changed_and_taken_away(insider):
    made = post(insider, {"name": "유지", "state": {"filter": "stage = active", "as": "board"}})
    assert made.status_code == 201, made.content
    view = made.json()
    assert view["state"] == {"filter": "stage = active", "as": "board"}
    assert insider.api.get("/api/v1/views/customers").json()["items"] == [view]
    changed = patch(insider, view["id"], {"name": "새 이름", "version": 1})
    assert changed.json()["name"] == "새 이름"
    assert changed.json()["state"] == view["state"]
    assert changed["ETag"] == 'W/"2"'
    assert patch(insider, view["id"], {"name": "x"}, **{"if-match": 'W/"1"'}).status_code == 412
    assert patch(insider, view["id"], {"name": "x", "version": 1}).status_code == 409
    assert insider.api.delete(f"/api/v1/views/customers/{view['id']}").status_code == 204
    assert insider.api.get(f"/api/v1/views/customers/{view['id']}").status_code == 404


def test_others_find_change_and_delete_nothing(insider, teammate, administrator):
    number = post(insider, {"name": "나만"}).json()["id"]
    for other in (teammate, administrator):
        assert other.api.get("/api/v1/views/customers").json()["items"] == []
        assert other.api.get(f"/api/v1/views/customers/{number}").status_code == 404
        assert patch(other, number, {"name": "x"}).status_code == 404
        assert other.api.delete(f"/api/v1/views/customers/{number}").status_code == 404
    view = SavedView.objects.get()
    assert (view.name, view.version, view.deleted_at) == ("나만", 1, None)


def test_a_token_that_may_only_look_changes_no_view(insider):
    number = post(insider, {"name": "나만"}).json()["id"]
    _token, text = token_create(user=insider.user, name="looks", actions=["view"], actor=SYSTEM)
    looker = Client(headers={"authorization": f"Bearer {text}"})
    address = f"/api/v1/views/customers/{number}"
    assert looker.get(address).status_code == 200
    assert looker.patch(address, "{}", content_type="application/json").status_code == 403
    assert looker.delete(address).status_code == 403
    assert looker.post("/api/v1/views/customers", {}, content_type="application/json").status_code == 403
    view = SavedView.objects.get()
    assert (view.version, view.deleted_at) == (1, None)


def test_what_is_wrong_is_said_with_its_field(insider, nobody):
    for body, field in (
        ({}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "x", "audience": "world"}, "audience"),
        ({"name": "x", "state": {"nonsense": "1"}}, "state"),
        ({"name": "x", "owner": 3}, "owner"),
        ({"name": "x", "pinned": "maybe"}, "pinned"),
    ):
        answer = post(insider, body)
        assert answer.status_code == 422, body
        assert answer.json()["errors"][0]["field"] == field
    assert post(insider, {"name": "x", "audience": "everyone"}).status_code == 403
    assert post(nobody, {"name": "x"}).status_code == 403
    assert not SavedView.objects.exists()
