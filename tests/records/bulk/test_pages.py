"""The pages of bulk acts: from the list to the result, for those who may."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from dangol.customers.models import Customer
from dangol.records.bulk import jobs, runs
from dangol.records.bulk.selection import Selection
from dangol.records.models import BulkRun
from tests.cast import Person
from tests.records.bulk.conftest import change, done

pytestmark = pytest.mark.django_db


def token(client: Client, path: str = "/customers/") -> str:
    found = re.search(r'data-token="([^"]+)"', client.get(path).content.decode())
    assert found, "the list carries no selection"
    return found.group(1)


def hidden(answer: Any, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', answer.content.decode())
    assert found, name
    return found.group(1)


def previewed(client: Client, **posted: Any) -> Any:
    given = {"act": "edit", "step": "preview", "change": "city", "op-city": "set", "city": "인천", **posted}
    given.setdefault("list", token(client))
    return client.post("/customers/bulk/", given)


def test_ticked_rows_are_changed_at_once_and_the_message_leads_to_the_undo(
    insider: Person, mine: list[int]
) -> None:
    asked = insider.client.post(
        "/customers/bulk/", {"list": token(insider.client), "ids": f"{mine[0]},{mine[1]}", "act": "edit"}
    )
    assert "2개 선택" in asked.content.decode()
    seen = previewed(insider.client, chosen=hidden(asked, "chosen"))
    text = seen.content.decode()
    assert "<del>부산</del> → <b>인천</b>" in text
    answer = insider.client.post(
        "/customers/bulk/", {"step": "run", "plan": hidden(seen, "plan")}, follow=True
    )
    run = BulkRun.objects.get()
    assert f"/bulk/{run.key}/" in answer.content.decode()
    assert (run.state, run.changed) == ("finished", 2)
    insider.client.post(f"/bulk/{run.key}/undo/")
    run.refresh_from_db()
    assert run.undo == "done"
    assert not Customer.objects.filter(city="인천").exists()


def test_all_of_a_filter_but_some_over_all_pages(insider: Person, mine: list[int]) -> None:
    path = "/customers/?filter=city+%3D+%22서울%22"
    seen = previewed(insider.client, list=token(insider.client, path), all="1", **{"not": str(mine[1])})
    insider.client.post("/customers/bulk/", {"step": "run", "plan": hidden(seen, "plan")})
    assert Customer.objects.filter(city="인천").count() == 4
    assert Customer.objects.get(pk=mine[1]).city == "서울"


def test_more_than_fifty_go_into_the_background(
    insider: Person, mine: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "AT_ONCE", 5)
    seen = previewed(insider.client, all="1")
    answer = insider.client.post("/customers/bulk/", {"step": "run", "plan": hidden(seen, "plan")})
    run = BulkRun.objects.get()
    assert answer.url == f"/bulk/{run.key}/"
    assert run.state == "waiting"
    assert "hx-trigger" in insider.client.get(answer.url).content.decode()
    jobs.run(run_id=run.pk)
    assert insider.client.get(f"/bulk/{run.key}/progress/")["HX-Refresh"] == "true"
    page = insider.client.get(answer.url).content.decode()
    assert "10" in page
    assert Customer.objects.filter(city="인천").count() == 10


def test_a_plan_is_of_one_person_and_one_type_and_unchanged(
    insider: Person, teammate: Person, mine: list[int]
) -> None:
    plan = hidden(previewed(insider.client, all="1"), "plan")
    for client, path, text in (
        (teammate.client, "/customers/bulk/", plan),
        (insider.client, "/contacts/bulk/", plan),
        (insider.client, "/customers/bulk/", plan[:-2] + "xx"),
        (insider.client, "/customers/bulk/", ""),
    ):
        answer = client.post(path, {"step": "run", "plan": text})
        assert answer.status_code == 302
    assert not BulkRun.objects.exists()
    assert not Customer.objects.filter(city="인천").exists()


@pytest.mark.django_db(transaction=True)
def test_a_plan_that_is_sent_twice_is_carried_out_once(insider: Person, mine: list[int]) -> None:
    Customer.objects.update(since="2026-01-01")
    seen = previewed(insider.client, all="1", change="since", **{"op-since": "days", "by-since": "7"})
    for _time in range(2):
        insider.client.post("/customers/bulk/", {"step": "run", "plan": hidden(seen, "plan")})
    assert BulkRun.objects.count() == 1
    assert {f"{day}" for day in Customer.objects.values_list("since", flat=True)} == {"2026-01-08"}


def test_errors_stand_beside_the_field(insider: Person, mine: list[int]) -> None:
    answer = previewed(insider.client, all="1", change="stage", **{"op-stage": "set", "stage": "nonsense"})
    assert answer.status_code == 422
    assert 'id="f-stage-error"' in answer.content.decode()
    assert "plan" not in re.findall(r'name="(\w+)"', answer.content.decode())


def test_who_may_change_nothing_has_no_boxes(reader: Person, outsider: Person, mine: list[int]) -> None:
    page = reader.client.get("/customers/").content.decode()
    assert "고객 01" in page
    assert "data-token" not in page
    assert 'class="pick"' not in page
    assert reader.client.post("/customers/bulk/", {"act": "edit"}).status_code == 404
    answer = previewed(outsider.client, ids=",".join(map(str, mine)))
    assert "고객 0" not in answer.content.decode()


def test_a_result_is_shared_with_those_who_see_the_records_and_shows_each_what_he_sees(
    insider: Person, teammate: Person, outsider: Person, mine: list[int], theirs: list[int]
) -> None:
    run = done(insider.actor, Selection(), settings=change(city={"set": "인천"}))
    assert run.refused == 2
    path = f"/bulk/{run.key}/"
    for person in (insider, teammate):
        page = person.client.get(path).content.decode()
        assert "이웃 0" in page
        assert "바꿀 수는 없어요" in page
    file = insider.client.get(f"{path}refused.csv")
    lines = b"".join(file.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 3
    assert insider.client.get("/bulk/").content.decode().count(path) == 1
    for name in ("", "progress/", "undo/progress/", "refused.csv"):
        assert outsider.client.get(path + name).status_code == 404
    assert teammate.client.post(f"{path}undo/").status_code == 302
    run.refresh_from_db()
    assert run.undo == "", "a colleague looks on; taking it back is for whose it is"
    assert outsider.client.post(f"{path}undo/").status_code == 404


def test_the_bin_is_emptied_back_by_restoring_many(insider: Person, mine: list[int]) -> None:
    done(insider.actor, Selection(), "delete")
    given = {"list": token(insider.client, "/customers/bin/"), "all": "1", "act": "restore"}
    seen = insider.client.post("/customers/bulk/", given)
    insider.client.post("/customers/bulk/", {"step": "run", "plan": hidden(seen, "plan")})
    assert Customer.objects.filter(deleted_at__isnull=True).count() == 10


def test_the_count_of_all_is_exact_and_of_ones_own(
    insider: Person, outsider: Person, mine: list[int], theirs: list[int]
) -> None:
    assert insider.client.get("/customers/bulk/count/").json()["count"] == 12
    assert insider.client.get("/customers/bulk/count/?filter=city+%3D+%22서울%22").json()["count"] == 5
    assert outsider.client.get("/customers/bulk/count/").json()["count"] == 0
