"""Killed at any moment, the lake is the one before or the one after, and the next run puts it right."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest
from django.db import connection

from dangol.commerce.models import Order, OrderLine
from dangol.measures import lake
from tests.measures.test_lake_refresh import lines_of, truth

SCRIPT = """
import django, sys
django.setup()
from django.conf import settings
from pathlib import Path
settings.DATA = Path({folder!r})
settings.TIME_ZONE = "Asia/Seoul"
settings.DATABASES["default"]["NAME"] = {database!r}
from dangol.measures import lake
import duckdb, ibis, adbc_driver_postgresql.dbapi
print("ready", flush=True)
sys.stdin.readline()
with lake.exclusive():
    lake.{act}()
print("done", flush=True)
"""


class Process:
    """Another process that refreshes or compacts, and stops before it begins until it is told to go."""

    def __init__(self, folder, act):
        script = SCRIPT.format(folder=str(folder), database=connection.settings_dict["NAME"], act=act)
        self.process = subprocess.Popen(
            [sys.executable, "-c", script],
            env=os.environ | {"DJANGO_SETTINGS_MODULE": "dangol.config.settings"},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout.readline() == "ready\n", self.process.stderr.read()

    def go(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        _out, error = self.process.communicate(timeout=60)
        assert self.process.returncode in (0, -signal.SIGKILL), error


def change(shop, turn, chance):
    """Some lines change, some go, some come."""
    ids = list(OrderLine.objects.values_list("pk", flat=True))
    OrderLine.objects.filter(pk__in=chance.sample(ids, 20)).update(unit_price=turn + 1)
    OrderLine.objects.filter(pk__in=chance.sample(ids, 5)).delete()
    Order.objects.filter(pk__in=list(Order.objects.values_list("pk", flat=True))[:3]).update(
        ordered_at=f"2026-{turn % 9 + 1:02}-10T00:00Z"
    )
    shop.order(None, f"2026-{turn % 9 + 1:02}-20", *range(1, 9))


@pytest.mark.slow
@pytest.mark.parametrize("act", ["refresh", "compact", "extract"])
def test_a_run_killed_at_any_moment_leaves_the_lake_before_it_or_after_it(shop, lake_folder, act):
    chance = random.Random(act)
    for month in range(1, 10):
        shop.order(None, f"2026-{month:02}-15", *range(1, 30))
    lake.refresh()
    reached = 0.2  # seconds that a whole run takes, learnt on the way
    for turn in range(4):
        change(shop, turn, chance)
        if act == "compact":
            lake.refresh()
        before, rows_before, rows_now = lake.current(), lines_of(), truth()
        run = Process(lake_folder.parent, act)
        run.go()
        time.sleep(chance.uniform(0, reached))
        run.kill()
        after = lake.current()
        assert lines_of() == (rows_before if after == before else rows_now), f"between, in turn {turn}"
        with lake.exclusive():
            lake.refresh()
        assert lines_of() == truth()
        assert not list(lake_folder.glob(".draft-*"))
        reached = min(reached * 1.6, 1.0)
