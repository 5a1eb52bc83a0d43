"""A dry run says exactly what the import will then do, and pausing loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dangol.customers.models import Customer
from dangol.records.importing import engine, jobs, rehearsals, runs, storage
from dangol.records.importing.errors import ImportProblem
from dangol.records.importing.mapping import read_mapping
from dangol.records.models import ImportReject, ImportRun, ImportState
from tests.records.importing.conftest import CUSTOMERS, HEADER, SYSTEM

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = HEADER + "".join(
    f"{number % 40},이름 {number},{'회사' if number % 10 else '뭐지'},02-123-45{number % 40:02},2026-01-02\n"
    for number in range(60)
)


@pytest.fixture
def draft(file: Callable[..., Path]) -> ImportRun:
    path = file(ROWS)
    size, sha256 = storage.measure(path)
    return runs.run_create(
        actor=SYSTEM,
        path=path,
        mapping=read_mapping(CUSTOMERS),
        size=size,
        sha256=sha256,
        chunk_rows=7,
        state=ImportState.DRAFT,
    )


def test_the_dry_run_says_what_the_import_then_does(draft: ImportRun) -> None:
    runs.run_rehearse(run=draft, actor=SYSTEM)
    assert draft.rehearsed["state"] == rehearsals.RUNNING
    jobs.rehearse(run_id=draft.pk, user_id=None)

    draft.refresh_from_db()
    said = draft.rehearsed
    assert said["state"] == rehearsals.DONE
    assert not Customer.objects.exists()
    assert not ImportReject.objects.exists()
    assert ImportRun.objects.count() == 1
    assert (said["rows"], said["rejected"]) == (60, 6)

    runs.run_start(run=draft, actor=SYSTEM)
    done = engine.run(draft, SYSTEM)
    assert done.state == ImportState.FINISHED
    for name in ("rows", "imported", "unchanged", "rejected", "created", "updated"):
        assert said[name] == getattr(done, name), name


def test_each_problem_says_how_many_rows_it_costs(draft: ImportRun) -> None:
    runs.run_rehearse(run=draft, actor=SYSTEM)
    jobs.rehearse(run_id=draft.pk, user_id=None)
    draft.refresh_from_db()
    (reason,) = draft.rehearsed["reasons"]
    assert (reason["field"], reason["rows"]) == ("kind", 6)
    assert reason["example"] == {"number": 2, "value": "뭐지"}


def test_progress_is_seen_while_the_dry_run_goes_on(
    draft: ImportRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[float] = []
    write = rehearsals._Noted.write

    def note(self: Any, rehearsed: dict[str, Any]) -> None:
        write(self, rehearsed)
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT rehearsed->>'share' FROM records_importrun WHERE id = %s", [draft.pk])
            seen.append(float(cursor.fetchone()[0]))

    monkeypatch.setattr(rehearsals._Noted, "write", note)
    runs.run_rehearse(run=draft, actor=SYSTEM)
    jobs.rehearse(run_id=draft.pk, user_id=None)
    assert seen == sorted(seen)
    assert len(seen) > 5


def test_another_mapping_makes_the_totals_worthless(draft: ImportRun) -> None:
    runs.run_rehearse(run=draft, actor=SYSTEM)
    runs.run_set_mapping(run=draft, mapping=read_mapping({**CUSTOMERS, "name": "others"}), actor=SYSTEM)
    jobs.rehearse(run_id=draft.pk, user_id=None)
    draft.refresh_from_db()
    assert draft.rehearsed == {}


def test_a_file_that_cannot_be_read_says_so_in_the_dry_run(draft: ImportRun) -> None:
    Path(draft.path).unlink()
    runs.run_rehearse(run=draft, actor=SYSTEM)
    jobs.rehearse(run_id=draft.pk, user_id=None)
    draft.refresh_from_db()
    assert draft.rehearsed["state"] == rehearsals.FAILED
    assert "file.csv" in draft.rehearsed["message"]


def test_an_error_of_the_program_is_told_to_whoever_waits(
    draft: ImportRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: Any, **named: Any) -> None:
        raise ZeroDivisionError("seven")

    monkeypatch.setattr(engine, "process", broken)
    runs.run_rehearse(run=draft, actor=SYSTEM)
    jobs.rehearse(run_id=draft.pk, user_id=None)
    draft.refresh_from_db()
    assert draft.rehearsed["state"] == rehearsals.FAILED
    assert "seven" in draft.rehearsed["message"]


def test_a_draft_that_is_gone_stops_the_dry_run_quietly(draft: ImportRun) -> None:
    runs.run_rehearse(run=draft, actor=SYSTEM)
    Path(draft.path).unlink()
    runs.run_cancel(run=draft, actor=SYSTEM)
    jobs.rehearse(run_id=draft.pk, user_id=None)
    draft.refresh_from_db()
    assert draft.state == ImportState.CANCELLED
    assert draft.rehearsed["state"] == rehearsals.RUNNING


def test_a_paused_import_rests_and_goes_on_to_the_same_totals(draft: ImportRun) -> None:
    runs.run_start(run=draft, actor=SYSTEM)

    asked: list[int] = []

    def pause(progress: engine.Progress) -> None:
        asked.append(progress.rows)
        if asked == [7, 14]:
            runs.run_pause(run=draft, actor=SYSTEM)

    rested = engine.run(draft, SYSTEM, progress=pause)
    assert (rested.state, rested.rows) == (ImportState.PAUSED, 14)
    assert engine.run(draft, SYSTEM).rows == 14
    with pytest.raises(ImportProblem):
        runs.run_pause(run=draft, actor=SYSTEM)

    runs.run_resume(run=draft, actor=SYSTEM)
    done = engine.run(draft, SYSTEM)
    assert (done.state, done.rows, done.rejected) == (ImportState.FINISHED, 60, 6)
    assert Customer.objects.count() == 36


def test_a_paused_import_can_be_cancelled(draft: ImportRun) -> None:
    runs.run_start(run=draft, actor=SYSTEM)
    runs.run_pause(run=draft, actor=SYSTEM)
    assert draft.state == ImportState.PAUSED
    runs.run_cancel(run=draft, actor=SYSTEM)
    assert draft.state == ImportState.CANCELLED
