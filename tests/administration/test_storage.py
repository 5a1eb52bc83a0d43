"""Storage and backups, running jobs, dead letters given up with a reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from dangol.administration import jobs, storage
from dangol.events.models import Delivery, Event
from dangol.identity.models import AccessChange
from tests.cast import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def data(settings: Any, tmp_path: Path) -> Path:
    settings.DATA = tmp_path
    return tmp_path


@pytest.fixture
def dead(db: None) -> Delivery:
    event = Event.objects.create(name="test.happened")
    return Delivery.objects.create(
        event=event,
        handler="test.reacts",
        state=Delivery.State.DEAD,
        attempts=8,
        last_error="ValueError: broken",
    )


def test_the_page_tells_what_is_used_and_which_backups_there_are(administrator: Person, data: Path) -> None:
    (data / "backups").mkdir()
    (data / "backups" / "dangol-20261120-010203.tar").write_bytes(b"x" * 2048)
    (data / "media").mkdir()
    (data / "media" / "scan.pdf").write_bytes(b"x" * 4096)
    assert storage.folder_sizes()["media"] == 4096
    assert [(backup.name, backup.size) for backup in storage.backups()] == [
        ("dangol-20261120-010203.tar", 2048)
    ]
    page = administrator.client.get("/settings/storage/").content.decode()
    assert "backups/dangol-20261120-010203.tar" in page
    assert "4.0" in page
    assert storage.database_size() > 1_000_000
    assert storage.largest_tables()


def test_a_backup_is_asked_for_once(administrator: Person, data: Path) -> None:
    for _ in range(2):
        assert administrator.client.post("/settings/storage/back-up/").status_code == 302
    assert ProcrastinateJob.objects.filter(task_name=storage.BACK_UP, status="todo").count() == 1
    assert "disabled" in administrator.client.get("/settings/storage/").content.decode()
    assert storage.BACK_UP in administrator.client.get("/settings/work/").content.decode()


def test_the_job_makes_a_backup_that_says_what_it_is(data: Path, settings: Any, monkeypatch: Any) -> None:
    """What is in it and that it comes back is tested with the command; here, that the job reaches the same service."""
    from dangol.config import archives

    made: dict[str, Any] = {}

    def save(file: Path, **given: Any) -> dict[str, Any]:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"whole")
        made.update(given)
        return {}

    monkeypatch.setattr(archives, "save", save)
    monkeypatch.setattr("dangol.config.environment.data_directory", lambda: data)
    jobs.back_up()
    assert [backup.size for backup in storage.backups()] == [5]
    assert made["data"] == data


def test_a_dead_letter_is_discarded_with_a_reason_that_stays(administrator: Person, dead: Delivery) -> None:
    address = f"/settings/work/deliveries/{dead.pk}/discard/"
    administrator.client.post(address, {"reason": "x"})
    dead.refresh_from_db()
    assert dead.state == Delivery.State.DEAD
    administrator.client.post(address, {"reason": "받는 시스템이 없어졌어요"})
    dead.refresh_from_db()
    assert dead.state == Delivery.State.DONE
    assert dead.last_error.startswith("discarded: 받는 시스템이 없어졌어요")
    assert "ValueError: broken" in dead.last_error
    change = AccessChange.objects.first()
    assert change is not None
    assert (change.act, change.target_type, change.target_id) == ("discarded", "delivery", dead.pk)
    assert administrator.client.post(address, {"reason": "noch einmal"}).status_code == 404


def test_only_those_who_administer_back_up_or_discard(insider: Person, dead: Delivery, data: Path) -> None:
    for address in ("/settings/storage/back-up/", f"/settings/work/deliveries/{dead.pk}/discard/"):
        assert insider.client.post(address, {"reason": "warum auch nicht"}).status_code == 403
    assert insider.client.get("/settings/storage/").status_code == 403
    dead.refresh_from_db()
    assert dead.state == Delivery.State.DEAD
    assert not ProcrastinateJob.objects.filter(task_name=storage.BACK_UP).exists()
