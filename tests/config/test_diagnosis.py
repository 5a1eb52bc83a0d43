"""What the doctor says of long work: the lake, imports and exports, and what they left behind."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from dangol.config import diagnosis_of_work as work
from dangol.config.findings import Finding
from dangol.events import queue
from dangol.measures import lake
from dangol.measures.models import LakeSnapshot, RefreshRun
from dangol.records.exporting import storage as export_storage
from dangol.records.importing import storage
from dangol.records.importing.holding import holding, runs_held
from dangol.records.importing.runs import RUN_TASK, UNDO_TASK
from dangol.records.models import ExportRun, ExportState, ImportRun, ImportState, UndoState

OLD = timedelta(hours=1)


@pytest.fixture(autouse=True)
def own_data(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATA = tmp_path
    settings.DANGOL_IMPORTS_DIR = tmp_path / "imports"
    settings.DANGOL_EXPORTS_DIR = tmp_path / "exports"
    monkeypatch.setenv("LC_ALL", "C")


def found(question: Callable[[], Iterator[Finding]]) -> dict[str, Finding]:
    findings = {finding.name: finding for finding in question()}
    assert all(finding.mend for finding in findings.values() if not finding.good)
    return findings


def an_import(**values: Any) -> ImportRun:
    run = ImportRun.objects.create(
        **{"file_name": "고객.csv", "path": "/nowhere", "size": 1, "mapping": {}, **values}
    )
    ImportRun.objects.filter(pk=run.pk).update(created_at=timezone.now() - OLD)
    return run


def manifest(folder: Path, **values: Any) -> None:
    """A lake without rows, as the database remembers it."""
    LakeSnapshot.objects.create(name="20261122T000000")
    (folder / "lake").mkdir()
    data = {
        "version": 2,
        "snapshot": "20261122T000000",
        "taken_at": timezone.now().isoformat(timespec="seconds"),
        "zone": "Asia/Seoul",
        "datasets": {},
        **values,
    }
    (folder / "lake" / "manifest.json").write_text(json.dumps(data))


@pytest.mark.django_db
class TestLake:
    def test_a_lake_that_nobody_made_yet_is_no_fault(self) -> None:
        assert found(work.lake)["lake"].good
        assert found(work.lake)["lake"].note

    def test_a_fresh_one_is_in_order(self, tmp_path: Path) -> None:
        manifest(tmp_path)
        assert found(work.lake)["lake"].text.endswith("as of 0.0 h ago")
        assert found(work.lake)["lake"].good

    def test_one_that_missed_two_nights_is_old(self, tmp_path: Path) -> None:
        manifest(tmp_path, taken_at=(timezone.now() - timedelta(hours=50)).isoformat())
        assert not found(work.lake)["lake"].good
        assert "50.0 h" in found(work.lake)["lake"].text

    @pytest.mark.parametrize(
        "content", ["{", "[]", '{"version": 2}', "", '{"version": 2, "datasets": {"a": 1}}']
    )
    def test_a_broken_manifest_is_named_with_its_place(self, tmp_path: Path, content: str) -> None:
        (tmp_path / "lake").mkdir()
        (tmp_path / "lake" / "manifest.json").write_text(content)
        finding = found(work.lake)["lake"]
        assert not finding.good
        assert str(tmp_path / "lake" / "manifest.json") in finding.mend

    def test_files_that_are_gone_are_counted(self, tmp_path: Path) -> None:
        part = {"rows": 1, "columns": {}, "files": ["a/1.parquet", "a/2.parquet"], "deltas": []}
        manifest(tmp_path, datasets={"a": part})
        (tmp_path / "lake" / "a").mkdir()
        (tmp_path / "lake" / "a" / "1.parquet").write_bytes(b"x")
        assert found(work.lake)["lake"].text.startswith("1 of its files")

    def test_a_lake_of_another_database_is_told(self, tmp_path: Path) -> None:
        manifest(tmp_path)
        LakeSnapshot.objects.all().delete()
        assert found(work.lake)["lake"].text == "copied from another database"

    def test_a_lake_that_vanished_after_a_refresh_is_a_fault(self) -> None:
        RefreshRun.objects.create(state=RefreshRun.State.DONE)
        assert not found(work.lake)["lake"].good

    def test_a_failed_refresh_says_why(self) -> None:
        RefreshRun.objects.create(state=RefreshRun.State.FAILED, error="OSError: no space left")
        assert found(work.lake)["refresh"].text == "failed: OSError: no space left"

    def test_a_refresh_whose_process_is_gone_is_told_from_one_at_work(self) -> None:
        RefreshRun.objects.create(state=RefreshRun.State.RUNNING)
        assert not found(work.lake)["refresh"].good
        with lake.exclusive():
            assert found(work.lake)["refresh"].good


@pytest.mark.django_db
class TestImports:
    @pytest.mark.parametrize("state", [ImportState.WAITING, ImportState.RUNNING])
    def test_one_that_nobody_carries_on_is_stuck(self, state: str) -> None:
        an_import(state=state)
        finding = found(work.imports)["imports"]
        assert not finding.good
        assert "고객.csv" in finding.text

    @pytest.mark.parametrize("state", [ImportState.DRAFT, ImportState.PAUSED, ImportState.FINISHED])
    def test_one_that_rests_is_not(self, state: str) -> None:
        an_import(state=state)
        assert found(work.imports)["imports"].good

    def test_one_with_a_process_is_alive(self) -> None:
        run = an_import(state=ImportState.RUNNING)
        with holding(run):
            assert runs_held() == {run.pk}
            assert found(work.imports)["imports"].good
        assert not found(work.imports)["imports"].good

    def test_one_that_just_moved_is_given_time(self) -> None:
        run = an_import(state=ImportState.RUNNING)
        ImportRun.objects.filter(pk=run.pk).update(advanced_at=timezone.now())
        assert found(work.imports)["imports"].good

    def test_one_whose_job_waits_is_not_stuck_but_one_whose_worker_died_is(self) -> None:
        run = an_import(state=ImportState.WAITING)
        queue.enqueue(RUN_TASK, run_id=run.pk)
        assert found(work.imports)["imports"].good
        with connection.cursor() as cursor:
            cursor.execute(
                "WITH worker AS (INSERT INTO procrastinate_workers (last_heartbeat)"
                " VALUES (now() - interval '1 hour') RETURNING id)"
                " UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT id FROM worker)"
            )
        assert not found(work.imports)["imports"].good
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now()")
        assert found(work.imports)["imports"].good

    def test_an_undo_that_stopped_is_stuck_too(self) -> None:
        run = an_import(state=ImportState.FINISHED, undo=UndoState.RUNNING)
        assert not found(work.imports)["imports"].good
        queue.enqueue(UNDO_TASK, run_id=run.pk, user_id=None)
        assert found(work.imports)["imports"].good

    def test_an_upload_that_is_gone_is_told_before_somebody_starts_it(self, tmp_path: Path) -> None:
        run = an_import(state=ImportState.DRAFT, stored=True, path=str(tmp_path / "upload"))
        assert not found(work.imports)["import files"].good
        (tmp_path / "upload").write_text("x")
        assert "import files" not in found(work.imports)
        (tmp_path / "upload").unlink()
        ImportRun.objects.filter(pk=run.pk).update(state=ImportState.FINISHED)
        assert "import files" not in found(work.imports), "what is in needs its file no more"


@pytest.mark.django_db
class TestExports:
    def test_one_that_waits_without_a_job_is_stuck(self) -> None:
        run = ExportRun.objects.create(record_type="customer", format="csv", file_name="고객.csv")
        assert found(work.exports)["exports"].good, "it has just been asked for"
        ExportRun.objects.filter(pk=run.pk).update(created_at=timezone.now() - OLD)
        assert "고객.csv" in found(work.exports)["exports"].text

    def test_one_that_has_run_for_days_is_stuck(self) -> None:
        run = ExportRun.objects.create(
            record_type="customer", format="csv", state=ExportState.RUNNING, started_at=timezone.now() - OLD
        )
        assert found(work.exports)["exports"].good
        ExportRun.objects.filter(pk=run.pk).update(started_at=timezone.now() - timedelta(days=2))
        assert not found(work.exports)["exports"].good


@pytest.mark.django_db
class TestLeftovers:
    def test_files_that_no_run_names_are_told_after_a_day(self) -> None:
        upload, fresh, orphan = (storage.folder() / name for name in ("a" * 32, "b" * 32, "c" * 32))
        run = an_import(stored=True, path=str(upload))
        for path in (upload, storage.rejects_path(run.key), orphan):
            path.write_bytes(b"x" * 1_500_000)
            os.utime(path, (time.time() - 2 * 86_400,) * 2)
        fresh.write_text("just uploaded")
        finding = found(work.left_behind)["import leftovers"]
        assert finding.text == "1 files, 1.5 MB"
        assert str(orphan) in finding.mend
        assert found(work.left_behind)["export leftovers"].good

    def test_drafts_of_exports_that_died_are_told(self) -> None:
        path = export_storage.new_file()
        assert found(work.left_behind)["export leftovers"].good
        os.utime(path, (time.time() - 2 * 86_400,) * 2)
        assert not found(work.left_behind)["export leftovers"].good
