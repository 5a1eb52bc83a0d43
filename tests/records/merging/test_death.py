"""Death in the middle of a merge and of taking it back leaves all or nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from dangol.commerce.models import Order
from dangol.customers.models import Customer
from dangol.identity.actors import Actor
from dangol.records import registry, writing
from dangol.records.merging import merge, undo
from dangol.records.models import Merge, Merged
from dangol.records.writing import Change
from tests.records.merging.dumping import differences, dump

SYSTEM = Actor.system("test")
ORDERS = 3_000
# The worker says when it has come to the chosen call, and waits there to be killed.
WORKER = """
import pathlib, sys, time, django
django.setup()
from dangol.identity.actors import Actor
from dangol.records import merging, registry
from dangol.records.merging import acts, undoing, moving
from dangol.records.models import Merge
what, moment, file, into, other = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
module, name = {
    "moved": (moving, "follow_up"), "written": (acts.tagging, "tell"), "announced": (acts.outbox, "announce"),
}[moment]
known = getattr(module, name)
def pausing(*given, **named):
    found = known(*given, **named)
    pathlib.Path(file).touch()
    time.sleep(120)
    return found
setattr(module, name, pausing)
actor = Actor.system("test")
if what == "merge":
    merging.merge(actor=actor, record_type=registry.get("customer"), into=into, others=[other])
else:
    merging.undo(actor=actor, merge=Merge.objects.get())
"""

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def killed_at(what: str, moment: str, file: Path, into: int, other: int) -> None:
    settings = connection.settings_dict
    url = psycopg.conninfo.make_conninfo(
        dbname=settings["NAME"],
        user=settings["USER"],
        password=settings["PASSWORD"],
        host=settings["HOST"],
        port=settings["PORT"],
    )
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, what, moment, str(file), str(into), str(other)],
        env={**os.environ, "DATABASE_URL": url},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        for _n in range(1_200):
            if file.exists():
                break
            assert process.poll() is None, process.stderr.read().decode() if process.stderr else ""
            time.sleep(0.1)
        else:
            pytest.fail("it never came to the moment")
    finally:
        process.kill()
        process.wait()
        if process.stderr:
            process.stderr.close()
    until_locks_are_gone()


def until_locks_are_gone() -> None:
    """On a busy machine the server notices a little later that the session is gone."""
    for _try in range(400):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'"
            )
            if cursor.fetchone()[0] == 0:
                return
        time.sleep(0.05)
    pytest.fail("the session of the killed process stays")


def test_a_merge_and_its_undoing_killed_at_any_moment_leave_all_or_nothing(tmp_path: Path) -> None:
    customers, orders = registry.get("customer"), registry.get("order")
    rows = [Change({"name": "가온"}), Change({"name": "가온상사", "phone": "02-123-4567"})]
    into, other = writing.write(customers, rows, actor=SYSTEM).created
    writing.write(
        orders,
        [
            Change({"number": f"O-{n}", "customer": other, "ordered_at": "2026-11-01T09:00:00+09:00"})
            for n in range(ORDERS)
        ],
        actor=SYSTEM,
    )
    before = dump()
    for moment in ("moved", "written", "announced"):
        killed_at("merge", moment, tmp_path / f"merge-{moment}", into, other)
        assert differences(before, dump()) == {}
        assert not Merge.objects.exists()
    done = merge(actor=SYSTEM, record_type=customers, into=into, others=[other])
    assert Order.objects.filter(customer=into).count() == ORDERS
    merged = dump()
    for moment in ("moved", "written", "announced"):
        killed_at("undo", moment, tmp_path / f"undo-{moment}", into, other)
        assert differences(merged, dump()) == {}
        assert Merged.objects.get().into_id == into
    undo(actor=SYSTEM, merge=done)
    assert differences(before, dump()) == {}
    assert Customer.objects.filter(deleted_at=None).count() == 2
