"""One company's whole CRM, exported by Zoho: relations hold, sums are those of the files, the second time changes nothing."""

from __future__ import annotations

import csv
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from django.db.models import Count, Model, Sum

from dangol.commerce.models import Invoice, InvoiceLine, Order, OrderLine, OrderTotal
from dangol.customers.models import Contact, Customer
from dangol.identity.actors import Actor
from dangol.identity.models import User
from dangol.interactions.models import Interaction, TimelineEntry
from dangol.records.importing import engine, registry, runs, storage
from dangol.records.models import Change, ImportRun
from tests.records.importing.conftest import Importer

FOLDER = Path(__file__).parents[4] / "shared/data/exports/zoho"
SYSTEM = Actor.system("test")

STEPS = (
    ("zoho-users", "Users"),
    ("zoho-accounts", "Accounts"),
    ("zoho-contacts", "Contacts"),
    ("zoho-products", "Products"),
    ("zoho-orders", "Sales_Orders"),
    ("zoho-order-lines", "Sales_Order_Line_Items"),
    ("zoho-invoices", "Invoices"),
    ("zoho-invoice-lines", "Invoice_Line_Items"),
    ("zoho-calls", "Calls"),
    ("zoho-events", "Events"),
    ("zoho-tasks", "Tasks"),
)
Rows = list[dict[str, str]]


