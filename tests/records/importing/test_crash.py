"""Death in the middle: of the importer, of the database connection, of the worker. The sums add up every time."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.db.models import Sum

from dangol.commerce.models import Order, OrderLine, Product
from dangol.customers.models import Customer
from dangol.records.importing import engine, holding, jobs, runs, storage
from dangol.records.importing.errors import RunBusy
from dangol.records.importing.mapping import read_mapping
from dangol.records.models import ImportRun
from tests.records.importing.conftest import SYSTEM
from tests.records.importing.test_engine import COLUMNS, LINES

ROWS = 4_000
CHUNK = 50
IMPORTER = """
import sys, django
django.setup()
from dangol.identity.actors import Actor
from dangol.records.importing import engine
from dangol.records.models import ImportRun
engine.run(ImportRun.objects.get(pk=int(sys.argv[1])), Actor.system("test"))
"""

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run(tmp_path: Path) -> ImportRun:
    """An import of some thousand lines whose orders reach across chunks, with a bad row here and there."""
    lines = []
    for n in range(ROWS):
        quantity = "many" if n % 97 == 13 else str(n % 7 + 1)
        lines.append(f"{n // 9},P{n % 40},Thing {n % 40},{quantity},2011-07-01 09:00:00,1.25,C{n // 90},UK\n")
    path = tmp_path / "lines.csv"
    path.write_text(COLUMNS + "".join(lines))
    size, sha256 = storage.measure(path)
    return runs.run_create(
        actor=SYSTEM, path=path, mapping=read_mapping(LINES), size=size, sha256=sha256, chunk_rows=CHUNK
    )


def assert_whole(run: ImportRun) -> None:
    run.refresh_from_db()
    bad = sum(n % 97 == 13 for n in range(ROWS))
    assert (run.state, run.rows, run.imported, run.rejected) == ("finished", ROWS, ROWS - bad, bad)
    assert OrderLine.objects.count() == ROWS - bad
    assert run.rejects.count() == bad
    assert run.created == {
        "customer": Customer.objects.count(),
        "product": Product.objects.count(),
        "order": Order.objects.count(),
        "order_line": ROWS - bad,
    }
    expected = sum(Decimal(n % 7 + 1) * Decimal("1.25") for n in range(ROWS) if n % 97 != 13)
    assert OrderLine.objects.aggregate(total=Sum("amount"))["total"] == expected


def importer(run: ImportRun) -> subprocess.Popen[bytes]:
    settings = connection.settings_dict
    url = psycopg.conninfo.make_conninfo(
        dbname=settings["NAME"],
        user=settings["USER"],
        password=settings["PASSWORD"],
        host=settings["HOST"],
        port=settings["PORT"],
    )
    return subprocess.Popen(
        [sys.executable, "-c", IMPORTER, str(run.pk)],
        env={**os.environ, "DATABASE_URL": url},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def until(process: subprocess.Popen[bytes], run: ImportRun, rows: int) -> bool:
    """Wait until the run has come that far. False when the process has ended before."""
    while process.poll() is None:
        run.refresh_from_db()
        if run.rows >= rows:
            return True
        time.sleep(0.01)
    return False


@pytest.mark.slow
def test_an_importer_killed_at_any_moment_goes_on_where_it_stopped(run: ImportRun) -> None:
    chance = random.Random(14911)
    for _round in range(4):
        run.refresh_from_db()
        process = importer(run)
        if until(process, run, run.rows + chance.randrange(1, 900)):
            time.sleep(chance.random() * 0.05)
        process.kill()
        process.wait()
        process.stderr and process.stderr.close()
        run.refresh_from_db()
        assert run.rows == run.imported + run.unchanged + run.rejected
        assert OrderLine.objects.count() == run.imported
    engine.run(run, SYSTEM)
    assert_whole(run)


def own_connection() -> psycopg.Connection[Any]:
    return psycopg.connect(
        **{**connection.get_connection_params(), "cursor_factory": psycopg.Cursor}, autocommit=True
    )


@pytest.fixture
def cut_lines(run: ImportRun) -> Iterator[list[int]]:
    """Every now and then the server throws the importer out, wherever it is."""
    stop = threading.Event()
    cuts: list[int] = []
    chance = random.Random(536365)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        database = cursor.fetchone()[0]

    def cut() -> None:
        with own_connection() as other:
            while not stop.wait(chance.uniform(0.1, 0.6)) and len(cuts) < 6:
                found = other.execute(
                    "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity"
                    " WHERE datname = %s AND pid <> pg_backend_pid() AND state <> 'idle'",
                    [database],
                ).fetchone()
                if found and found[0]:
                    cuts.append(found[0])

    thread = threading.Thread(target=cut)
    thread.start()
    yield cuts
    stop.set()
    thread.join()


def test_a_lost_connection_is_waited_for_and_taken_up_again(run: ImportRun, cut_lines: list[int]) -> None:
    for _attempt in range(3):
        engine.run(run, SYSTEM, patience=20)
        run.refresh_from_db()
        if run.state == "finished":
            break
    assert cut_lines, "the connection was never cut; the test proves nothing"
    assert_whole(run)


def test_a_run_is_worked_on_by_one_process_only(run: ImportRun) -> None:
    with own_connection() as other:
        other.execute("SELECT pg_advisory_lock(%s)", [holding.lock_number(run)])
        with pytest.raises(RunBusy):
            engine.run(run, SYSTEM)
        jobs.run(run_id=run.pk)
    run.refresh_from_db()
    assert (run.state, run.rows) == ("waiting", 0)


def test_the_job_goes_on_after_its_worker_died(run: ImportRun) -> None:
    class Killed(BaseException):
        """The end of the process, as far as the database can tell."""

    def die(progress: engine.Progress) -> None:
        if progress.rows >= 1_000:
            raise Killed

    with pytest.raises(Killed):
        engine.run(run, SYSTEM, die)
    run.refresh_from_db()
    assert (run.state, run.rows) == ("running", 1_000)
    jobs.run(run_id=run.pk)
    assert_whole(run)
