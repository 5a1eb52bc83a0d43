"""When a schedule is due, that each turn is handed out once, and what its history tells."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from dangol.customers.models import Customer
from dangol.records.importing import jobs, runs
from dangol.records.importing.errors import RunBusy
from dangol.records.importing.holding import held
from dangol.records.importing.scheduling import services, taking
from dangol.records.importing.scheduling.times import next_moment
from dangol.records.models import (
    Change,
    ImportRun,
    ImportSchedule,
    ImportState,
    ScheduleResult,
)
from tests.records.importing.scheduling import (
    ANOTHER,
    fresh,
    look,
    put,
    saved_mapping,
    schedule,
    settings_of,
    work,
)

pytestmark = pytest.mark.django_db


def test_a_schedule_whose_import_still_goes_on_is_passed_over(administrator: Any, inbox: Path) -> None:
    one = schedule(administrator, str(inbox))
    put(inbox)
    look(one)
    put(inbox, "zwei.csv", ANOTHER)
    looked = look(one)
    assert (looked.result, ImportRun.objects.count()) == (ScheduleResult.BUSY, 1)
    work()
    assert look(one).taken == 1


@pytest.mark.django_db(transaction=True)
def test_a_schedule_that_is_being_looked_at_is_left_to_whoever_does(administrator: Any, inbox: Path) -> None:
    one = schedule(administrator, str(inbox))
    put(inbox)
    answers: list[str] = []

    def second() -> None:
        try:
            look(one)
        except RunBusy as busy:
            answers.append(str(busy))
        finally:
            connection.close()

    with held(taking._LOCK | one.pk, "busy"):
        other = threading.Thread(target=second)
        other.start()
        other.join()
    assert len(answers) == 1
    assert not ImportRun.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_turn_is_handed_out_once_however_many_workers_ask(administrator: Any, inbox: Path) -> None:
    one = schedule(administrator, str(inbox), rule="minutes", every=5)
    due = fresh(one).state.next_at
    barrier = threading.Barrier(4)
    found: list[int] = []

    def ask() -> None:
        try:
            barrier.wait()
            found.append(services.start_due(now=due))
        finally:
            connection.close()

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert sum(found) == 1
    assert ProcrastinateJob.objects.filter(task_name=services.LOOK_TASK).count() == 1
    assert fresh(one).state.next_at > due


def test_a_turn_that_nobody_worked_off_does_not_pile_up(administrator: Any, inbox: Path) -> None:
    one = schedule(administrator, str(inbox), rule="minutes", every=1)
    start = fresh(one).state.next_at
    for minute in range(5):
        services.start_due(now=start + timedelta(minutes=minute))
    assert ProcrastinateJob.objects.filter(task_name=services.LOOK_TASK).count() == 1


def test_the_minute_job_and_the_look_job_bring_a_file_in_by_themselves(
    administrator: Any, inbox: Path
) -> None:
    one = schedule(administrator, str(inbox), rule="minutes", every=1, after="delete")
    put(inbox)
    ImportSchedule.objects.get(pk=one.pk).state.__class__.objects.update(next_at=timezone.now())
    for _ in range(3):
        jobs.schedules(timestamp=0)
        for job in ProcrastinateJob.objects.filter(task_name=services.LOOK_TASK, status="todo"):
            jobs.look(**job.args)
        ProcrastinateJob.objects.filter(task_name=services.LOOK_TASK)._raw_delete("default")
        work()
    assert Customer.objects.count() == 2
    assert not (inbox / "고객.csv").exists()
    assert ImportRun.objects.count() == 1


def test_an_import_whose_job_was_lost_is_put_back_on_the_queue(administrator: Any, inbox: Path) -> None:
    one = schedule(administrator, str(inbox))
    put(inbox)
    look(one)
    assert look(one).busy
    assert ProcrastinateJob.objects.filter(task_name=runs.RUN_TASK).count() == 1, "its job is there"
    ProcrastinateJob.objects.filter(task_name=runs.RUN_TASK).update(status="failed")
    assert look(one).busy
    work()
    assert ImportRun.objects.get().state == ImportState.FINISHED


SEOUL_NOON = datetime(2026, 11, 20, 3, 0, 30, tzinfo=UTC)  # Friday, 12:00:30 in Seoul


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"rule": "minutes", "every": 15}, datetime(2026, 11, 20, 3, 15, tzinfo=UTC)),
        ({"rule": "hourly"}, datetime(2026, 11, 20, 4, 0, tzinfo=UTC)),
        ({"rule": "daily", "at_time": time(12, 30)}, datetime(2026, 11, 20, 3, 30, tzinfo=UTC)),
        ({"rule": "daily", "at_time": time(11, 0)}, datetime(2026, 11, 21, 2, 0, tzinfo=UTC)),
        ({"rule": "weekdays", "at_time": time(11, 0)}, datetime(2026, 11, 23, 2, 0, tzinfo=UTC)),
        ({"rule": "weekdays", "at_time": time(13, 0)}, datetime(2026, 11, 20, 4, 0, tzinfo=UTC)),
    ],
)
def test_a_rule_says_when_it_is_due_in_the_companys_time(
    rule: dict[str, Any], expected: datetime, settings: Any
) -> None:
    settings.TIME_ZONE = "Asia/Seoul"
    assert next_moment(ImportSchedule(**rule), SEOUL_NOON) == expected


def test_a_time_that_the_clock_change_skips_is_still_one_turn_that_day(settings: Any) -> None:
    settings.TIME_ZONE = "Europe/London"  # on 29 March 2026 the clock goes from 01:00 to 02:00
    nightly = ImportSchedule(rule="daily", at_time=time(1, 30))
    first = next_moment(nightly, datetime(2026, 3, 29, 0, 0, tzinfo=UTC))
    assert first == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert next_moment(nightly, first) == datetime(2026, 3, 30, 0, 30, tzinfo=UTC)


def test_history_tells_who_changed_what_and_that_it_switched_itself_off(
    administrator: Any, inbox: Path
) -> None:
    one = schedule(administrator, str(inbox))
    mapping = saved_mapping(administrator, title="또 하나")
    services.schedule_save(
        actor=administrator.actor,
        schedule=fresh(one),
        values=settings_of(administrator, str(inbox), mapping, rule="minutes", every=30),
    )
    change = Change.objects.get(table="records_importschedule")
    assert change.actor_id == administrator.id
    assert change.changes["every"] == [15, 30]
    inbox.rmdir()
    for _ in range(5):
        look(one)
    assert Change.objects.filter(table="records_importschedule", actor_id=None).latest("id").changes == {
        "active": [True, False]
    }
    services.schedule_remove(schedule=fresh(one), actor=administrator.actor)
    assert Change.objects.latest("id").action == "delete"
