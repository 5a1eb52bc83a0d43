"""What stands in the files: encodings, formulas, types; and that memory and rows hold while others write."""

from __future__ import annotations

import io
import json
import tracemalloc
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db import connection
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from dangol.customers.models import Customer
from dangol.identity.models import Grant, Role
from dangol.records import filters, registry, writing
from dangol.records.exporting import making, runs, workbook
from dangol.records.exporting.asking import ask
from dangol.records.exporting.cells import Output
from dangol.records.formulas import guarded, restored
from dangol.records.exporting.losses import Losses
from dangol.records.models import ExportRun
from tests.cast import SYSTEM, Person
from tests.records.exporting.conftest import REASON, body, table, take


@given(st.text(alphabet="'=+-@\t\r＝a1 가", max_size=8))
def test_a_guarded_text_begins_no_formula_and_comes_back_whole(text: str) -> None:
    assert guarded(text)[:1] not in tuple("=+-@\t\r＝")
    assert restored(guarded(text)) == text


@pytest.mark.django_db
def test_formulas_are_text_and_numbers_stay_numbers(manager: Person) -> None:
    machine = registry.get("machine")
    for code, name in (("A", "=1+1"), ("B", "@SUM(1)"), ("C", "'=x"), ("D", "+82 10"), ("E", "-")):
        writing.create(machine, {"code": code, "name": name, "power": -5}, actor=manager.actor)
    rows = table(body(take(manager.client, "machines", "sort=code&cols=code&cols=power")))
    assert [row["이름"] for row in rows] == ["'=1+1", "'@SUM(1)", "''=x", "'+82 10", "'-"]
    assert {row["전력"] for row in rows} == {"-5"}
    page = openpyxl.load_workbook(
        io.BytesIO(body(take(manager.client, "machines", "sort=code", kind="xlsx")))
    ).active
    assert page is not None
    cells = [row[0] for row in page.iter_rows(min_row=2)]
    assert [cell.value for cell in cells] == ["=1+1", "@SUM(1)", "'=x", "+82 10", "-"]
    assert {cell.data_type for cell in cells} == {"s"}


@pytest.mark.django_db
def test_what_cp949_cannot_hold_is_told_before_the_download(manager: Person) -> None:
    writing.create(registry.get("machine"), {"code": "A", "name": "똠방각하"}, actor=manager.actor)
    content = body(take(manager.client, "machines", kind="csv-cp949"))
    assert table(content, "cp949")[0]["이름"] == "똠방각하"
    writing.create(registry.get("machine"), {"code": "B", "name": "🙂 선반 😀"}, actor=manager.actor)
    answer = take(manager.client, "machines", "sort=code", kind="csv-cp949")
    run = ExportRun.objects.latest("pk")
    assert answer["Location"] == reverse("exports:detail", args=[run.key])
    assert run.losses == {
        "replaced": 2,
        "cells": 1,
        "shortened": 0,
        "examples": [{"row": 3, "column": "이름", "text": "🙂 선반 😀"}],
    }
    page = manager.client.get(answer["Location"]).content.decode()
    assert "글자 2자가 CP949에 없어서" in page
    rows = table(body(manager.client.get(reverse("exports:file", args=[run.key]))), "cp949")
    assert [row["이름"] for row in rows] == ["똠방각하", "? 선반 ?"]


@pytest.mark.django_db
def test_json_lines_carry_codes_utc_and_exact_numbers(manager: Person, customers: list[int]) -> None:
    lines = [
        json.loads(line)
        for line in body(
            take(manager.client, "customers", "sort=id", kind="jsonl", columns="all")
        ).splitlines()
    ]
    assert lines[0]["stage"] == "active"
    assert lines[1]["parent"] == {"id": customers[0], "title": "한빛정밀", "external_id": "C-1"}
    assert lines[0]["parent"] is None
    assert lines[0]["created_at"].endswith("+00:00")
    assert lines[0]["phone"] == "+821012345678"
    assert lines[0]["since"] == "2019-03-02"


@pytest.mark.django_db
def test_parquet_has_types(manager: Person, customers: list[int]) -> None:
    writing.create(
        registry.get("machine"),
        {"code": "A", "name": "선반", "price": "1234567890123456.78", "installed_on": "2026-03-02",
         "checked_at": "2026-11-21T09:00+09:00", "is_leased": True},
        actor=manager.actor,
    )  # fmt: skip
    found = pq.read_table(io.BytesIO(body(take(manager.client, "machines", kind="parquet", columns="all"))))
    assert found.schema.field("price").type == pa.decimal128(38, 2)
    assert found.schema.field("checked_at").type == pa.timestamp("us", tz="UTC")
    (row,) = found.to_pylist()
    assert row["price"] == Decimal("1234567890123456.78")
    assert row["installed_on"] == date(2026, 3, 2)
    assert row["checked_at"] == datetime(2026, 11, 21, tzinfo=ZoneInfo("UTC"))
    assert (row["state"], row["is_leased"], row["power"]) == ("running", True, None)
    assert row["owner"] == {"id": manager.id, "title": manager.user.name}
    for path in ("customers", "orders", "order-lines", "products", "contacts", "interactions"):
        answer = take(manager.client, path, kind="parquet", columns="all")
        assert pq.read_table(io.BytesIO(body(answer))).num_rows == (3 if path == "customers" else 0)


