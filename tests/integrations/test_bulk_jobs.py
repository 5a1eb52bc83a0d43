"""Bulk jobs do for many lines what the API does for one, and lose none of them."""

from __future__ import annotations

import gzip
import json

import pytest
from django.test import Client

from dangol.identity.services import token_create, token_revoke
from dangol.integrations.bulk import engine, services, storage
from dangol.integrations.models import BulkJob
from dangol.records import registry, writing
from dangol.records.models import Change
from tests.cast import SYSTEM

pytestmark = pytest.mark.django_db
NDJSON = "application/x-ndjson"


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.DATA = tmp_path


@pytest.fixture
def customers():
    return registry.get("customer")


def body(*lines) -> bytes:
    return (
        b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines) + b"\n"
    )


def send(api, operation, *lines, status=202, by="", headers=None, raw=None):
    query = f"type=customer&operation={operation}" + (f"&by={by}" if by else "")
    answer = api.post(
        f"/api/v1/bulk?{query}",
        raw if raw is not None else body(*lines),
        content_type=NDJSON,
        headers=headers,
    )
    assert answer.status_code == status, answer.content
    return answer.json()


def work(api, job):
    """What the worker does; then the job and its results."""
    engine.run(BulkJob.objects.get(key=job["id"]))
    results = b"".join(api.get(job["results"]).streaming_content)
    return api.get(f"/api/v1/bulk/jobs/{job['id']}").json(), [
        json.loads(line) for line in results.splitlines()
    ]


def test_every_line_is_in_or_answered_with_its_reason(insider, customers):
    job = send(
        insider.api, "create",
        {"name": "한빛상사", "city": "부산"}, b"{broken", {"name": ""}, {"nothing": 1}, b"[1]", b'{"name": "a\\u0000b"}',
        {"name": "두리상사"}, {"id": 5, "name": "x"}, b"",
    )  # fmt: skip
    assert job["state"] == "waiting"
    done, results = work(insider.api, job)
    assert (done["state"], done["rows"], done["created"], done["failed"]) == ("finished", 8, 2, 6)
    assert [line["line"] for line in results] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [line["status"] == "created" for line in results] == [
        True,
        False,
        False,
        False,
        False,
        False,
        True,
        False,
    ]
    assert results[2]["errors"][0]["field"] == "name"
    assert results[3]["errors"][0]["field"] == "nothing"
    assert customers.model.objects.get(pk=results[0]["id"]).owner_id == insider.id
    failed = b"".join(insider.api.get(f"{job['results']}?only=failed").streaming_content)
    assert len(failed.splitlines()) == 6


def test_known_records_are_changed_and_new_ones_made(insider, customers):
    number = writing.create(customers, {"name": "한빛상사", "external_id": "A"}, actor=insider.actor)
    job = send(
        insider.api, "upsert",
        {"external_id": "A", "city": "부산"}, {"external_id": "B", "name": "두리상사"}, {"external_id": "B", "city": "서울"},
        {"name": "누구"}, {"external_id": "A", "city": "부산"}, by="external_id",
    )  # fmt: skip
    done, results = work(insider.api, job)
    assert [line["status"] for line in results] == ["updated", "created", "updated", "failed", "unchanged"]
    assert results[0]["id"] == number
    assert results[1]["id"] == results[2]["id"]
    assert customers.model.objects.count() == 2
    assert done["rows"] == 5
    assert set(Change.objects.values_list("origin", flat=True)) == {"api"}


def test_changing_asks_for_ids_and_hears_versions(insider, outsider, customers):
    first, second = (writing.create(customers, {"name": name}, actor=insider.actor) for name in ("가", "나"))
    job = send(
        insider.api, "update",
        {"id": first, "city": "부산"}, {"id": second, "city": "부산", "version": 7}, {"city": "x"}, {"id": 10**12, "city": "x"},
        {"id": first, "street": "해운대로"},
    )  # fmt: skip
    _done, results = work(insider.api, job)
    assert [line["status"] for line in results] == ["updated", "failed", "failed", "failed", "updated"]
    assert results[1]["errors"][0]["code"] == "conflict"
    theirs = send(outsider.api, "update", {"id": first, "city": "대전"})
    _done, results = work(outsider.api, theirs)
    assert results[0]["status"] == "failed"
    assert customers.model.objects.get(pk=first).city == "부산"


def test_deleting_takes_only_ones_own(insider, outsider, customers):
    mine = writing.create(customers, {"name": "가"}, actor=outsider.actor)
    foreign = writing.create(customers, {"name": "나"}, actor=insider.actor)
    rights = outsider.actor.scopes("customer", "delete")
    job = send(
        outsider.api, "delete", {"id": foreign}, {"id": mine}, {"id": mine}, status=202 if rights else 403
    )
    if rights:
        _done, results = work(outsider.api, job)
        assert [line["status"] for line in results] == ["failed", "deleted", "failed"]
    assert customers.model.objects.get(pk=foreign).deleted_at is None


def test_a_job_that_died_goes_on_behind_its_last_chunk(insider, customers, monkeypatch):
    monkeypatch.setattr(engine, "CHUNK", 2)
    job = send(insider.api, "create", *({"name": f"상사 {number}"} for number in range(5)))
    real = engine._deal
    calls = []

    def dies(*args):
        calls.append(1)
        real(*args)
        if len(calls) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(engine, "_deal", dies)
        with pytest.raises(KeyboardInterrupt):
            engine.run(BulkJob.objects.get())
    assert customers.model.objects.count() == 2
    done, results = work(insider.api, job)
    assert (done["state"], done["created"]) == ("finished", 5)
    assert [line["line"] for line in results] == [1, 2, 3, 4, 5]
    assert customers.model.objects.count() == 5


