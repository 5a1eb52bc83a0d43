"""Rows become records; what does not fit is set aside with a reason a clerk understands."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Any

import pytest
from django.db import transaction

from dangol.commerce.models import Order, OrderLine, Product
from dangol.customers.models import Customer
from dangol.events.models import Event
from dangol.identity.actors import Actor
from dangol.records import registry
from dangol.records.importing import engine, rejects, runs
from dangol.records.importing.errors import ImportProblem
from dangol.records.importing.mapping import read_mapping
from dangol.records.models import Change, ImportCounter, ImportRun
from dangol.records.writing import delete
from tests.records.importing.conftest import CUSTOMERS, HEADER, SYSTEM, Importer

LINES: dict[str, Any] = {
    "name": "lines",
    "time_zone": "Europe/London",
    "records": [
        {
            "as": "customer",
            "type": "customer",
            "when": {"column": "Customer", "is": "filled"},
            "key": ["external_id"],
            "existing": "keep",
            "fields": {
                "external_id": "Customer",
                "name": {"template": "Customer {Customer}"},
                "country": "Country",
            },
        },
        {
            "as": "product",
            "type": "product",
            "key": ["code"],
            "existing": "keep",
            "fields": {
                "code": "Code",
                "name": {"column": "Text", "existing": "fill", "fallback": {"column": "Code"}},
            },
        },
        {
            "as": "order",
            "type": "order",
            "key": ["number"],
            "existing": "keep",
            "fields": {
                "number": "No",
                "customer": {"record": "customer"},
                "kind": {"column": "No", "transform": [{"prefixes": {"C": "return", "": "sale"}}]},
                "ordered_at": {"column": "At", "transform": ["datetime"]},
                "currency": {"constant": "GBP"},
            },
        },
        {
            "as": "line",
            "type": "order_line",
            "key": ["order", "ordinal"],
            "fields": {
                "order": {"record": "order"},
                "ordinal": {"ordinal": ["No"]},
                "product": {"record": "product"},
                "quantity": {"column": "Quantity", "transform": ["decimal"]},
                "unit_price": {"column": "Price", "transform": ["decimal"]},
                "occurred_at": {"column": "At", "transform": ["datetime"]},
            },
        },
    ],
}
COLUMNS = "No,Code,Text,Quantity,At,Price,Customer,Country\n"
FLAT = COLUMNS + (
    "1,A,,2,2011-07-01 09:00:00,1.005,C1,UK\n"
    "1,B,Bee,1,2011-07-01 09:01:00,10,C1,UK\n"
    "1,A,Ay,2,2011-07-01 09:00:00,1.005,C1,UK\n"
    "C2,A,Other,-1,2011-07-02 09:00:00,1.005,C1,France\n"
    "3,B,Bee,5,2011-07-03 09:00:00,10,,UK\n"
    "1,B,Bee,1,2011-07-01 09:01:00,10,C1,UK\n"
)


def importing(actor: Actor) -> Actor:
    """The same person with the right to import customers of the own team."""
    return replace(actor, grants={**actor.grants, ("customer", "import"): frozenset({"team"})})


@pytest.mark.parametrize("chunk_rows", [1, 2, 3, 100])
def test_one_flat_row_becomes_customer_product_order_and_line(bring_in: Importer, chunk_rows: int) -> None:
    run = bring_in(FLAT, LINES, chunk_rows=chunk_rows)
    assert (run.rows, run.imported, run.unchanged, run.rejected) == (6, 6, 0, 0)
    assert {name: count for name, count in run.created.items() if count} == {
        "customer": 1,
        "product": 2,
        "order": 3,
        "order_line": 6,
    }
    customer = Customer.objects.get()
    assert (customer.external_id, customer.name, customer.country) == ("C1", "Customer C1", "UK")
    assert dict(Product.objects.values_list("code", "name")) == {"A": "Ay", "B": "Bee"}
    assert dict(Order.objects.values_list("number", "kind")) == {"1": "sale", "C2": "return", "3": "sale"}
    assert Order.objects.get(number="3").customer is None
    lines = OrderLine.objects.filter(order__number="1").order_by("ordinal")
    assert [(line.ordinal, line.product.code) for line in lines] == [(1, "A"), (2, "B"), (3, "A"), (4, "B")]
    assert Order.objects.get(number="1").ordered_at.isoformat() == "2011-07-01T08:00:00+00:00"
    assert not ImportCounter.objects.exists()


def test_a_second_import_changes_nothing(bring_in: Importer) -> None:
    bring_in(FLAT, LINES)
    changes, events = Change.objects.count(), Event.objects.exclude(name="records.import_finished").count()
    again = bring_in(FLAT, LINES, chunk_rows=2)
    assert (again.imported, again.unchanged, again.rejected) == (0, 6, 0)
    assert not any(again.created.values())
    assert not any(again.updated.values())
    assert Change.objects.count() == changes
    assert Event.objects.exclude(name="records.import_finished").count() == events
    assert set(OrderLine.objects.values_list("version", flat=True)) == {1}


def test_what_is_known_is_changed_and_the_rest_is_made(bring_in: Importer) -> None:
    bring_in(HEADER + "C1,한빛정밀,company,02-123-4567,2020-01-02\nC2,서광테크,company,,\n")
    run = bring_in(
        HEADER + "C1,한빛정밀㈜,company,02-123-4567,2020-01-02\nC2,서광테크,,,\nC3,김지우,개인,,\n"
    )
    assert (run.imported, run.unchanged) == (2, 1)
    assert (run.created["customer"], run.updated["customer"]) == (1, 1)
    assert Customer.objects.get(external_id="C1").name == "한빛정밀㈜"
    assert Customer.objects.get(external_id="C2").kind == "company", "an empty cell leaves what is there"
    history = Change.objects.get(table="customers_customer")
    assert history.origin == "import"
    assert list(history.changes) == ["name"]


def test_a_key_twice_in_the_file_is_one_record_and_the_last_row_wins(bring_in: Importer) -> None:
    content = HEADER + "C1,처음,company,,\nC1,처음,company,,\nC1,나중,company,,\n"
    for chunk_rows in (1, 10):
        Customer.objects.all().delete()
        run = bring_in(content, chunk_rows=chunk_rows)
        assert Customer.objects.get().name == "나중"
        assert run.rejected == 0
        assert run.unchanged == 1, "the row that says the same again changes nothing"


def test_each_bad_value_is_set_aside_with_row_field_value_and_reason(bring_in: Importer) -> None:
    run = bring_in(
        HEADER
        + "C1,좋은 행,company,,\n"
        + "C2,나쁜 날짜,company,,2020-02-30\n"
        + "C3,나쁜 구분,robot,,\n"
        + "C4,나쁜 전화,company,12345678901234567890,\n"
        + "C5,,company,,\n"
        + ",번호 없음,company,,\n"
        + "C7,칸이 모자람\n"
        + 'C8,"따옴표,company,,\n'
        + "C9,또 좋은 행,company,,\n",
        chunk_rows=4,
    )
    assert (run.rows, run.imported, run.rejected) == (9, 2, 7)
    found = {item.number: item for item in run.rejects.all()}
    assert [(n, found[n].code) for n in sorted(found)] == [
        (3, "date"),
        (4, "choice"),
        (5, "phone"),
        (6, "required"),
        (7, "key"),
        (8, "columns"),
        (9, "quotes"),
    ]
    assert (found[3].column, found[3].value) == ("시작일", "2020-02-30")
    assert all(item.reason for item in found.values())
    assert set(Customer.objects.values_list("external_id", flat=True)) == {"C1", "C9"}


def test_a_rejected_row_leaves_none_of_its_records(bring_in: Importer) -> None:
    run = bring_in(
        COLUMNS + "1,A,Ay,two,2011-07-01 09:00:00,1,C1,UK\n2,B,Bee,1,2011-07-01 09:00:00,1,C2,UK\n", LINES
    )
    assert (run.imported, run.rejected) == (1, 1)
    assert Customer.objects.get().external_id == "C2"
    assert Product.objects.get().code == "B"


def test_corrected_rejects_come_in_again_and_keep_their_place(bring_in: Importer) -> None:
    run = bring_in(FLAT.replace("1,B,Bee,1,2011-07-01 09:01:00", "1,B,Bee,one,2011-07-01 09:01:00", 1), LINES)
    assert run.rejected == 1
    mapping = read_mapping(LINES)
    content = b"".join(rejects.rejects_csv(run, COLUMNS.strip().split(","), len(mapping.ordinals))).decode(
        "utf-8-sig"
    )
    header, row = list(csv.reader(io.StringIO(content)))
    assert header[4:] == ["dangol:ordinal", *COLUMNS.strip().split(",")]
    assert row[0] == "3"
    assert row[4] == "2"
    assert row[8] == "one"
    again = bring_in(content.replace("one", "1"), LINES)
    assert (again.imported, again.rejected) == (1, 0), (
        "columns that the mapping does not know are passed over"
    )
    assert list(
        OrderLine.objects.filter(order__number="1").order_by("ordinal").values_list("ordinal", flat=True)
    ) == [
        1,
        2,
        3,
        4,
    ]
    whole = bring_in(FLAT, LINES)
    assert (whole.unchanged, whole.imported) == (6, 0)


def test_a_record_in_the_recycle_bin_rejects_its_rows(bring_in: Importer) -> None:
    bring_in(HEADER + "C1,한빛정밀,company,,\n")
    customer = Customer.objects.get()
    delete(registry.get("customer"), [customer.pk], actor=SYSTEM)
    run = bring_in(HEADER + "C1,다른 이름,company,,\nC2,서광테크,company,,\n")
    assert (run.imported, run.rejected) == (1, 1)
    assert run.rejects.get().code == "deleted"


def test_a_rule_that_only_the_database_knows_rejects_one_row(bring_in: Importer) -> None:
    mapping = {
        "records": [
            {
                "type": "customer",
                "key": ["external_id"],
                "fields": {
                    "external_id": "번호",
                    "name": "이름",
                    "parent": {"column": "상위", "lookup": "external_id"},
                },
            }
        ]
    }
    run = bring_in("번호,이름,상위\nC1,가,\nC2,나,\n", mapping, chunk_rows=10)
    assert run.rejected == 0
    run = bring_in("번호,이름,상위\nC1,가,C1\nC2,나,C1\nC3,다,C9\nC4,라,C2\n", mapping, chunk_rows=10)
    assert [item.number for item in run.rejects.order_by("number")] == [2, 4]
    assert Customer.objects.get(external_id="C2").parent == Customer.objects.get(external_id="C1")
    assert Customer.objects.get(external_id="C4").parent == Customer.objects.get(external_id="C2")


def test_nul_in_a_row_is_kept_as_it_was(bring_in: Importer) -> None:
    run = bring_in(HEADER + "C1,a\0b,company,,\nC2,좋은 행,company,,\n")
    assert (run.imported, run.rejected) == (1, 1)
    content = b"".join(rejects.rejects_csv(run, HEADER.strip().split(","), 0))
    assert b"a\0b" in content


def test_an_actor_without_the_right_imports_nothing(reader: Any, db: None, file: Any) -> None:
    with pytest.raises(ImportProblem):
        runs.run_create(
            actor=reader.actor, path=file(HEADER), mapping=read_mapping(CUSTOMERS), size=1, sha256="0" * 64
        )
    assert not ImportRun.objects.exists()


def test_a_known_key_of_another_team_is_neither_changed_nor_shown(
    bring_in: Importer, insider: Any, outsider: Any
) -> None:
    bring_in(HEADER + "C1,우리 고객,company,,\n", actor=importing(insider.actor))
    run = bring_in(HEADER + "C1,훔친 고객,company,,\nC2,새 고객,company,,\n", actor=importing(outsider.actor))
    assert (run.imported, run.rejected) == (1, 1)
    assert run.rejects.get().code == "forbidden"
    assert "우리 고객" not in run.rejects.get().reason
    assert Customer.objects.get(external_id="C1").name == "우리 고객"


def test_a_rehearsal_tells_exact_totals_and_leaves_nothing(db: None, file: Any) -> None:
    path = file(FLAT)
    with transaction.atomic():
        run = runs.run_create(
            actor=SYSTEM, path=path, mapping=read_mapping(LINES), size=1, sha256="0" * 64, chunk_rows=2
        )
        done = engine.rehearse(run, SYSTEM)
        assert (done.rows, done.imported, done.created["order"]) == (6, 6, 3)
        transaction.set_rollback(True)
    assert not ImportRun.objects.exists()
    assert not OrderLine.objects.exists()
    assert not Customer.objects.exists()


def test_a_cancelled_run_stops_between_chunks(db: None, file: Any) -> None:
    path = file(HEADER + "".join(f"C{n},고객 {n},company,,\n" for n in range(10)))
    run = runs.run_create(
        actor=SYSTEM, path=path, mapping=read_mapping(CUSTOMERS), size=1, sha256="0" * 64, chunk_rows=2
    )

    def stop(progress: engine.Progress) -> None:
        if progress.rows == 4:
            runs.run_cancel(run=ImportRun.objects.get(pk=run.pk), actor=SYSTEM)

    done = engine.run(run, SYSTEM, stop)
    assert (done.state, done.rows) == ("cancelled", 4)
    assert Customer.objects.count() == 4


def test_an_empty_table_is_finished_at_once(bring_in: Importer) -> None:
    run = bring_in(HEADER)
    assert (run.state, run.rows) == ("finished", 0)
    assert Event.objects.filter(name="records.import_finished").count() == 1


def test_an_automatic_mapping_brings_customers_in(bring_in: Importer) -> None:
    label = str(registry.get("customer").fields["name"].label)
    run = bring_in(f"external_id,{label},phone,memo\nC1,한빛정밀,021234567,x\n", "customer")
    assert run.imported == 1
    assert Customer.objects.get().phone == "+8221234567"


def only(**how: str) -> dict[str, Any]:
    """The customers' mapping, but for what it does with records that are there, or are not."""
    return {**CUSTOMERS, "records": [{**CUSTOMERS["records"][0], **how}]}


