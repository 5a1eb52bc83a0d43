"""Invoices: what they state is kept, what their lines add up to stands beside it, the customer's timeline tells of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from dangol.commerce.models import Invoice, InvoiceLine, InvoiceTotal, OrderLine, OrderTotal
from dangol.interactions.models import TimelineEntry
from dangol.records import registry, writing
from dangol.records.writing import WriteError, delete
from tests.cast import Person

pytestmark = pytest.mark.django_db


def create(person: Person, record_type: str, **values: Any) -> int:
    return writing.create(registry.get(record_type), values, actor=person.actor)


@pytest.fixture
def customer(insider: Person) -> int:
    return create(insider, "customer", name="가람정밀")


@pytest.fixture
def invoice(insider: Person, customer: int) -> int:
    made = create(
        insider, "invoice", number="INV-7", customer=customer, subject="11월 납품", kind="tax_invoice",
        status="sent", issued_on="2026-11-20", subtotal="100000", tax="10000", total="110000",
    )  # fmt: skip
    for ordinal, amount in enumerate(("60000", "39990"), start=1):
        create(
            insider, "invoice_line", invoice=made, ordinal=ordinal, description=f"품목 {ordinal}", quantity="1",
            unit_price=amount, amount=amount,
        )  # fmt: skip
    return made


def test_lines_are_added_up_beside_what_the_invoice_states(insider: Person, invoice: int) -> None:
    total = InvoiceTotal.objects.get(invoice=invoice)
    assert (total.lines, total.amount) == (2, Decimal(99990))
    stored = Invoice.objects.get(pk=invoice)
    assert (stored.subtotal, stored.total, stored.version) == (Decimal(100000), Decimal(110000), 1)
    line = InvoiceLine.objects.get(invoice=invoice, ordinal=2)
    writing.update(registry.get("invoice_line"), line.pk, {"amount": "40000"}, actor=insider.actor)
    assert InvoiceTotal.objects.get(invoice=invoice).amount == Decimal(100000)
    delete(registry.get("invoice_line"), [line.pk], actor=insider.actor)
    assert InvoiceTotal.objects.get(invoice=invoice).amount == Decimal(60000)


def test_a_line_that_moves_is_added_up_in_both_invoices(insider: Person, customer: int, invoice: int) -> None:
    other = create(insider, "invoice", number="INV-8", customer=customer, issued_on="2026-11-21")
    line = InvoiceLine.objects.get(invoice=invoice, ordinal=1)
    writing.update(registry.get("invoice_line"), line.pk, {"invoice": other}, actor=insider.actor)
    assert dict(InvoiceTotal.objects.values_list("invoice", "amount")) == {
        invoice: Decimal(39990),
        other: Decimal(60000),
    }


def test_an_invoice_stands_on_its_customers_timeline_and_page(
    insider: Person, customer: int, invoice: int
) -> None:
    entry = TimelineEntry.objects.get(source_type="invoice")
    assert (entry.subject_id, entry.title, entry.data["status"]) == (customer, "INV-7", "sent")
    page = insider.client.get(f"/customers/{customer}/").content.decode()
    assert "세금계산서 INV-7" in page
    page = insider.client.get(f"/invoices/{invoice}/").content.decode()
    assert "품목 2" in page
    assert "99,990" in page
    other = create(insider, "customer", name="다온테크")
    writing.update(registry.get("invoice"), invoice, {"customer": other}, actor=insider.actor)
    assert TimelineEntry.objects.get(source_type="invoice").subject_id == other
    delete(registry.get("invoice"), [invoice], actor=insider.actor)
    assert not TimelineEntry.objects.filter(source_type="invoice").exists()


def test_nobody_of_another_team_sees_an_invoice(outsider: Person, invoice: int) -> None:
    assert outsider.api.get(f"/api/v1/invoices/{invoice}").status_code == 404
    assert "INV-7" not in outsider.client.get("/invoices/").content.decode()


@pytest.mark.parametrize(("name", "document"), [("order_line", "order"), ("invoice_line", "invoice")])
def test_a_line_without_its_document_needs_the_number_it_has_elsewhere(
    administrator: Person, name: str, document: str
) -> None:
    values = {"ordinal": 1, "description": "축받이", "quantity": "2", "unit_price": "10"}
    if name == "invoice_line":
        values["amount"] = "20"
    with pytest.raises(WriteError) as problem:
        create(administrator, name, **values)
    assert problem.value.errors[0].field == document
    assert create(administrator, name, external_id="22000001", **values)


def test_a_line_counts_once_it_has_got_its_order(administrator: Person) -> None:
    customer = create(administrator, "customer", name="라온산업")
    order = create(administrator, "order", number="SO-1", customer=customer, ordered_at="2026-11-20")
    line = create(administrator, "order_line", ordinal=1, external_id="22", quantity="2", unit_price="10")
    assert not OrderTotal.objects.exists()
    writing.update(registry.get("order_line"), line, {"order": order}, actor=administrator.actor)
    assert OrderTotal.objects.get(order=order).amount == Decimal(20)
    assert OrderLine.objects.get(pk=line).order_id == order