def test_a_cancelled_job_stops_and_keeps_what_went_in(insider, customers, monkeypatch):
    monkeypatch.setattr(engine, "CHUNK", 1)
    job = send(insider.api, "create", {"name": "가"}, {"name": "나"}, {"name": "다"})
    with monkeypatch.context() as patch:
        patch.setattr(engine, "_chunk", _cancelling(engine._chunk))
        engine.run(BulkJob.objects.get())
    shown = insider.api.get(f"/api/v1/bulk/jobs/{job['id']}").json()
    assert (shown["state"], shown["created"]) == ("cancelled", 1)
    assert customers.model.objects.count() == 1
    waiting = send(insider.api, "create", {"name": "라"})
    assert insider.api.post(f"/api/v1/bulk/jobs/{waiting['id']}/cancel").json()["state"] == "cancelled"


def _cancelling(chunk):
    def once(*args):
        going = chunk(*args)
        BulkJob.objects.filter(state="running").update(cancel_requested=True)
        return going

    return once


def test_gzip_is_understood_and_a_broken_one_told(insider, customers):
    whole = gzip.compress(body({"name": "한빛상사"}))
    headers = {"Content-Encoding": "gzip"}
    job = send(insider.api, "create", raw=whole, headers=headers)
    assert work(insider.api, job)[0]["created"] == 1
    broken = send(insider.api, "create", raw=whole[:-9], headers=headers)
    assert work(insider.api, broken)[0]["state"] == "failed"
    assert customers.model.objects.count() == 1


def test_the_same_key_finds_the_job_of_the_first_time(insider):
    headers = {"Idempotency-Key": "night-1"}
    first = send(insider.api, "create", {"name": "가"}, headers=headers)
    again = send(insider.api, "create", {"name": "가"}, headers=headers)
    assert first["id"] == again["id"]
    send(insider.api, "create", {"name": "나"}, headers=headers, status=422)
    assert BulkJob.objects.count() == 1
    assert len(list(storage.folder().iterdir())) == 1


def test_a_job_may_no_more_than_its_key(insider, customers):
    token, text = token_create(user=insider.user, name="x", scopes=["customer:write"], actor=SYSTEM)
    api = Client(headers={"authorization": f"Bearer {text}"})
    send(api, "delete", {"id": 1}, status=403)
    send(api, "create", {"name": "가"})
    token_revoke(token=token, actor=SYSTEM)
    job = BulkJob.objects.get()
    engine.run(job)
    assert job.state == "failed"
    assert customers.model.objects.count() == 0


@pytest.mark.parametrize(
    "query",
    ["", "type=customer", "type=nothing&operation=create", "type=customer&operation=fly", "type=customer&operation=upsert",
     "type=customer&operation=upsert&by=city", "type=customer&operation=create&by=name", "type=customer&operation=create&x=1"],
)  # fmt: skip
def test_a_wrong_request_is_refused(insider, query):
    assert insider.api.post(f"/api/v1/bulk?{query}", b"{}", content_type=NDJSON).status_code == 400
    assert not BulkJob.objects.exists()


def test_other_content_and_empty_bodies_are_refused(insider, reader):
    place = "/api/v1/bulk?type=customer&operation=create"
    assert insider.api.post(place, b"{}", content_type="application/json").status_code == 415
    odd = {"Content-Encoding": "br"}
    assert insider.api.post(place, b"{}", content_type=NDJSON, headers=odd).status_code == 415
    assert insider.api.generic("POST", place, b"", CONTENT_TYPE=NDJSON).status_code == 400
    assert reader.api.post(place, b"{}", content_type=NDJSON).status_code == 403
    assert not BulkJob.objects.exists()
    assert not list(storage.folder().iterdir())


def test_others_do_not_see_a_job(insider, teammate, administrator):
    job = send(insider.api, "create", {"name": "가"})
    place = f"/api/v1/bulk/jobs/{job['id']}"
    for path in (place, f"{place}/results"):
        assert teammate.api.get(path).status_code == 404
        assert administrator.api.get(path).status_code == 200
    assert teammate.api.post(f"{place}/cancel").status_code == 404
    assert teammate.api.get("/api/v1/bulk/jobs").json() == {"items": []}


def test_old_jobs_go_with_their_files(insider, clock):
    job = send(insider.api, "create", {"name": "가"})
    work(insider.api, job)
    assert len(list(storage.folder().iterdir())) == 2
    clock.forward(days=8)
    assert services.jobs_forget() == 1
    assert not list(storage.folder().iterdir())


def test_every_type_takes_jobs_or_says_why_not(administrator):
    """None leaves a job hanging, whatever its records are."""
    for kind in registry.all_types():
        for operation in ("create", "update", "delete"):
            place = f"/api/v1/bulk?type={kind.name}&operation={operation}"
            answer = administrator.api.post(place, body({"id": 10**12}, {}), content_type=NDJSON)
            assert answer.status_code in (202, 403), answer.content
            if answer.status_code == 202:
                job = BulkJob.objects.get(key=answer.json()["id"])
                engine.run(job)
                assert job.state == "finished"
                assert job.rows == job.failed == 2


def test_a_fault_of_ours_ends_the_job_and_is_not_hidden(insider, monkeypatch):
    send(insider.api, "create", {"name": "가"})
    job = BulkJob.objects.get()

    def broken(*args):
        raise ZeroDivisionError

    monkeypatch.setattr(engine, "_deal", broken)
    with pytest.raises(ZeroDivisionError):
        engine.run(job)
    assert job.state == "failed"
