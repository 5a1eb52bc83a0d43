"""Merging for programs."""

from __future__ import annotations

from typing import Any

import pytest

from dangol.records import writing
from dangol.records.merging import merge
from dangol.records.models import Merge
from dangol.records.types import RecordType
from tests.cast import Person
from tests.records.merging.conftest import stored

pytestmark = pytest.mark.django_db
JSON = "application/json"


def post(person: Person, path: str, body: Any = None, **headers: Any) -> Any:
    return person.api.post(f"/api/v1/{path}", body or {}, content_type=JSON, **headers)


def test_merged_read_and_undone(insider: Person, pair: tuple[int, int]) -> None:
    into, other = pair
    answer = post(insider, f"customers/{into}/merge", {"others": [other], "values": {"name": other}})
    assert answer.status_code == 201
    body = answer.json()
    assert answer["Location"] == f"/api/v1/merges/{body['id']}"
    assert body["into"] == {"id": into, "title": "가온상사"}
    assert body["merged"] == [{"id": other, "title": "가온상사"}]
    assert body["values"]["name"] == other
    assert body["by"]["name"] == "김지우"
    listed = insider.api.get(f"/api/v1/merges?into={into}&type=customer").json()
    assert listed["items"] == [body]
    assert insider.api.get(f"/api/v1/merges/{body['id']}").json() == body
    undone = post(insider, f"merges/{body['id']}/undo").json()
    assert undone["undone_by"]["name"] == "김지우"
    assert stored(into).name == "가온"


def test_the_address_of_a_merged_record_is_gone_and_says_where_to(
    insider: Person, outsider: Person, pair: tuple[int, int], customer: RecordType
) -> None:
    into, other = pair
    merge(actor=insider.actor, record_type=customer, into=into, others=[other])
    where = {"id": into, "url": f"/api/v1/customers/{into}"}
    for answer in (
        insider.api.get(f"/api/v1/customers/{other}"),
        insider.api.get(f"/api/v1/customers/{other}/history"),
        insider.api.patch(f"/api/v1/customers/{other}", b'{"city": "x"}', content_type=JSON),
        insider.api.delete(f"/api/v1/customers/{other}"),
        post(insider, f"customers/{other}/merge", {"others": [into]}),
    ):
        assert answer.status_code == 410
        assert answer.json()["merged_into"] == where
    assert outsider.api.get(f"/api/v1/customers/{other}").status_code == 404
    assert insider.api.get(f"/api/v1/customers/{into}/history").json()["items"][0]["record"] == into


def test_changes_since_are_a_conflict_until_decided(
    insider: Person, pair: tuple[int, int], customer: RecordType
) -> None:
    into, other = pair
    done = merge(actor=insider.actor, record_type=customer, into=into, others=[other])
    writing.update(customer, into, {"phone": "02-999-9999"}, actor=insider.actor)
    answer = post(insider, f"merges/{done.pk}/undo")
    assert answer.status_code == 409
    assert (answer.json()["code"], [item["field"] for item in answer.json()["errors"]]) == (
        "changed_since",
        ["phone"],
    )
    assert post(insider, f"merges/{done.pk}/undo", {"keep": ["phone"]}).json()["kept"] == ["phone"]
    assert post(insider, f"merges/{done.pk}/undo").json()["code"] == "undone"


def test_bad_bodies_are_refused_with_the_field(insider: Person, pair: tuple[int, int]) -> None:
    into, other = pair
    for body, field in (
        ({}, "others"), ({"others": []}, "others"), ({"others": [True]}, "others"), ({"others": [other], "x": 1}, "x"),
        ({"others": [other], "values": {"name": "first"}}, "values"), ({"others": [other], "versions": {"a": 1}}, "versions"),
        ({"others": [other], "values": {"nothing": other}}, "nothing"), ({"others": [into]}, "others"),
    ):  # fmt: skip
        answer = post(insider, f"customers/{into}/merge", body)
        assert answer.status_code == 422, body
        assert answer.json()["errors"][0]["field"] == field
    answer = post(insider, f"customers/{into}/merge", {"others": [other], "versions": {str(other): 9}})
    assert answer.status_code == 409
    assert not Merge.objects.exists()


def test_the_same_key_merges_once(insider: Person, pair: tuple[int, int]) -> None:
    into, other = pair
    headers = {"headers": {"Idempotency-Key": "once"}}
    first = post(insider, f"customers/{into}/merge", {"others": [other]}, **headers)
    again = post(insider, f"customers/{into}/merge", {"others": [other]}, **headers)
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert Merge.objects.count() == 1


def test_who_may_not_is_told_so_or_finds_nothing(
    insider: Person, reader: Person, outsider: Person, pair: tuple[int, int], customer: RecordType
) -> None:
    into, other = pair
    assert post(reader, f"customers/{into}/merge", {"others": [other]}).status_code == 403
    assert post(outsider, f"customers/{into}/merge", {"others": [other]}).status_code == 404
    done = merge(actor=insider.actor, record_type=customer, into=into, others=[other])
    assert post(outsider, f"merges/{done.pk}/undo").status_code == 404
    assert post(reader, f"merges/{done.pk}/undo").status_code == 403
    assert outsider.api.get("/api/v1/merges").json()["items"] == []
    assert stored(other).deleted_at is not None
