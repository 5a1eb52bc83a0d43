"""From the list to the file: what goes out, to whom, with which reason, and what is noted."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from dangol.events.models import Event
from dangol.identity.models import Grant, Role
from dangol.identity.services import user_update
from dangol.records import registry, writing
from dangol.records.exporting import jobs, making, runs
from dangol.records.exporting.asking import ask
from dangol.records.models import ExportRun, ExportState
from tests.cast import SYSTEM, Person, person
from tests.records.exporting.conftest import REASON, body, table, take

pytestmark = pytest.mark.django_db


def test_the_list_goes_out_with_its_filter_its_order_and_its_columns(
    manager: Person, customers: list[int]
) -> None:
    answer = take(manager.client, query="filter=external_id+starts+with+C&sort=-name&cols=name&cols=since")
    rows = table(body(answer))
    assert [list(row) for row in rows] == [["이름", "거래 시작일", "고객 번호"]] * 2
    assert [row["이름"] for row in rows] == ["한빛정밀", "서광테크"]
    assert rows[0]["거래 시작일"] == "2019-03-02"
    assert "%ED%95%9C" not in answer["Content-Disposition"]
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''%EA%B3%A0%EA%B0%9D")


def test_the_run_and_the_event_say_who_took_what_and_why(manager: Person, customers: list[int]) -> None:
    body(take(manager.client, query="filter=name+contains+한빛"))
    run = ExportRun.objects.get()
    assert (run.owner_id, run.record_type, run.rows, run.state) == (
        manager.id,
        "customer",
        1,
        ExportState.FINISHED,
    )
    assert (run.reason, run.filter, run.path) == (REASON, 'name contains "한빛"', "")
    event = Event.objects.get(name="records.exported")
    assert event.actor == manager.id
    assert event.payload["rows"] == 1
    assert event.payload["reason"] == REASON
    assert event.payload["run_id"] == run.pk
    assert event.payload["complete"] is True
    assert "한빛" not in str(event.payload["fields"])


def test_a_download_that_is_broken_off_is_noted_as_far_as_it_came(
    manager: Person, customers: list[int]
) -> None:
    asked = ask(actor=manager.actor, record_type=registry.get("customer"), reason=REASON)
    run = runs.run_create(asked, origin="page")
    pieces = making.stream(run, asked)
    next(pieces)
    assert "한빛정밀" in next(pieces).decode()
    pieces.close()  # what the server does when the reader goes away
    run.refresh_from_db()
    assert (run.state, run.rows) == (ExportState.CANCELLED, 3)
    assert Event.objects.get(name="records.exported").payload["complete"] is False


@pytest.mark.parametrize("reason", ["", "    ", "그냥"])
def test_without_a_reason_nobodys_data_leave(manager: Person, customers: list[int], reason: str) -> None:
    answer = take(manager.client, reason=reason)
    assert answer.status_code == 422
    assert answer.context["form"].errors["reason"]
    assert not ExportRun.objects.exists()


def test_a_catalogue_needs_no_reason_but_columns_that_name_people_do(manager: Person) -> None:
    writing.create(registry.get("machine"), {"code": "M-1", "name": "선반"}, actor=manager.actor)
    assert table(body(take(manager.client, "machines", reason="")))[0]["설비 번호"] == "M-1"
    assert take(manager.client, "orders", reason="").status_code == 422


def test_only_rows_that_one_may_both_see_and_export_go_out(
    manager: Person, insider: Person, customers: list[int]
) -> None:
    role = Role.objects.get(code="sales")
    Grant.objects.create(role=role, record_type="*", action="export", scope="own")
    mine = writing.create(registry.get("customer"), {"name": "내 고객"}, actor=insider.actor)
    assert len(insider.client.get("/customers/").context["rows"].split("<tr ")) == 5
    rows = table(body(take(insider.client, query="cols=id")))
    assert [row["이름"] for row in rows] == ["내 고객"]
    assert [row["번호"] for row in rows] == [str(mine)]


def test_the_manager_of_another_team_takes_out_nothing_of_ours(company: Any, customers: list[int]) -> None:
    other = person("busan@example.com", "부산 팀장", roles=("sales-manager",), team=company.busan)
    for kind in ("csv", "jsonl"):
        content = body(take(other.client, kind=kind, columns="all")).decode()
        assert "한빛정밀" not in content
    assert ExportRun.objects.filter(rows=0).count() == 2
    assert b"".join(other.api.get("/api/v1/customers/export", {"reason": REASON}).streaming_content) == b""


@pytest.mark.parametrize("visitor", ["outsider", "nobody", "reader", "insider"])
def test_who_may_not_export_finds_no_export(
    visitor: str, request: pytest.FixtureRequest, customers: list[int]
) -> None:
    visiting: Person = request.getfixturevalue(visitor)
    for answer in (
        visiting.client.get("/customers/export/"),
        take(visiting.client),
        visiting.client.get("/exports/"),
    ):
        assert answer.status_code == 404
    listed = visiting.client.get("/customers/")
    assert listed.status_code == 404 or "/export/" not in listed.content.decode()
    assert not ExportRun.objects.exists()


def test_the_dialog_stands_on_the_list_and_on_a_page_of_its_own(
    manager: Person, customers: list[int]
) -> None:
    listed = manager.client.get("/customers/?filter=name+contains+한빛").content.decode()
    assert 'data-open="export"' in listed
    assert 'id="export-reason"' in listed
    page = manager.client.get("/customers/export/?filter=name+contains+한빛").content.decode()
    assert "내보내기" in page
    assert "filter=name+contains+" in page
    assert manager.client.get("/customers/export/?filter=name+%3D").status_code == 422
    assert take(manager.client, query="filter=name+%3D").status_code == 422
    assert take(manager.client, kind="doc").status_code == 422


def test_a_long_list_is_made_by_the_worker_and_fetched_by_its_owner(
    manager: Person,
    teammate: Person,
    administrator: Person,
    customers: list[int],
    monkeypatch: pytest.MonkeyPatch,
    own_folders: Path,
) -> None:
    monkeypatch.setattr(runs, "DIRECT_ROWS", 2)
    answer = take(manager.client)
    run = ExportRun.objects.get()
    page = reverse("exports:detail", args=[run.key])
    assert (answer.status_code, answer["Location"], run.state) == (302, page, ExportState.WAITING)
    assert f'hx-get="{page}progress/"' in manager.client.get(page).content.decode()
    jobs.run(**ProcrastinateJob.objects.get(task_name=jobs.RUN_TASK).args)
    run.refresh_from_db()
    assert (run.state, run.rows, run.total) == (ExportState.FINISHED, 3, 3)
    assert run.expires_at is not None
    assert timedelta(days=6) < run.expires_at - timezone.now() < timedelta(days=8)
    assert manager.client.get(f"{page}progress/")["HX-Refresh"] == "true"
    assert len(table(body(manager.client.get(f"{page}file/")))) == 3
    assert len(table(body(administrator.client.get(f"{page}file/")))) == 3
    for address in (page, f"{page}file/", f"{page}progress/"):
        assert teammate.client.get(address).status_code == 404
    run.refresh_from_db()
    assert run.downloads == 2
    assert Event.objects.filter(name="records.export_downloaded").count() == 2
    assert run.file_name in manager.client.get("/exports/").content.decode()
    assert [path.stat().st_mode & 0o777 for path in own_folders.iterdir()] == [0o600]


def test_who_has_moved_since_does_not_get_the_old_teams_file(
    manager: Person, company: Any, customers: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "DIRECT_ROWS", 2)
    take(manager.client)
    run = ExportRun.objects.get()
    jobs.run(run_id=run.pk)
    address = reverse("exports:file", args=[run.key])
    assert len(table(body(manager.client.get(address)))) == 3
    user_update(user=manager.user, actor=SYSTEM, team=company.busan)
    assert manager.client.get(address).status_code == 404
    assert "다시 내보내" in manager.client.get(reverse("exports:detail", args=[run.key])).content.decode()


def test_a_run_can_be_cancelled_and_leaves_nothing(
    manager: Person, customers: list[int], monkeypatch: pytest.MonkeyPatch, own_folders: Path
) -> None:
    monkeypatch.setattr(runs, "DIRECT_ROWS", 2)
    take(manager.client)
    run = ExportRun.objects.get()
    address = reverse("exports:detail", args=[run.key])
    manager.client.post(f"{address}cancel/")
    jobs.run(run_id=run.pk)
    run.refresh_from_db()
    assert (run.state, run.rows, run.path) == (ExportState.CANCELLED, 0, "")
    take(manager.client)
    other = ExportRun.objects.latest("pk")
    ExportRun.objects.filter(pk=other.pk).update(cancel_requested=True)
    monkeypatch.setattr("dangol.records.exporting.making.REPORT_EVERY", 0)
    jobs.run(run_id=other.pk)
    other.refresh_from_db()
    assert other.state == ExportState.CANCELLED
    assert not own_folders.exists() or not list(own_folders.iterdir())
    assert not Event.objects.filter(name="records.exported").exists()


def test_rights_that_went_before_the_worker_came_stop_the_export(
    manager: Person, customers: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "DIRECT_ROWS", 2)
    take(manager.client)
    Grant.objects.filter(action="export").delete()
    run = ExportRun.objects.get()
    jobs.run(run_id=run.pk)
    run.refresh_from_db()
    assert (run.state, run.path) == (ExportState.FAILED, "")
    assert "내보낼 수 없" in run.message


def test_files_go_after_a_week_and_the_run_stays(
    manager: Person, customers: list[int], monkeypatch: pytest.MonkeyPatch, own_folders: Path
) -> None:
    monkeypatch.setattr(runs, "DIRECT_ROWS", 2)
    take(manager.client, kind="xlsx")
    run = ExportRun.objects.get()
    jobs.run(run_id=run.pk)
    assert len(list(own_folders.iterdir())) == 1
    jobs.tidy(0)
    assert len(list(own_folders.iterdir())) == 1
    ExportRun.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    jobs.tidy(0)
    assert not list(own_folders.iterdir())
    run.refresh_from_db()
    assert (run.path, run.rows, run.reason) == ("", 3, REASON)
    assert manager.client.get(reverse("exports:file", args=[run.key])).status_code == 404


def test_a_short_workbook_leaves_nothing_behind(
    manager: Person, customers: list[int], own_folders: Path
) -> None:
    for kind in ("xlsx", "parquet"):
        assert body(take(manager.client, kind=kind))[:4] in (b"PK\x03\x04", b"PAR1")
    assert not list(own_folders.iterdir())