def rows_of(name: str) -> Rows:
    """The file as the standard library reads it: the other side of every comparison."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def money(text: str) -> Decimal:
    return Decimal(text.replace("$", "").replace(",", "") or 0)


def added(rows: Rows, column: str) -> Decimal:
    return sum((money(row[column]) for row in rows), Decimal(0))


def stored(model: type[Model], column: str) -> Decimal:
    return model._default_manager.aggregate(sum=Sum(column))["sum"] or Decimal(0)


def bring_in(mapping: str, name: str) -> ImportRun:
    path = FOLDER / f"{name}.csv"
    size, sha256 = storage.measure(path)
    made = runs.run_create(
        actor=SYSTEM, path=path, mapping=registry.get(mapping), size=size, sha256=sha256, chunk_rows=1_000
    )
    done = engine.run(made, SYSTEM)
    assert done.rows == done.imported + done.unchanged + done.rejected
    return done


@pytest.mark.slow
@pytest.mark.django_db
def test_a_whole_crm_moves_in_with_its_relations() -> None:
    if not FOLDER.exists():
        pytest.skip("needs exports/zoho in ../shared/data beside the project")
    files = {name: rows_of(name) for _mapping, name in STEPS}
    for mapping, name in STEPS:
        run = bring_in(mapping, name)
        assert (run.rows, run.imported, run.rejected) == (len(files[name]), len(files[name]), 0), mapping
    calls, events, tasks = files["Calls"], files["Events"], files["Tasks"]
    # relations
    assert dict(User.objects.values_list("email", "name")) == {
        row["Email"]: row["Last Name"] for row in files["Users"]
    }
    assert dict(Contact.objects.values_list("external_id", "customer__external_id")) == {
        row["CONTACTID"]: row["Account Id"] for row in files["Contacts"]
    }
    assert dict(Customer.objects.values_list("external_id", "owner__name")) == {
        row["ACCOUNTID"]: row["Account Owner"] for row in files["Accounts"]
    }
    assert dict(Invoice.objects.values_list("external_id", "customer__external_id")) == {
        row["INVOICEID"]: row["Account Id"] for row in files["Invoices"]
    }
    orders = {row["SALESORDERID"] for row in files["Sales_Orders"]}
    assert dict(Invoice.objects.values_list("external_id", "order__external_id")) == {
        row["INVOICEID"]: row["Sales Order Id"] if row["Sales Order Id"] in orders else None
        for row in files["Invoices"]
    }
    accounts = {row["ACCOUNTID"] for row in files["Accounts"]}
    homes = {row["CONTACTID"]: row["Account Id"] for row in files["Contacts"]}
    for kind, rows, key in (("call", calls, "TASKID"), ("meeting", events, "EVENTID")):
        expected = {
            row[key]: (
                row["ACCOUNTID"] if row["ACCOUNTID"] in accounts else homes.get(row["CONTACTID"]),
                row["CONTACTID"] or None,
                row.get("Call Owner", row.get("Event Owner")),
            )
            for row in rows
        }
        found = Interaction.objects.filter(kind=kind).values_list(
            "external_id", "customer__external_id", "contact__external_id", "owner__name"
        )
        assert {number: tuple(rest) for number, *rest in found} == expected
    unknown = next(row for row in calls if row["ACCOUNTID"] and row["ACCOUNTID"] not in accounts)
    assert f"Account: {unknown['ACCOUNTID']}" in Interaction.objects.get(external_id=unknown["TASKID"]).body
    led = next(row for row in events if row["LEADID"])
    assert f"Lead: {led['LEADID']}" in Interaction.objects.get(external_id=led["EVENTID"]).body
    # sums
    for column, field in (("Sub Total", "subtotal"), ("Tax", "tax"), ("Grand Total", "total")):
        assert stored(Order, field) == added(files["Sales_Orders"], column)
        assert stored(Invoice, field) == added(files["Invoices"], column)
    for model, name, field in (
        (OrderLine, "Sales_Order_Line_Items", "total"),
        (InvoiceLine, "Invoice_Line_Items", "amount"),
    ):
        lines = files[name]
        assert model.objects.count() == len(lines)
        assert stored(model, field) == added(lines, "Net Total")
        assert stored(model, "quantity") == added(lines, "Quantity")
        named = Counter(row["Product Name"] for row in files["Products"])
        assert model.objects.filter(product=None).count() == sum(
            named[row["Product Name"]] != 1 for row in lines
        ), "a name that no product has, or two have, stays text"
        assert not model.objects.filter(description="").exists()
    completed = sum(row["Status"] == "Completed" for row in tasks)
    assert Interaction.objects.filter(kind="task", done_at=None).count() == len(tasks) - completed
    assert dict(
        Interaction.objects.filter(kind="task").values_list("owner__name").annotate(n=Count("pk"))
    ) == (Counter(row["Task Owner"] for row in tasks))
    entries = TimelineEntry.objects.filter(subject_type="customer", source_type="invoice").count()
    assert entries == len(files["Invoices"])
    # what the orders' file leaves out: whose they are
    run = bring_in("zoho-order-customers", "Invoices")
    assert (run.imported, run.rejected) == (
        len(orders & {row["Sales Order Id"] for row in files["Invoices"]}),
        270,
    )
    # once more
    history = Change.objects.count()
    for mapping, name in STEPS:
        run = bring_in(mapping, name)
        assert (run.unchanged, run.imported, run.rejected) == (len(files[name]), 0, 0), mapping
    assert Change.objects.count() == history


CDNOW = (
    "customer_id,date,number_of_cds,dollar_value\n"
    "00001,19970101,1,11.77\n"
    "00002,19970112,1,12.00\n"
    "00002,19970112,5,77.00\n"
    "00003,19970102,2,0.00\n"
)


def test_each_purchase_of_cdnow_is_an_order_with_one_line(bring_in: Importer) -> None:
    run = bring_in(CDNOW, registry.get("cdnow"))
    assert (run.imported, run.rejected) == (4, 0)
    assert Customer.objects.get(external_id="cdnow-00002").orders.count() == 2, "two purchases on one day"
    assert stored(OrderTotal, "amount") == Decimal("100.77")
    assert str(Customer.objects.get(external_id="cdnow-00001").since) == "1997-01-01"
    again = bring_in(CDNOW, registry.get("cdnow"))
    assert (again.unchanged, again.imported) == (4, 0)


def test_the_sample_of_cdnow_has_two_id_columns(bring_in: Importer) -> None:
    header = ",".join(f"column {number}" for number in range(1, 6))
    run = bring_in(
        f"{header}\n00004,0001,19970101,2,29.33\n00021,0002,19970101,3,63.34\n", registry.get("cdnow-sample")
    )
    assert (run.imported, run.rejected) == (2, 0)
    assert set(Customer.objects.values_list("external_id", flat=True)) == {"cdnow-00004", "cdnow-00021"}
    assert stored(OrderTotal, "amount") == Decimal("92.67")
    assert OrderLine.objects.get(order__number="cdnow-00021-1").description == "CD × 3"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "mapping", "header", "customers", "total"),
    [
        (
            "CDNOW_sample.txt",
            "cdnow-sample",
            "column 1,column 2,column 3,column 4,column 5",
            2_357,
            "244091.94",
        ),
        ("CDNOW_master.txt", "cdnow", None, 23_570, "2500315.63"),
    ],
)
def test_all_of_cdnow_adds_up_to_the_published_sum(
    bring_in: Importer, name: str, mapping: str, header: str | None, customers: int, total: str
) -> None:
    file = FOLDER.parents[1] / "cdnow" / name
    if not file.exists():
        pytest.skip("needs cdnow in ../shared/data beside the project")
    lines = [",".join(line.split()) for line in file.read_text().splitlines() if line.strip()]
    rows = [*([header] if header else []), *lines]
    run = bring_in("\n".join(rows) + "\n", registry.get(mapping), chunk_rows=5_000)
    assert (run.imported, run.rejected) == (len(rows) - 1, 0)
    assert Customer.objects.count() == customers
    assert stored(OrderTotal, "amount") == Decimal(total)
