"""From the file to the result by the pages, and who may see them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from dangol.customers.models import Customer
from dangol.identity.models import Grant
from dangol.records.importing import engine, jobs
from dangol.records.models import ImportRun, ImportState
from tests.records.importing.conftest import HEADER, SYSTEM
from tests.records.importing.filled import filled

CONTENT = (
    "external_id,name,since,우리만 아는 열\nC1,한빛정밀,2020-01-01,x\nC2,서광테크,어제,y\n,번호 없음,,z\n"
)


def upload(content: str | bytes = CONTENT, name: str = "고객.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content if isinstance(content, bytes) else content.encode())


def send(client: Client, content: str | bytes = CONTENT, **form: Any) -> Any:
    return client.post(
        reverse("imports:new"),
        {"file": upload(content), "record_type": "customer", "mapping": "auto", **form},
    )


def prepare(client: Client, content: str | bytes = CONTENT, **form: Any) -> str:
    """Send a file, take its columns as they are suggested, and give the address of the preview."""
    address: str = send(client, content, **form)["Location"]
    if address.endswith("/mapping/"):
        page = client.get(address).content.decode()
        answer = client.post(address, {**filled(page), "action": "next"})
        assert answer.status_code == 302, answer.content.decode()
        address = answer["Location"]
    return address


@pytest.fixture
def grant(db: None) -> Callable[[Any], None]:
    """Let everybody with this person's role import customers."""

    def give(person: Any) -> None:
        for action in ("import", "create", "edit", "view"):
            Grant.objects.update_or_create(
                role=person.user.roles.get(),
                record_type="customer",
                action=action,
                defaults={"scope": "team"},
            )

    return give


def test_an_upload_leads_to_its_columns_and_these_to_a_preview_that_has_written_nothing(
    administrator: Any,
) -> None:
    answer = send(administrator.client)
    run = ImportRun.objects.get()
    assert answer["Location"] == reverse("imports:mapping", args=[run.key])
    detail = reverse("imports:detail", args=[run.key])
    assert administrator.client.get(detail)["Location"] == answer["Location"], "nobody has looked at it yet"
    page = administrator.client.get(answer["Location"]).content.decode()
    assert "우리만 아는 열" in page
    answer = administrator.client.post(answer["Location"], {**filled(page), "action": "next"})
    assert answer["Location"] == detail
    page = administrator.client.get(detail).content.decode()
    run.refresh_from_db()
    assert run.state == ImportState.DRAFT
    assert "한빛정밀" in page
    assert "어제" in page
    assert "우리만 아는 열" in page
    assert not Customer.objects.exists()
    assert not ProcrastinateJob.objects.filter(task_name__contains="importing").exists()


def test_starting_puts_one_job_on_the_queue_and_the_worker_brings_it_to_the_end(administrator: Any) -> None:
    address = prepare(administrator.client)
    administrator.client.post(f"{address}start/")
    administrator.client.post(f"{address}start/")
    waiting = ProcrastinateJob.objects.get(task_name=jobs.RUN_TASK)
    page = administrator.client.get(address).content.decode()
    assert f'hx-get="{address}progress/"' in page
    jobs.run(**waiting.args)
    part = administrator.client.get(f"{address}progress/")
    assert part["HX-Refresh"] == "true"
    page = administrator.client.get(address).content.decode()
    assert "어제" in page
    run = ImportRun.objects.get()
    assert (run.imported, run.rejected) == (1, 2)
    assert Customer.objects.get().updated_by_id == administrator.id
    content = b"".join(administrator.client.get(f"{address}rejects.csv").streaming_content).decode(
        "utf-8-sig"
    )
    assert "어제" in content
    assert "번호 없음" in content


def test_a_waiting_run_can_be_cancelled_and_removed_with_its_file(
    administrator: Any, own_folder: Any
) -> None:
    address = prepare(administrator.client)
    administrator.client.post(f"{address}start/")
    administrator.client.post(f"{address}remove/")
    assert ImportRun.objects.count() == 1, "it still waits for the worker"
    administrator.client.post(f"{address}cancel/")
    assert ImportRun.objects.get().state == ImportState.CANCELLED
    assert len(list(own_folder.iterdir())) == 1
    administrator.client.post(f"{address}remove/")
    assert not ImportRun.objects.exists()
    assert not list(own_folder.iterdir())


