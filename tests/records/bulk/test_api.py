"""Bulk acts for programs: a dry run, a job to poll, its refusals, and taking it back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from dangol.customers.models import Customer
from dangol.identity.services import token_create
from dangol.records.bulk import jobs
from dangol.records.models import BulkRun
from tests.cast import SYSTEM, Person

pytestmark = pytest.mark.django_db
PATH = "/api/v1/customers/bulk"


def post(client: Client, body: Any, path: str = PATH, **headers: str) -> Any:
    return client.post(path, json.dumps(body), content_type="application/json", headers=headers)


def test_a_dry_run_says_what_would_happen_and_changes_nothing(
    insider: Person, mine: list[int], theirs: list[int]
) -> None:
    body = {"select": {"filter": ""}, "change": {"city": {"set": "서울"}}, "dry_run": True}
    answer = post(insider.api, body)
    assert answer.status_code == 200
    told = answer.json()
    assert [told[name] for name in ("selected", "changing", "already", "forbidden")] == [12, 5, 5, 2]
    assert told["examples"][0]["changes"] == [{"field": "city", "before": "부산", "after": "서울"}]
    assert not BulkRun.objects.exists()
    assert Customer.objects.filter(city="서울").count() == 5


def test_a_job_is_polled_and_taken_back(insider: Person, mine: list[int], theirs: list[int]) -> None:
    body = {"select": {"filter": "stage = active", "except": [mine[0]]}, "change": {"city": {"set": "인천"}}}
    answer = post(insider.api, body, **{"Idempotency-Key": "once"})
    assert answer.status_code == 202
    address = answer["Location"]
    assert post(insider.api, body, **{"Idempotency-Key": "once"})["Location"] == address
    run = BulkRun.objects.get()
    assert insider.api.get(address).json()["state"] == "waiting"
    jobs.run(run_id=run.pk)
    told = insider.api.get(address).json()
    assert (told["state"], told["changed"], told["refused"]) == ("finished", 9, 2)
    refused = insider.api.get(f"{address}/refusals?limit=1").json()
    assert refused["items"][0]["code"] == "forbidden"
    assert refused["items"][0]["title"].startswith("이웃")
    rest = insider.api.get(f"{address}/refusals?after={refused['next']}").json()
    assert (len(rest["items"]), rest["next"]) == (1, None)
    assert post(insider.api, {}, f"{address}/undo").status_code == 202
    jobs.undo(run_id=run.pk, user_id=insider.id)
    assert insider.api.get(address).json()["put_back"] == 9
    assert post(insider.api, {}, f"{address}/undo").status_code == 409
    assert not Customer.objects.filter(city="인천").exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "select"),
        ({"select": {}}, "select"),
        ({"select": {"ids": []}}, "select"),
        ({"select": {"ids": ["x"]}}, "ids"),
        ({"select": {"ids": [2**70]}}, "ids"),
        ({"select": {"ids": [True]}}, "ids"),
        ({"select": {"ids": [1], "filter": ""}}, "select"),
        ({"select": {"filter": ""}}, "change"),
        ({"select": {"filter": ""}, "change": {"city": "서울"}}, "city"),
        ({"select": {"filter": ""}, "change": {"nothing": {"set": 1}}}, "nothing"),
        ({"select": {"filter": ""}, "change": {"city": {"set": "x"}}, "dry_run": "yes"}, "dry_run"),
        ({"select": {"filter": ""}, "act": "explode"}, "act"),
        ({"select": {"filter": ""}, "act": ["edit"]}, "act"),
        ({"select": {"filter": "city = x"}, "act": "restore"}, "select"),
        ({"selct": {"filter": ""}}, "selct"),
    ],
)
def test_what_makes_no_sense_is_answered_with_the_place(insider: Person, body: Any, field: str) -> None:
    answer = post(insider.api, body)
    assert answer.status_code == 422, answer.content
    assert answer.json()["errors"][0]["field"] == field
    assert not BulkRun.objects.exists()


def test_a_wrong_filter_is_explained(insider: Person) -> None:
    answer = post(insider.api, {"select": {"filter": "city ="}, "change": {"city": {"set": "x"}}})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "filter"


def test_a_token_that_may_edit_deletes_nothing(insider: Person, mine: list[int]) -> None:
    _token, text = token_create(user=insider.user, name="edits", actions=["view", "edit"], actor=SYSTEM)
    client = Client(headers={"authorization": f"Bearer {text}"})
    assert post(client, {"select": {"filter": ""}, "act": "delete"}).status_code == 403
    assert not BulkRun.objects.exists()


def test_jobs_of_others_are_not_there(insider: Person, outsider: Person, mine: list[int]) -> None:
    answer = post(insider.api, {"select": {"ids": mine}, "change": {"city": {"set": "인천"}}})
    for path in ("", "/refusals"):
        assert outsider.api.get(answer["Location"] + path).status_code == 404
    for path in ("/undo", "/cancel"):
        assert post(outsider.api, {}, answer["Location"] + path).status_code == 404
    assert post(insider.api, {}, f"{answer['Location']}/cancel").json()["state"] == "cancelled"
    assert insider.api.get("/api/v1/bulk/secret").status_code == 404
