"""Death in the middle of a bulk act and of taking it back. The sums add up every time."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time

import psycopg
import pytest
from django.db import connection

from dangol.customers.models import Customer
from dangol.identity.actors import Actor
from dangol.records import registry, writing
from dangol.records.bulk import engine, jobs, runs, undoing
from dangol.records.bulk.errors import RunBusy
from dangol.records.bulk.selection import Selection
from dangol.records.models import BulkRun
from dangol.records.models import Change as Recorded
from dangol.records.writing import Change
from tests.records.bulk.conftest import change, planned

ROWS = 3_000
CHUNK = 40
SYSTEM = Actor.system("test")
WORKER = """
import sys, django
django.setup()
from dangol.identity.actors import Actor
from dangol.records.bulk import engine, undoing
from dangol.records.models import BulkRun
run = BulkRun.objects.get(pk=int(sys.argv[1]))
(undoing.undo if sys.argv[2] == "undo" else engine.run)(run, Actor.system("test"))
"""

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run() -> BulkRun:
    """Some thousand customers, each in a city of its own, one in ten there already."""
    rows = [
        Change({"name": f"고객 {n}", "city": "서울" if n % 10 == 0 else f"도시 {n}"}) for n in range(ROWS)
    ]
    writing.write(registry.get("customer"), rows, actor=SYSTEM)
    plan, _seen = planned(
        SYSTEM, Selection(filter='name contains "고객"'), settings=change(city={"set": "서울"})
    )
    return runs.run_create(plan, actor=SYSTEM, chunk_rows=CHUNK)


def worker(run: BulkRun, what: str) -> subprocess.Popen[bytes]:
    settings = connection.settings_dict
    url = psycopg.conninfo.make_conninfo(
        dbname=settings["NAME"],
        user=settings["USER"],
        password=settings["PASSWORD"],
        host=settings["HOST"],
        port=settings["PORT"],
    )
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, str(run.pk), what],
        env={**os.environ, "DATABASE_URL": url},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


LOCKS = engine._LOCK >> 32


def killed(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    if process.stderr:
        process.stderr.close()
    # On a busy machine the server notices a little later that the session, and its lock, is gone.
    for _try in range(200):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid::bigint = %s", [LOCKS]
            )
            if cursor.fetchone()[0] == 0:
                return
        time.sleep(0.05)


@pytest.mark.slow
def test_an_act_and_its_undoing_killed_at_any_moment_go_on_where_they_stopped(run: BulkRun) -> None:
    chance = random.Random(20261122)
    deaths = 0
    for _round in range(3):
        process = worker(run, "run")
        until = run.rows + chance.randrange(CHUNK, 600)
        while process.poll() is None:
            run.refresh_from_db()
            if run.rows >= until:
                time.sleep(chance.random() * 0.03)
                break
            time.sleep(0.01)
        deaths += process.poll() is None
        killed(process)
        run.refresh_from_db()
        assert run.rows == run.changed + run.unchanged + run.refused
        assert Recorded.objects.filter(origin="bulk").count() == run.changed
    assert deaths, "it was never killed in the middle; the test proves nothing"
    engine.run(run, SYSTEM)
    run.refresh_from_db()
    assert (run.state, run.rows, run.changed, run.unchanged) == ("finished", ROWS, ROWS * 9 // 10, ROWS // 10)
    assert set(Customer.objects.values_list("city", flat=True)) == {"서울"}
    assert Recorded.objects.filter(origin="bulk").count() == ROWS * 9 // 10

    process = worker(run, "undo")
    while process.poll() is None and run.chunks.filter(undone=True).count() < 20:
        time.sleep(0.01)
    assert process.poll() is None, "the undoing had ended before it could be killed"
    killed(process)
    run.refresh_from_db()
    put_back = run.undone["put_back"]["customer"]
    assert Recorded.objects.filter(origin="undo").count() == put_back < run.changed
    undoing.undo(run, SYSTEM)
    run.refresh_from_db()
    assert (run.undo, run.undone["put_back"]) == ("done", {"customer": ROWS * 9 // 10})
    assert Customer.objects.filter(city="서울").count() == ROWS // 10
    assert Customer.objects.exclude(city="서울").values("city").distinct().count() == ROWS * 9 // 10


def test_the_job_goes_on_after_its_worker_died(run: BulkRun) -> None:
    class Killed(BaseException):
        """The end of the process, as far as the database can tell."""

    def die(told: BulkRun) -> None:
        if told.rows >= 400:
            raise Killed

    with pytest.raises(Killed):
        engine.run(run, SYSTEM, die)
    run.refresh_from_db()
    assert (run.state, run.rows) == ("running", 400)
    jobs.run(run_id=run.pk)
    run.refresh_from_db()
    assert (run.state, run.rows, run.changed) == ("finished", ROWS, ROWS * 9 // 10)


def test_a_run_is_worked_on_by_one_process_only(run: BulkRun) -> None:
    with psycopg.connect(
        **{**connection.get_connection_params(), "cursor_factory": psycopg.Cursor}, autocommit=True
    ) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [engine.lock_number(run)])
        with pytest.raises(RunBusy):
            engine.run(run, SYSTEM)
        jobs.run(run_id=run.pk)
    run.refresh_from_db()
    assert (run.state, run.rows) == ("waiting", 0)


def test_a_cancelled_act_stops_and_can_be_taken_back(run: BulkRun) -> None:
    def stop(told: BulkRun) -> None:
        if told.rows == 200:
            BulkRun.objects.filter(pk=told.pk).update(cancel_requested=True)

    engine.run(run, SYSTEM, stop)
    run.refresh_from_db()
    assert (run.state, run.rows) == ("cancelled", 200)
    undoing.undo(run, SYSTEM)
    assert Customer.objects.filter(city="서울").count() == ROWS // 10
