import json
import os
import signal
import subprocess
import sys
from datetime import date
from decimal import Decimal

import pytest
from django.conf import settings
from django.db import connection

from dangol.commerce.models import OrderLine
from dangol.measures import lake
from dangol.measures.lake import datasets, manifest


def amounts(opened):
    lines = opened.table("order_lines")
    return opened.read(lines.aggregate(total=lines.amount.sum(), rows=lines.count())).to_pylist()[0]


def test_the_copy_is_exact_to_the_last_decimal(shop):
    customer = shop.customer()
    order = shop.order(customer, "2026-11-20", "0.0001", "99999999999999.9999")
    OrderLine.objects.create(order=order, ordinal=9, quantity=Decimal("0.3333"), unit_price=Decimal("0.0003"))
    lake.extract()
    with lake.connect() as opened:
        assert amounts(opened) == {"total": Decimal("100000000000000.00009999"), "rows": 3}


def test_lines_fall_into_files_by_the_companys_month(shop, lake_folder):
    shop.order(None, "2026-10-31", 10, at="23:59")
    shop.order(None, "2026-11-01", 20, at="00:01")
    published = lake.extract()
    months = [file.split("month=")[1].split("/")[0] for file in published.datasets["order_lines"].files]
    assert months == ["2026-10", "2026-11"]
    with lake.connect() as opened:
        lines = opened.table("order_lines")
        days = opened.read(lines.select("ordered_on", "amount").order_by("ordered_on")).to_pylist()
    assert [row["ordered_on"] for row in days] == [date(2026, 10, 31), date(2026, 11, 1)]
    assert published.zone == "Asia/Seoul"


def test_rows_in_the_recycle_bin_and_called_off_orders_are_left_out(shop):
    customer = shop.customer()
    shop.order(customer, "2026-11-20", 1)
    shop.order(customer, "2026-11-20", 2, deleted_at="2026-11-20T00:00Z")
    shop.order(customer, "2026-11-20", 4, status="cancelled")
    dropped = shop.order(customer, "2026-11-20", 8, 16)
    dropped.lines.filter(ordinal=1).update(deleted_at="2026-11-20T00:00Z")
    shop.customer(name="휴지통", deleted_at="2026-11-20T00:00Z")
    lake.extract()
    with lake.connect() as opened:
        assert amounts(opened)["total"] == 17
        assert len(opened.read(opened.table("customers"))) == 1


def test_an_empty_company_has_an_empty_lake(shop):
    lake.extract()
    with lake.connect() as opened:
        assert amounts(opened) == {"total": None, "rows": 0}


def test_without_a_lake_one_is_told_what_to_run(lake_folder):
    with pytest.raises(lake.LakeMissing, match="dangol refresh"):
        lake.connect()


def test_a_dataset_declared_later_asks_for_a_refresh(shop, monkeypatch):
    lake.extract()
    with lake.connect() as opened, pytest.raises(lake.LakeMissing, match="no visits yet"):
        opened.table("visits")


def test_a_failing_extract_leaves_the_lake_before_it(shop, lake_folder, monkeypatch):
    shop.order(None, "2026-11-20", 5)
    before = lake.extract()
    broken = lake.Dataset(
        name="zz_broken",
        source="FROM commerce_order o WHERE 1 / (o.id - o.id) = 1",
        columns=(lake.Column("id", "bigint"),),
    )
    monkeypatch.setitem(datasets._datasets, "zz_broken", broken)
    with pytest.raises(Exception, match="division by zero"):
        lake.extract()
    assert lake.current() == before
    monkeypatch.delitem(datasets._datasets, "zz_broken")
    lake.extract()
    assert not list(lake_folder.glob(f"{manifest.DRAFT}*"))


def test_the_lake_before_stays_readable_and_older_ones_go(shop, lake_folder):
    shop.order(None, "2026-11-20", 5)
    first = lake.extract()
    reader = lake.connect()
    shop.order(None, "2026-11-20", 7)
    second = lake.extract()
    assert amounts(reader)["total"] == 5
    with lake.connect() as opened:
        assert amounts(opened)["total"] == 12
    third = lake.extract()
    kept = {path.name for path in (lake_folder / "order_lines").iterdir()}
    assert kept == {second.snapshot, third.snapshot}
    assert first.snapshot not in kept
    reader.close()


@pytest.mark.parametrize("moment", ["copying", "settled", "drafted"])
def test_a_refresh_killed_at_any_moment_leaves_the_lake_before_it(shop, lake_folder, moment):
    shop.order(None, "2026-11-20", 5)
    before = lake.extract()
    shop.order(None, "2026-11-20", 7)
    script = f"""
import os, signal, django
django.setup()
from django.conf import settings
from pathlib import Path
settings.DATA = Path({str(lake_folder.parent)!r})
settings.DATABASES["default"]["NAME"] = {connection.settings_dict["NAME"]!r}
from dangol.measures.lake import extraction, manifest
die = lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL)
moment = {moment!r}
if moment == "copying":
    extraction.extract(progress=die)
elif moment == "settled":
    manifest.publish = die
else:
    Path.replace = die
extraction.extract()
"""
    ended = subprocess.run(
        [sys.executable, "-c", script], env=os.environ | {"DJANGO_SETTINGS_MODULE": "dangol.config.settings"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert lake.current() == before
    with lake.connect() as opened:
        assert amounts(opened)["total"] == 5
    lake.extract()
    with lake.connect() as opened:
        assert amounts(opened)["total"] == 12
    assert not list(lake_folder.glob(".draft-*"))
    assert json.loads((lake_folder / "manifest.json").read_text())["previous"] == before.snapshot


def test_all_datasets_are_one_moment_of_the_company(shop):
    """Rows that are committed while the copy runs are in no dataset."""
    customer = shop.customer()
    shop.order(customer, "2026-11-20", 5)
    seen = []

    def late_writer(dataset, rows):
        if not seen:
            shop.order(shop.customer(name="늦은 고객"), "2026-11-20", 7)
        seen.append(dataset)

    lake.extract(progress=late_writer)
    assert seen == [
        "customers", "interactions", "order_lines", "orders", "products", "quality_days", "work_days",
    ]  # fmt: skip
    with lake.connect() as opened:
        assert amounts(opened)["total"] == 5


def test_a_column_needs_a_type_the_lake_knows():
    with pytest.raises(ValueError, match="money"):
        lake.Column("amount", "money")
    with pytest.raises(ValueError, match="ordered_on"):
        lake.Dataset(name="x", source="FROM x", columns=(lake.Column("id", "bigint"),), month_of="ordered_on")


def test_web_processes_do_not_load_the_analytic_stack():
    script = """
import django, sys
django.setup()
import dangol.config.urls, dangol.config.wsgi
from django.urls import get_resolver
get_resolver().reverse_dict
heavy = {"duckdb", "ibis", "pyarrow", "pandas", "numpy", "adbc_driver_postgresql"} & set(sys.modules)
sys.exit(f"loaded: {sorted(heavy)}" if heavy else 0)
"""
    ended = subprocess.run(
        [sys.executable, "-c", script], env=os.environ | {"DJANGO_SETTINGS_MODULE": "dangol.config.settings"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert settings.TIME_ZONE
