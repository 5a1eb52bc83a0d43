"""The real file: half a million lines with their dirt, and totals that must come out to the last digit."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.db.models import Count, Sum

from dangol.commerce.models import Order, OrderLine, Product
from dangol.customers.models import Customer
from dangol.identity.actors import Actor
from dangol.records.importing import engine, registry, runs, storage
from dangol.records.models import Change, ImportRun
from tests.records.importing.conftest import Importer

FILE = Path(__file__).parents[4] / "shared/data/online_retail/online_retail.csv.gz"
SYSTEM = Actor.system("test")
HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
TRAPS = HEADER + (
    "536365,85123A,WHITE HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n"
    "536365,85123A,WHITE HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n"
    "536365,POST,POSTAGE,1,2010-12-01 08:27:00,18.0,17850.0,United Kingdom\n"
    "C536379,D,Discount,-1,2010-12-01 09:41:00,27.5,14527.0,United Kingdom\n"
    "C536383,35004C,COLOURED DUCKS,-1,2010-12-01 09:49:00,4.65,15311.0,Cyprus\n"
    "536414,22139,,56,2010-12-01 11:52:00,0.0,,United Kingdom\n"
    "536589,21777,damaged,-10,2010-12-01 16:50:00,0.0,,United Kingdom\n"
    "536590,21777,RECIPE BOX,2,2010-12-01 16:51:00,7.95,,United Kingdom\n"
    "A563185,B,Adjust bad debt,1,2011-08-12 14:50:00,11062.06,,United Kingdom\n"
    "A563186,B,Adjust bad debt,1,2011-08-12 14:51:00,-11062.06,,United Kingdom\n"
    "550193,PADS,PADS TO MATCH ALL CUSHIONS,1,2011-04-15 09:27:00,0.001,15311.0,United Kingdom\n"
)


def test_each_trap_of_the_file_is_treated_as_documented(bring_in: Importer) -> None:
    run = bring_in(TRAPS, registry.get("online-retail"))
    assert (run.imported, run.rejected) == (11, 0)
    first = Order.objects.get(number="536365")
    assert first.ordered_at == datetime(2010, 12, 1, 8, 26, tzinfo=ZoneInfo("Asia/Seoul")), (
        "the first of two time stamps"
    )
    lines = list(first.lines.order_by("ordinal"))
    assert [(line.ordinal, line.kind) for line in lines] == [(1, "sale"), (2, "sale"), (3, "charge")]
    assert lines[2].occurred_at == datetime(2010, 12, 1, 8, 27, tzinfo=ZoneInfo("Asia/Seoul")), (
        "the line keeps its own time"
    )
    assert (first.kind, first.status, first.currency) == ("sale", "delivered", "GBP")
    cancelled = Order.objects.get(number="C536383")
    assert (cancelled.kind, cancelled.status, cancelled.lines.get().kind) == ("return", "cancelled", "return")
    assert Order.objects.get(number="C536379").lines.get().kind == "adjustment", (
        "a discount is no returned product"
    )
    assert Order.objects.get(number="536414").customer is None
    assert Order.objects.get(number="536414").lines.get().kind == "adjustment"
    assert Order.objects.get(number="536589").kind == "adjustment"
    assert Order.objects.get(number="A563186").kind == "adjustment"
    assert OrderLine.objects.get(order__number="A563186").amount == Decimal("-11062.06")
    assert OrderLine.objects.get(order__number="550193").unit_price == Decimal("0.001")
    customer = Customer.objects.get(external_id="15311")
    assert (customer.country, str(customer.since)) == ("Cyprus", "2010-12-01"), "the first of two countries"
    names = dict(Product.objects.values_list("code", "name"))
    assert names["21777"] == "RECIPE BOX", "a remark on a write-off is no product name"
    assert names["22139"] == "22139", "a product that nobody described is called by its code"


@pytest.mark.slow
@pytest.mark.django_db
def test_the_whole_file_comes_in_to_the_last_penny() -> None:
    if not FILE.exists():
        pytest.skip(f"needs {FILE.name} in ../shared/data/online_retail beside the project")
    mapping = registry.get("online-retail")
    size, sha256 = storage.measure(FILE)

    def bring_in() -> ImportRun:
        made = runs.run_create(actor=SYSTEM, path=FILE, mapping=mapping, size=size, sha256=sha256)
        return engine.run(made, SYSTEM)

    run = bring_in()
    assert (run.rows, run.imported, run.rejected) == (541_909, 541_909, 0)
    assert Customer.objects.count() == 4_372
    assert Order.objects.count() == 25_900
    assert Product.objects.count() == 4_070
    kinds = dict(Order.objects.values_list("kind").annotate(n=Count("pk")))
    assert kinds == {"sale": 20_725, "return": 3_836, "adjustment": 1_339}
    assert OrderLine.objects.filter(order__kind="return").count() == 9_288
    assert OrderLine.objects.filter(order__customer=None).count() == 135_080
    assert OrderLine.objects.aggregate(total=Sum("amount"))["total"] == Decimal("9747747.934")
    history = Change.objects.count()
    again = bring_in()
    assert (again.rows, again.unchanged, again.imported, again.rejected) == (541_909, 541_909, 0, 0)
    assert Change.objects.count() == history
    assert not OrderLine.objects.exclude(version=1).exists()
