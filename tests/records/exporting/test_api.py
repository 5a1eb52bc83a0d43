"""`GET /api/v1/{records}/export`."""

from __future__ import annotations

import csv
import io
import json
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from dangol.identity.services import token_create
from dangol.records import registry, writing
from dangol.records.models import ExportRun, ExportState
from tests.cast import SYSTEM, Person
from tests.records.exporting.conftest import REASON, body, table

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/customers/export"


def get(client: Client, **parameters: str) -> Any:
    return client.get(ADDRESS, {"reason": REASON, **parameters})


def test_json_lines_come_by_themselves(manager: Person, customers: list[int]) -> None:
    answer = get(manager.api, filter='external_id starts with "C"', sort="-name", fields="name,stage,parent")
    assert answer["Content-Type"] == "application/x-ndjson"
    assert [json.loads(line) for line in body(answer).splitlines()] == [
        {"id": customers[0], "name": "한빛정밀", "stage": "active", "parent": None, "external_id": "C-1"},
        {
            "id": customers[1],
            "name": "서광테크",
            "stage": "prospect",
            "parent": {"id": customers[0], "title": "한빛정밀", "external_id": "C-1"},
            "external_id": "C-2",
        },
    ]
    run = ExportRun.objects.get()
    assert (run.origin, run.rows, run.reason, run.state) == ("api", 2, REASON, ExportState.FINISHED)


def test_the_other_formats_come_when_asked_for(manager: Person, customers: list[int]) -> None:
    answer = get(manager.api, format="csv", encoding="cp949", fields="*")
    assert answer["Content-Type"] == "text/csv; charset=cp949"
    assert len(list(csv.DictReader(io.StringIO(body(answer).decode("cp949"), newline="")))) == 3
    assert body(get(manager.api, format="xlsx"))[:2] == b"PK"
    assert body(get(manager.api, format="parquet"))[:4] == b"PAR1"


def test_the_reason_may_stand_in_a_header(manager: Person, customers: list[int]) -> None:
    refused = manager.api.get(ADDRESS)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "reason")
    answer = manager.api.get(ADDRESS, headers={"Export-Reason": quote(REASON)})
    assert len(body(answer).splitlines()) == 3
    assert ExportRun.objects.get().reason == REASON


@pytest.mark.parametrize(
    ("parameters", "status", "field"),
    [
        ({"format": "doc"}, 400, "format"),
        ({"encoding": "cp949"}, 400, "encoding"),
        ({"format": "csv", "encoding": "utf-16"}, 400, "encoding"),
        ({"fields": "name,secret"}, 400, "fields"),
        ({"sort": "secret"}, 400, "sort"),
        ({"filter": "name ="}, 400, "filter"),
        ({"limit": "5"}, 400, "limit"),
        ({"reason": "x"}, 400, "reason"),
    ],
)
def test_what_cannot_be_is_refused_with_the_parameter(
    manager: Person, customers: list[int], parameters: dict[str, str], status: int, field: str
) -> None:
    answer = get(manager.api, **parameters)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (status, field)
    assert not ExportRun.objects.exists()


def test_a_file_that_would_lose_characters_is_refused(manager: Person, customers: list[int]) -> None:
    writing.create(registry.get("customer"), {"name": "🙂 상회"}, actor=manager.actor)
    answer = get(manager.api, format="csv", encoding="cp949")
    assert (answer.status_code, answer.json()["code"]) == (422, "lossy")
    run = ExportRun.objects.get()
    assert (run.state, run.rows, run.path, run.losses["replaced"]) == (ExportState.FAILED, 0, "", 1)
    assert len(table(body(get(manager.api, format="csv")))) == 4


def test_who_may_not_export_gets_nothing(
    outsider: Person, nobody: Person, insider: Person, manager: Person, customers: list[int]
) -> None:
    for person in (outsider, nobody, insider):
        assert get(person.api).status_code == 403
    _token, text = token_create(user=manager.user, name="looks", actions=["view"], actor=SYSTEM)
    assert get(Client(headers={"authorization": f"Bearer {text}"})).status_code == 403
    assert get(Client()).status_code == 401
    assert manager.api.get("/api/v1/unknown/export").status_code == 404
    assert manager.api.post(ADDRESS).status_code == 405
    assert not ExportRun.objects.exists()


def test_head_says_what_would_come_and_takes_nothing(manager: Person, customers: list[int]) -> None:
    answer = manager.api.head(ADDRESS, {"reason": REASON, "format": "csv"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert not ExportRun.objects.exists()
