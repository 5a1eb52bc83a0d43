"""Fifty deaths: web, worker and database are killed at random moments while imports go on; the sums add up every time."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import psutil
import psycopg
import pytest

from dangol.config import environment
from tests.config.installation import Installation
from tests.config.test_death import HEADER, database, kill, rows, until_all_stand

pytestmark = pytest.mark.slow

DEATHS = 50
ROWS = 3_000
CHUNK = 250
PATIENCE = 120.0
TARGETS = ("worker", "worker", "worker", "postgres", "postgres", "web")

START = """
import sys, django
django.setup()
from pathlib import Path
from dangol.identity.actors import Actor
from dangol.records.importing import registry, runs, storage
from dangol.records.models import ImportState
path = Path(sys.argv[1])
size, sha256 = storage.measure(path)
actor = Actor.system("test")
run = runs.run_create(
    actor=actor, path=path, mapping=registry.get("online-retail"), size=size, sha256=sha256,
    state=ImportState.DRAFT, chunk_rows=int(sys.argv[2]),
)
runs.run_start(run=run, actor=actor)
"""


@pytest.fixture
def installation(place):
    installation = Installation(place / "data")
    yield installation
    installation.end()


class Files:
    """File after file, each handed to the worker when the one before is in; and what they hold together."""

    def __init__(self, installation: Installation, place: Path) -> None:
        self.installation = installation
        self.place = place
        self.count = 0
        self.expected = Decimal()

    def start_next(self) -> None:
        """Write a file and start its import, however often the database is away."""
        number = self.count
        self.count += 1
        path = self.place / f"lines-{number}.csv"
        with path.open("w") as out:
            out.write(HEADER)
            for n in range(ROWS):
                quantity, price = (n + number) % 7 + 1, Decimal(n % 500 + 1) / 100
                self.expected += quantity * price
                out.write(f"{600_000 + number * 1000 + n // 12},S{n % 300},Thing {n % 300},{quantity},2011-07-01 09:00:00,{price},{n // 60 + 1},UK\n")  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-c", START, str(path), str(CHUNK)],
            env={
                **self.installation.environment,
                "DATABASE_URL": environment.embedded_url(self.installation.data),
                "DJANGO_SETTINGS_MODULE": "dangol.config.settings",
            },
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def runs(self) -> list[tuple]:
        """State, rows, imported, unchanged and rejected of every run."""
        with database(self.installation) as connection:
            return rows(
                connection,
                "SELECT state, rows, imported, unchanged, rejected FROM records_importrun ORDER BY id",
            )

    def is_busy(self) -> bool:
        try:
            states = [state for state, *_counts in self.runs()]
        except psycopg.OperationalError:
            return True
        assert len(states) == self.count
        return any(state in ("waiting", "running") for state in states)


def test_after_fifty_deaths_every_row_is_in_once(installation, place, record_property):
    installation.serve()
    chance = random.Random(50)
    files = Files(installation, place)
    died = dict.fromkeys(dict.fromkeys(TARGETS), 0)
    while sum(died.values()) < DEATHS:
        assert installation.serving.poll() is None, "serve itself must not end"
        if not files.is_busy():
            until_all_stand(installation)
            files.start_next()
        time.sleep(chance.uniform(0.02, 0.7))
        target = installation.processes().get(chance.choice(TARGETS))
        if target is None:
            continue  # still on its way back from the last death
        name = next(name for name, process in installation.processes().items() if process == target)
        family = [target, *_children(target)] if chance.random() < 0.5 else [target]
        kill(*family)
        died[name] += 1
    until_all_stand(installation)
    end = time.monotonic() + PATIENCE
    while files.is_busy():
        assert time.monotonic() < end, files.runs()
        time.sleep(0.2)

    total = ROWS * files.count
    for run in files.runs():
        assert run == ("finished", ROWS, run[2], run[3], 0)
        assert run[2] + run[3] == ROWS
    with database(installation) as connection:
        assert rows(connection, "SELECT count(*), sum(amount) FROM commerce_orderline") == [(total, files.expected)]  # fmt: skip
        assert rows(connection, "SELECT count(*), sum(exact) FROM commerce_order o JOIN commerce_ordertotal t ON t.order_id = o.id") == [(total // 12, files.expected)]  # fmt: skip
        assert rows(connection, "SELECT count(*) FROM (SELECT order_id, ordinal FROM commerce_orderline GROUP BY 1, 2 HAVING count(*) > 1) t") == [(0,)]  # fmt: skip
        finished = rows(connection, "SELECT count(*) FROM events_event WHERE name = 'records.import_finished'")  # fmt: skip
        assert finished == [(files.count,)]
    record_property("deaths", died)
    record_property("imports", files.count)


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []
