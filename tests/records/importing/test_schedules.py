"""Imports that happen by themselves, from a folder: what is taken, when, how often, and what is said when it fails."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone, translation
from procrastinate.contrib.django.models import ProcrastinateJob

from dangol.customers.models import Customer
from dangol.events.models import Event
from dangol.identity.models import Grant
from dangol.identity.services import user_deactivate
from dangol.records.importing import engine, runs
from dangol.records.importing.errors import ImportProblem
from dangol.records.importing.scheduling import services
from dangol.records.models import (
    ImportRun,
    ImportSchedule,
    ImportScheduleFile,
    ImportState,
    ScheduleResult,
)
from tests.cast import SYSTEM
from tests.records.importing.scheduling import (
    ANOTHER,
    LATER,
    ROWS,
    fresh,
    look,
    put,
    saved_mapping,
    schedule,
    settings_of,
    work,
)

pytestmark = pytest.mark.django_db


def test_a_file_appears_and_its_records_are_in(administrator: Any, inbox: Path) -> None:
    one = schedule(administrator, str(inbox))
    assert look(one).result == ScheduleResult.NOTHING
    put(inbox)
    assert look(one).taken == 1
    assert not Customer.objects.exists(), "the worker has not come to it"
    assert work() == 1
    assert sorted(Customer.objects.values_list("name", flat=True)) == ["서광테크", "한빛정밀"]
    run = ImportRun.objects.get()
    assert (run.schedule_id, run.owner_id, run.file_name, run.state) == (
        one.pk,
        administrator.id,
        "고객.csv",
        "finished",
    )
    assert Customer.objects.first().updated_by_id == administrator.id
    assert look(one, due=False).result == ScheduleResult.NOTHING
    assert fresh(one).state.failures == 0
    assert (inbox / "고객.csv").exists()


def test_the_same_file_is_not_taken_twice_nor_the_same_content_under_another_name(
    administrator: Any, inbox: Path
) -> None:
    one = schedule(administrator, str(inbox))
    put(inbox)
    look(one)
    work()
    for _ in range(3):
        assert look(one).taken == 0
    put(inbox, "다시.csv")
    assert (look(one).taken, ImportRun.objects.count()) == (0, 1)
    put(inbox, "고객.csv", ANOTHER)
    assert look(one).taken == 1, "another content is another file"
    work()
    assert Customer.objects.count() == 3


def test_what_was_imported_by_hand_is_not_imported_again(
    administrator: Any, inbox: Path, bring_in: Any
) -> None:
    one = schedule(administrator, str(inbox), after="move")
    bring_in(ROWS, services.mapping_of(one))
    put(inbox)
    looked = look(one)
    assert (looked.taken, looked.known) == (0, 1)
    assert (inbox / "done" / "고객.csv").exists()


@pytest.mark.parametrize(
    ("after", "there", "done"), [("keep", True, False), ("move", False, True), ("delete", False, False)]
)
def test_an_imported_file_stays_or_moves_or_goes_once_it_is_in(
    administrator: Any, inbox: Path, after: str, there: bool, done: bool
) -> None:
    one = schedule(administrator, str(inbox), after=after)
    path = put(inbox)
    look(one)
    assert path.exists(), "not before it is in"
    work()
    look(one, due=False)
    assert (path.exists(), (inbox / "done" / path.name).exists()) == (there, done)


def test_a_second_file_of_the_same_name_does_not_replace_the_first_in_done(
    administrator: Any, inbox: Path
) -> None:
    one = schedule(administrator, str(inbox), after="move")
    for content in (ROWS, ANOTHER):
        put(inbox, content=content)
        look(one)
        work()
        look(one, due=False)
    assert len(list((inbox / "done").iterdir())) == 2


def test_a_file_that_was_replaced_during_its_import_is_not_deleted_but_taken_next(
    administrator: Any, inbox: Path
) -> None:
    one = schedule(administrator, str(inbox), after="delete")
    put(inbox)
    look(one)
    work()
    put(inbox, content=ANOTHER, age=1_800)
    look(one, due=True)
    assert (inbox / "고객.csv").exists()
    work()
    look(one, due=False)
    assert Customer.objects.count() == 3
    assert not (inbox / "고객.csv").exists()


def test_a_file_that_is_still_being_written_waits_for_its_end(administrator: Any, inbox: Path) -> None:
    one = schedule(administrator, str(inbox))
    put(inbox, content=ROWS[:30], age=0)
    now = timezone.now()
    looked = look(one, now=now)
    assert (looked.taken, looked.growing) == (0, 1)
    assert fresh(one).state.check_at is not None, "it is looked at again in a minute, whatever the rule"
    put(inbox, age=-LATER.total_seconds())
    assert look(one, due=False, now=now + LATER).taken == 0, "it has grown meanwhile"
    assert look(one, due=False, now=now + LATER + timedelta(seconds=5)).taken == 0, "too soon to say"
    assert look(one, due=False, now=now + 2 * LATER).taken == 1
    work()
    assert Customer.objects.count() == 2


@pytest.mark.parametrize(
    "name", ["고객.csv.part", "고객.tmp", ".고객.csv", "~$고객.csv", "고객.csv.filepart", "다른것.txt"]
)
def test_half_written_hidden_and_other_files_are_left_alone(
    administrator: Any, inbox: Path, name: str
) -> None:
    put(inbox, name)
    pattern = "*.csv, *.part, *.tmp, *.filepart"
    assert look(schedule(administrator, str(inbox), pattern=pattern)).taken == 0


def test_names_fit_whatever_their_case_and_however_hangul_is_written(administrator: Any, inbox: Path) -> None:
    import unicodedata

    put(inbox, unicodedata.normalize("NFD", "고객.CSV"))
    assert look(schedule(administrator, str(inbox), pattern="고객*.csv")).taken == 1


def test_files_go_in_one_after_the_other_oldest_first(administrator: Any, inbox: Path) -> None:
    one = schedule(administrator, str(inbox))
    put(inbox, "b.csv", ROWS, age=7_200)
    put(inbox, "a.csv", ROWS.replace("한빛정밀", "한빛정밀 (새 이름)"), age=3_600)
    assert look(one).taken == 2
    assert [run.file_name for run in ImportRun.objects.order_by("id")] == ["b.csv", "a.csv"]
    assert (
        len(set(ProcrastinateJob.objects.filter(task_name=runs.RUN_TASK).values_list("lock", flat=True))) == 1
    )
    work()
    assert Customer.objects.filter(name="한빛정밀 (새 이름)").exists()


def test_links_and_folders_are_not_files(administrator: Any, inbox: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text(ROWS)
    (inbox / "link.csv").symlink_to(secret)
    (inbox / "folder.csv").mkdir()
    os.mkfifo(inbox / "pipe.csv")
    assert look(schedule(administrator, str(inbox))).result == ScheduleResult.NOTHING


@pytest.mark.parametrize(
    "location", ["/etc", "..", "../other", "{inbox}/../other", "{inbox}/out", "/", "{inbox}-other", "\0"]
)
def test_a_folder_outside_the_allowed_ones_is_refused(administrator: Any, inbox: Path, location: str) -> None:
    other = inbox.parent / "other"
    other.mkdir()
    (inbox.parent / "inbox-other").mkdir()
    (inbox / "out").symlink_to(other)
    with pytest.raises(ImportProblem):
        schedule(administrator, location.format(inbox=inbox))
    assert not ImportSchedule.objects.exists()


def test_a_folder_that_becomes_a_link_out_is_not_followed(
    administrator: Any, inbox: Path, tmp_path: Path
) -> None:
    (inbox / "sub").mkdir()
    one = schedule(administrator, "sub")
    (inbox / "sub").rmdir()
    (tmp_path / "other").mkdir()
    put(tmp_path / "other")
    (inbox / "sub").symlink_to(tmp_path / "other")
    assert look(one).why
    assert not ImportRun.objects.exists()


def test_a_done_folder_that_leads_elsewhere_is_not_used(
    administrator: Any, inbox: Path, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    (inbox / "done").symlink_to(tmp_path / "other")
    one = schedule(administrator, str(inbox), after="move")
    put(inbox)
    look(one)
    work()
    assert "고객.csv" in look(one, due=False).why
    assert (inbox / "고객.csv").exists()
    assert not list((tmp_path / "other").iterdir())


def test_rejected_rows_stand_with_the_run_as_always(administrator: Any, inbox: Path) -> None:
    one = schedule(administrator, str(inbox))
    put(inbox, content=ROWS + "C9,나쁜 날짜,company,,어제\n")
    look(one)
    work()
    run = ImportRun.objects.get()
    assert (run.rows, run.imported, run.rejected) == (3, 2, 1)
    assert "어제" in run.rejects.get().value


def test_a_file_that_cannot_be_read_is_tried_at_each_turn_until_the_schedule_stops_itself(
    administrator: Any, inbox: Path
) -> None:
    one = schedule(administrator, str(inbox))
    put(inbox, content="%PDF-1.4 nothing to import")
    for turn in range(1, 6):
        look(one)
        work()
        looked = look(one, due=False)
        assert "고객.csv" in looked.why
        assert fresh(one).state.failures == turn
    state = fresh(one)
    assert not state.active
    assert state.state.stopped_at is not None
    assert state.state.next_at is None
    assert ImportRun.objects.count() == 1, "the same run is tried again"
    assert Event.objects.get(name="records.import_schedule_stopped").payload == {"schedule_id": one.pk}
    assert services.start_due(now=timezone.now() + timedelta(days=2)) <= 1
    assert not ProcrastinateJob.objects.filter(task_name=services.LOOK_TASK, args__fresh=True).exists()
    services.schedule_switch(schedule=fresh(one), active=True, actor=administrator.actor)
    assert (fresh(one).state.failures, fresh(one).state.stopped_at) == (0, None)


def test_one_bad_file_does_not_keep_the_others_out(administrator: Any, inbox: Path, settings: Any) -> None:
    settings.DANGOL_IMPORT_LARGEST_UPLOAD = 1_000
    one = schedule(administrator, str(inbox))
    put(inbox, "a.csv", ROWS + "x" * 1_000, age=7_200)
    put(inbox, "b.csv")
    looked = look(one)
    assert "a.csv" in looked.why
    assert looked.taken == 1
    work()
    assert Customer.objects.count() == 2
    settings.DANGOL_IMPORT_LARGEST_UPLOAD = 10_000
    assert look(one).taken == 1


def test_a_look_that_works_again_begins_to_count_anew(administrator: Any, inbox: Path) -> None:
    one = schedule(administrator, str(inbox))
    inbox.rename(inbox.parent / "away")
    for _ in range(4):
        assert "away" not in look(one).why
    assert fresh(one).state.failures == 4
    (inbox.parent / "away").rename(inbox)
    look(one)
    assert (fresh(one).state.failures, fresh(one).state.last_error, fresh(one).active) == (0, "", True)


def test_a_mapping_that_is_gone_or_does_not_fit_is_said_in_words(administrator: Any, inbox: Path) -> None:
    one = schedule(administrator, str(inbox))
    put(inbox)
    kept = saved_mapping(administrator, title="다른 매핑")
    kept.mapping = {**kept.mapping, "records": [{"type": "customer", "fields": {"name": "없는 열"}}]}
    kept.save()
    with translation.override("en"):
        administrator.user.language = "en"
        administrator.user.save()
        services.schedule_save(
            actor=administrator.actor,
            schedule=fresh(one),
            values=settings_of(administrator, str(inbox), kept),
        )
        look(one)
        work()
        assert "없는 열" in look(one, due=False).why
        kept.delete()
        assert "deleted" in look(one).why


def test_who_has_left_or_lost_the_right_imports_nothing_more(
    insider: Any, administrator: Any, inbox: Path, grant: Any
) -> None:
    grant(insider)
    one = schedule(insider, str(inbox))
    put(inbox)
    Grant.objects.filter(action="import").delete()
    assert look(one).why
    grant(insider)
    user_deactivate(user=insider.user, actor=SYSTEM)
    assert "김지우" in look(one).why
    assert not ImportRun.objects.exists()


@pytest.fixture
def grant(db: None) -> Any:
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


def test_only_administrators_let_it_act_in_somebody_elses_name(
    insider: Any, teammate: Any, administrator: Any, inbox: Path, grant: Any
) -> None:
    grant(insider)
    mapping = saved_mapping(insider)
    values = settings_of(teammate, str(inbox), mapping)
    with pytest.raises(ImportProblem):
        services.schedule_save(actor=insider.actor, values=values)
    made = services.schedule_save(actor=administrator.actor, values=values)
    assert list(services.schedules_visible_to(teammate.actor)) == [made]
    assert not services.schedules_visible_to(insider.actor)
    put(inbox)
    look(made)
    work()
    assert ImportRun.objects.get().owner_id == teammate.id
    assert Customer.objects.first().updated_by_id == teammate.id


def test_who_may_not_import_the_records_of_the_mapping_makes_no_schedule(
    reader: Any, insider: Any, inbox: Path
) -> None:
    mapping = saved_mapping(insider)
    with pytest.raises(ImportProblem):
        services.schedule_save(actor=reader.actor, values=settings_of(reader, str(inbox), mapping))


def test_an_import_that_died_in_the_middle_goes_on_by_itself_and_the_file_is_put_away(
    administrator: Any, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = schedule(administrator, str(inbox), after="delete")
    put(inbox)
    look(one)
    ImportRun.objects.update(chunk_rows=1)
    written = []
    real = engine.write_chunk

    def dies(*args: Any, **options: Any) -> Any:
        if len(written) == 1:
            raise KeyboardInterrupt  # as kill -9 does: nothing after this is run
        written.append(1)
        return real(*args, **options)

    monkeypatch.setattr(engine, "write_chunk", dies)
    with pytest.raises(KeyboardInterrupt):
        work()
    run = ImportRun.objects.get()
    assert (run.state, run.rows) == (ImportState.RUNNING, 1)
    assert look(one).busy
    monkeypatch.setattr(engine, "write_chunk", real)
    work()
    look(one, due=False)
    run.refresh_from_db()
    assert (run.state, run.rows, run.imported) == (ImportState.FINISHED, 2, 2)
    assert not (inbox / "고객.csv").exists()
    assert ImportRun.objects.count() == 1


def test_what_was_undone_or_cancelled_by_somebody_is_not_brought_back(
    administrator: Any, inbox: Path
) -> None:
    one = schedule(administrator, str(inbox), after="delete")
    put(inbox)
    look(one)
    runs.run_cancel(run=ImportRun.objects.get(), actor=administrator.actor)
    for _ in range(2):
        assert look(one).taken == 0
    assert (inbox / "고객.csv").exists(), "it is not in, so it is not deleted"


def test_a_file_that_has_gone_is_forgotten(administrator: Any, inbox: Path) -> None:
    one = schedule(administrator, str(inbox))
    path = put(inbox)
    look(one)
    work()
    look(one)
    assert ImportScheduleFile.objects.count() == 1
    path.unlink()
    look(one)
    assert not ImportScheduleFile.objects.exists()
