"""Workers that are killed in the middle: the effect is there once, not less, not more."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from dangol.events import queue, registry, selectors, services
from dangol.events.models import Delivery, Heartbeat
from dangol.events.outbox import DELIVER_TASK, announce
from dangol.identity.models import Team
from tests.events import crash_worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def handler() -> Iterator[None]:
    crash_worker.register()
    yield
    registry.forget(crash_worker.HANDLER)


def start(moment: str, file: Path) -> subprocess.Popen[bytes]:
    database = connection.settings_dict
    parts = {
        "dbname": database["NAME"],
        "user": database["USER"],
        "host": database["HOST"],
        "port": database["PORT"],
    }
    url = "postgresql:///?" + "&".join(f"{key}={value}" for key, value in parts.items() if value)
    return subprocess.Popen(
        [sys.executable, "-m", "tests.events.crash_worker", moment, str(file)],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url, "DANGOL_LOG_LEVEL": "ERROR"},
    )


def kill_at(moment: str, file: Path) -> None:
    """Start a worker and kill it with SIGKILL when the moment has come."""
    worker = start(moment, file)
    try:
        for _n in range(600):
            if file.exists():
                break
            assert worker.poll() is None, "the worker ended by itself"
            time.sleep(0.1)
        else:
            pytest.fail("the worker never came to the moment")
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()


def let_time_pass() -> None:
    """The dead worker's heartbeat is old by now, and the next attempt is due."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '5 minutes'")
    Delivery.objects.filter(state="pending").update(next_attempt_at=timezone.now() - timedelta(seconds=1))


def run_calm(file: Path) -> None:
    """The minute's sweep comes, and a healthy worker works off what there is."""
    for upkeep in ("sweep", "tidy"):
        queue.enqueue(f"dangol.events.{upkeep}", timestamp=int(time.time()))
    worker = start("calm", file)
    assert worker.wait(timeout=60) == 0


def wait_until_rolled_back() -> None:
    """PostgreSQL notices that the killed worker's connection is gone."""
    for _n in range(100):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%'"
            )
            if cursor.fetchone()[0] == 0:
                return
        time.sleep(0.1)


@pytest.mark.parametrize("moment", ["before-mark", "after-commit"])
def test_a_worker_killed_in_the_middle_leaves_exactly_one_effect(moment: str, tmp_path: Path) -> None:
    with transaction.atomic():
        announce(crash_worker.Struck(number=1))
    kill_at(moment, tmp_path / "now")
    wait_until_rolled_back()
    job = ProcrastinateJob.objects.get(task_name=DELIVER_TASK)
    assert job.status == "doing"
    if moment == "before-mark":
        assert Team.objects.count() == 0
        assert (Delivery.objects.get().state, Delivery.objects.get().attempts) == ("pending", 1)
    else:
        assert Team.objects.count() == 1
    let_time_pass()
    run_calm(tmp_path / "never")
    assert Team.objects.count() == 1
    delivery = Delivery.objects.get()
    assert delivery.state == "done"
    assert ProcrastinateJob.objects.get(pk=job.pk).status == "succeeded"
    assert not selectors.failed_jobs().exists()
    assert Heartbeat.objects.filter(queue="default").exists()
    assert selectors.worker_seen() is not None


def test_two_workers_at_once_deliver_once() -> None:
    with transaction.atomic():
        announce(crash_worker.Struck(number=2))
    event = Delivery.objects.get().event_id
    gate = threading.Barrier(4)
    done: list[int] = []

    def work() -> None:
        gate.wait()
        try:
            done.append(services.deliver_event(event))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [0, 0, 0, 1]
    assert Team.objects.count() == 1