def test_a_mapping_may_only_change_what_is_there(bring_in: Importer) -> None:
    bring_in(HEADER + "1,하나,,,\n")
    done = bring_in(HEADER + "1,하나상사,,,\n2,둘,,,\n", only(missing="reject"))
    assert (done.imported, done.rejected) == (1, 1)
    assert done.rejects.get().code == "missing"
    assert list(Customer.objects.values_list("name", flat=True)) == ["하나상사"]


def test_a_mapping_may_pass_over_what_is_not_there(bring_in: Importer) -> None:
    bring_in(HEADER + "1,하나,,,\n")
    done = bring_in(HEADER + "2,둘,,,\n1,하나상사,,,\n3,셋,,,\n", only(missing="skip"))
    assert (done.imported, done.unchanged, done.rejected) == (1, 2, 0)
    assert list(Customer.objects.values_list("name", flat=True)) == ["하나상사"]


def test_a_mapping_may_only_make_what_is_not_there(bring_in: Importer) -> None:
    bring_in(HEADER + "1,하나,,,\n")
    done = bring_in(HEADER + "1,하나상사,,,\n2,둘,,,\n", only(existing="reject"))
    assert (done.imported, done.rejected) == (1, 1)
    assert done.rejects.get().code == "exists"
    assert set(Customer.objects.values_list("name", flat=True)) == {"하나", "둘"}
