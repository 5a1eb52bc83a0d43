"""What is kept in step with invoices: sums of their lines, and what the customers' timelines tell of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection

from dangol.commerce.models import Invoice, InvoiceLine
from dangol.records import ports
from dangol.records.fields import Ref
from dangol.records.ports import Entry
from dangol.records.types import WrittenRows

_TOTALS = """
INSERT INTO commerce_invoicetotal (invoice_id, lines, amount)
SELECT i.id, count(l.id), coalesce(sum(l.amount), 0)
FROM commerce_invoice i
LEFT JOIN commerce_invoiceline l ON l.invoice_id = i.id AND l.deleted_at IS NULL
WHERE i.id = ANY(%s)
GROUP BY i.id
ON CONFLICT (invoice_id) DO UPDATE SET lines = EXCLUDED.lines, amount = EXCLUDED.amount
"""


def invoice_lines_changed(written: WrittenRows) -> None:
    """Add up the invoices that lines just written stand, or stood, in. At most two statements."""
    invoices: set[int] = set()
    for draft in (*written.created, *written.updated):
        now = draft.get("invoice")
        before = draft.current.get("invoice") if draft.current else None
        invoices |= {ref.id for ref in (now, before) if isinstance(ref, Ref) and ref.id}
    gone = [*written.removed, *written.restored]
    if gone:
        rows = InvoiceLine.objects.filter(pk__in=gone, invoice__isnull=False)
        invoices |= {invoice for invoice in rows.values_list("invoice_id", flat=True) if invoice}
    if invoices:
        with connection.cursor() as cursor:
            cursor.execute(_TOTALS, [sorted(invoices)])


def invoices_written(written: WrittenRows) -> None:
    """Write the timeline entries of invoices just written, in the writer's transaction. At most four statements."""
    timeline = ports.timeline()
    if timeline is None:
        return
    moved = [draft.id for draft in written.updated if draft.id and "customer" in draft.values]
    if gone := [*moved, *written.removed]:
        timeline.remove("invoice", gone)
    ids = [draft.id for draft in (*written.created, *written.updated) if draft.id]
    if entries := invoice_entries([*ids, *written.restored]):
        timeline.add(entries)


def invoice_entries(ids: Sequence[int]) -> list[Entry]:
    """One entry per invoice that is not in the bin, on its customer's timeline. One query.

    An invoice carries a day; the entry stands at its beginning in the company's time zone.
    """
    zone = ZoneInfo(settings.TIME_ZONE)
    rows = Invoice.objects.filter(pk__in=ids, deleted_at=None, customer__isnull=False).values(
        "id", "customer_id", "number", "subject", "kind", "status", "issued_on", "due_on", "currency", "total"
    )
    return [
        Entry(
            subject=("customer", row["customer_id"]),
            source=("invoice", row["id"]),
            kind="invoice",
            at=datetime.combine(row["issued_on"], time(), zone),
            title=row["number"],
            body=row["subject"],
            data={
                "kind": row["kind"],
                "status": row["status"],
                "currency": row["currency"],
                "amount": None if row["total"] is None else str(row["total"]),
                "due": row["due_on"].isoformat() if row["due_on"] else None,
            },
        )
        for row in rows
    ]