@pytest.mark.django_db
def test_an_amount_says_its_currency_where_no_other_column_does(
    manager: Person, customers: list[int]
) -> None:
    order = writing.create(
        registry.get("order"),
        {"number": "S-1", "customer": customers[0], "ordered_at": "2026-11-02 10:00", "currency": "USD"},
        actor=manager.actor,
    )
    writing.create(
        registry.get("order_line"),
        {"order": order, "ordinal": 1, "quantity": "3", "unit_price": "0.3333", "description": "품목"},
        actor=manager.actor,
    )
    (row,) = table(body(take(manager.client, "order-lines")))
    assert (row["단가"], row["단가 통화"]) == ("0.3333", "USD")
    assert row["금액"] == "0.9999", "exact, not rounded to cents"


@pytest.mark.django_db
def test_a_reference_that_one_may_not_see_tells_nothing(
    manager: Person, administrator: Person, customers: list[int]
) -> None:
    parent = writing.create(
        registry.get("customer"), {"name": "비밀 본사", "external_id": "SECRET"}, actor=SYSTEM
    )
    writing.update(registry.get("customer"), customers[0], {"parent": parent}, actor=SYSTEM)
    assert "비밀 본사" in body(take(administrator.client, columns="all")).decode()
    for kind in ("csv", "jsonl"):
        text = body(take(manager.client, columns="all", kind=kind)).decode()
        assert "비밀 본사" not in text
        assert "SECRET" not in text
        assert f'"id":{parent}' not in text


@pytest.mark.django_db
def test_values_that_need_other_rights_are_not_there(manager: Person, customers: list[int]) -> None:
    role = Role.objects.get(code="sales-manager")
    assert "rfm.segment" in body(take(manager.client, kind="jsonl", columns="all")).decode()
    Grant.objects.filter(role=role).delete()
    for action in ("view", "export"):
        Grant.objects.create(role=role, record_type="customer", action=action, scope="team")
    text = body(take(manager.client, kind="jsonl", columns="all")).decode()
    assert "한빛정밀" in text
    assert "rfm.segment" not in text


@pytest.mark.django_db
def test_texts_longer_than_a_cell_are_cut_and_counted(tmp_path: Any) -> None:
    field = registry.get("machine").fields["remark"]
    losses = Losses()
    column = Output("비고", "text", lambda row: row[0], field)
    workbook.write_xlsx(tmp_path / "x.xlsx", "비고/[1]", [column], [[("가" * 40_000,), ("나",)]], losses)
    assert (losses.shortened, losses.examples[0]["row"]) == (1, 2)
    page = openpyxl.load_workbook(tmp_path / "x.xlsx").active
    assert page is not None
    assert len(page["A2"].value) == 32_767


def test_more_rows_than_a_sheet_holds_go_on_another(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "SHEET_ROWS", 3)
    field = registry.get("machine").fields["name"]
    column = Output("이름", "text", lambda row: row[0], field)
    rows = [[(f"설비 {number}",) for number in range(5)]]
    workbook.write_xlsx(tmp_path / "x.xlsx", "설비", [column], rows, Losses())
    book = openpyxl.load_workbook(tmp_path / "x.xlsx")
    found = [[cell for (cell,) in book[name].iter_rows(values_only=True)] for name in book.sheetnames]
    assert found == [["이름", "설비 0", "설비 1"], ["이름", "설비 2", "설비 3"], ["이름", "설비 4"]]


@pytest.mark.django_db(transaction=True)
def test_rows_come_once_and_whole_while_others_write(company: Any) -> None:
    """The export reads what was there when it began, although rows come, go and move while it is read."""
    Customer.objects.bulk_create(Customer(name=f"고객 {number:05}") for number in range(5_000))
    asked = ask(
        actor=SYSTEM, record_type=registry.get("customer"), sort=["name"], columns=["name"], reason=REASON
    )
    run = runs.run_create(asked, origin="command")
    pieces = making.stream(run, asked)
    found = [next(pieces), next(pieces)]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE customers_customer SET name = 'zzz' || name WHERE name < '고객 00500'")
        cursor.execute("UPDATE customers_customer SET name = '가' || name WHERE name > '고객 04500'")
        cursor.execute("DELETE FROM customers_customer WHERE name BETWEEN '고객 03000' AND '고객 03100'")
    Customer.objects.bulk_create(Customer(name=f"고객 9{number}") for number in range(100))
    found += list(pieces)
    rows = table(b"".join(found))
    assert [row["이름"] for row in rows] == [f"고객 {number:05}" for number in range(5_000)]


@pytest.mark.django_db
def test_memory_does_not_grow_with_the_list(company: Any) -> None:
    Customer.objects.bulk_create(Customer(name=f"고객 {number:05}", city="서울") for number in range(30_000))

    record_type = registry.get("customer")

    def peak(tree_text: str) -> int:
        asked = ask(
            actor=SYSTEM,
            record_type=record_type,
            tree=filters.parse(tree_text, record_type, actor=SYSTEM),
            reason=REASON,
        )
        run = runs.run_create(asked, origin="command")
        tracemalloc.start()
        for _piece in making.stream(run, asked):
            pass
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        run.refresh_from_db()
        assert run.rows in (10_000, 30_000)
        return used

    small, large = peak('name starts with "고객 0"'), peak("city = 서울")
    assert large < small * 1.5