@pytest.mark.parametrize("content", ["", "\n\n", "PK\x03\x04", b"%PDF-1.7\n"])
def test_a_file_that_does_not_fit_is_refused_beside_the_field(
    administrator: Any, own_folder: Any, content: str | bytes
) -> None:
    answer = send(administrator.client, content)
    assert answer.status_code == 422
    assert answer.context["form"].errors["file"]
    assert not ImportRun.objects.exists()
    assert not own_folder.exists() or not list(own_folder.iterdir())


def test_a_file_that_is_too_large_is_refused(administrator: Any, settings: Any) -> None:
    settings.DANGOL_IMPORT_LARGEST_UPLOAD = 10
    assert send(administrator.client).context["form"].errors["file"]
    assert not ImportRun.objects.exists()


def test_a_mapping_written_out_is_checked_where_it_is_written(administrator: Any) -> None:
    answer = send(
        administrator.client, mapping="json", json='{"records": [{"type": "customer", "fields": {"x": "y"}}]}'
    )
    assert "records[0].fields.x" in str(answer.context["form"].errors["json"])
    assert send(administrator.client, mapping="json", json="{").context["form"].errors["json"]


def test_a_mapping_can_be_written_out_instead(administrator: Any) -> None:
    address = send(administrator.client)["Location"]
    text = '{"records": [{"type": "customer", "key": ["external_id"], "fields": {"external_id": "external_id", "name": "우리만 아는 열"}}]}'
    answer = administrator.client.post(f"{address}written/", {"mapping": "json", "json": text})
    assert answer.status_code == 302
    engine.run(ImportRun.objects.get(), SYSTEM)
    assert set(Customer.objects.values_list("name", flat=True)) == {"x", "y"}


def test_what_is_wrong_with_a_written_mapping_stands_beside_it_with_the_columns_still_there(
    administrator: Any,
) -> None:
    address = send(administrator.client)["Location"]
    answer = administrator.client.post(f"{address}written/", {"mapping": "json", "json": '{"records": []}'})
    assert answer.status_code == 422
    assert "records" in str(answer.context["written"].errors["json"])
    assert filled(answer.content.decode())["p0-f1"] == "name"


def test_who_may_import_nothing_finds_no_pages(reader: Any, nobody: Any) -> None:
    for person in (reader, nobody):
        assert person.client.get(reverse("imports:list")).status_code == 404
        assert send(person.client).status_code == 404
    assert not ImportRun.objects.exists()


def test_a_run_is_seen_by_its_owner_and_administrators_only(
    insider: Any, teammate: Any, administrator: Any, grant: Callable[[Any], None]
) -> None:
    grant(insider)
    address = prepare(insider.client)
    assert insider.client.get(address).status_code == 200
    assert administrator.client.get(address).status_code == 200
    for path in ("", "mapping/", "progress/", "rehearsal/", "undo/", "undo/progress/", "rejects.csv"):
        assert teammate.client.get(address + path).status_code == 404
    for path in (
        "mapping/",
        "mapping/written/",
        "save/",
        "rehearse/",
        "start/",
        "pause/",
        "resume/",
        "cancel/",
        "undo/",
        "remove/",
    ):
        assert teammate.client.post(address + path).status_code == 404
    assert ImportRun.objects.get().state == ImportState.DRAFT
    assert "고객.csv" not in teammate.client.get(reverse("imports:list")).content.decode()
    assert "고객.csv" in insider.client.get(reverse("imports:list")).content.decode()


def test_a_mapping_for_types_one_may_not_import_is_refused(
    insider: Any, grant: Callable[[Any], None]
) -> None:
    grant(insider)
    mapping = '{"records": [{"type": "product", "key": ["code"], "fields": {"code": "external_id", "name": "name"}}]}'
    assert send(insider.client, mapping="json", json=mapping).status_code == 422
    assert not ImportRun.objects.exists()


def test_signed_out_one_is_asked_to_sign_in(client: Client, db: None) -> None:
    assert client.get(reverse("imports:list")).status_code in (302, 401)


def test_the_header_alone_is_an_import_of_nothing(administrator: Any) -> None:
    address = prepare(administrator.client, HEADER.replace("이름", "name"))
    assert administrator.client.get(address).status_code == 200
