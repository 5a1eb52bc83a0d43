"""Business acts on orders, and what is kept in step with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db import connection
from django.utils.translation import gettext_lazy as _

from dangol.commerce.models import OrderLine, OrderTotal
from dangol.commerce.timeline import order_entries
from dangol.records import ports
from dangol.records.fields import FieldError, Ref
from dangol.records.types import Draft, RecordType, WrittenRows
from dangol.web.formats import THREE_PLACES, WITHOUT_MINOR_UNIT

# Rounds half up at the order (round(numeric) rounds half away from zero, so that a return mirrors its sale).
_TOTALS = """
INSERT INTO commerce_ordertotal (order_id, lines, quantity, exact, amount)
SELECT o.id, count(l.id), coalesce(sum(l.quantity), 0), coalesce(sum(l.amount), 0),
       round(coalesce(sum(l.amount), 0),
             CASE WHEN o.currency = ANY(%(none)s) THEN 0 WHEN o.currency = ANY(%(three)s) THEN 3 ELSE 2 END)
FROM commerce_order o
LEFT JOIN commerce_orderline l ON l.order_id = o.id AND l.deleted_at IS NULL
WHERE o.id = ANY(%(ids)s)
GROUP BY o.id
ON CONFLICT (order_id) DO UPDATE
SET lines = EXCLUDED.lines, quantity = EXCLUDED.quantity, exact = EXCLUDED.exact, amount = EXCLUDED.amount
"""


def order_totals_refresh(order_ids: Sequence[int]) -> None:
    """Add up the lines of orders into their totals; to be called in the transaction that wrote the lines.

    Prices keep their four decimals and line amounts all of theirs; rounding happens once, at the order, to the
    digits of its currency (won 0, pound 2). One statement.
    """
    ids = sorted(set(order_ids))
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(_TOTALS, {"ids": ids, "none": list(WITHOUT_MINOR_UNIT), "three": list(THREE_PLACES)})


def order_totals_remove(record_type: RecordType, ids: Sequence[int]) -> None:
    """Take away the totals of orders that go for good. One statement."""
    if record_type.name == "order":
        rows = OrderTotal.objects.filter(order__in=list(ids))
        rows._raw_delete(rows.db)


def order_lines_changed(written: WrittenRows) -> None:
    """Bring totals and timelines in step with lines just written. At most five queries."""
    orders: set[int] = set()
    for draft in (*written.created, *written.updated):
        now = draft.get("order")
        before = draft.current.get("order") if draft.current else None
        orders |= {ref.id for ref in (now, before) if isinstance(ref, Ref) and ref.id}
    gone = [*written.removed, *written.restored]
    if gone:
        rows = OrderLine.objects.filter(pk__in=gone, order__isnull=False)
        orders |= {order for order in rows.values_list("order_id", flat=True) if order}
    order_totals_refresh(sorted(orders))
    order_timeline_refresh(sorted(orders))


def order_timeline_refresh(order_ids: Sequence[int], *, withdraw: Sequence[int] = ()) -> None:
    """Write the customers' timeline entries that tell of these orders, in the caller's transaction.

    Args:
        order_ids: whose entries to (re)write; anonymous sales and orders in the recycle bin have none.
        withdraw: orders whose entries are taken away first: they are in the bin, or another customer's now.
    """
    timeline = ports.timeline()
    if timeline is None:
        return
    if withdraw:
        timeline.remove("order", withdraw)
    entries = order_entries(order_ids)
    if entries:
        timeline.add(entries)


def ordinal_problems(rows: Sequence[Draft]) -> Iterator[tuple[int, str, FieldError]]:
    """Lines whose ordinal is taken, in the database or by an earlier row of the batch. One query."""
    asked: dict[tuple[int, int], Draft] = {}
    taken = FieldError("unique", _("The order has a line with this number already."))
    for draft in rows:
        order, ordinal = draft.get("order"), draft.get("ordinal")
        if not isinstance(order, Ref) or order.id is None or ordinal is None:
            continue
        if draft.current and (draft.current.get("order"), draft.current.get("ordinal")) == (order, ordinal):
            continue
        if (order.id, ordinal) in asked:
            yield draft.index, "ordinal", taken
        else:
            asked[order.id, ordinal] = draft
    if not asked:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.order_id, l.ordinal, l.id FROM commerce_orderline l"
            " JOIN unnest(%s::bigint[], %s::int[]) AS a(order_id, ordinal) USING (order_id, ordinal)",
            [[order for order, _ordinal in asked], [ordinal for _order, ordinal in asked]],
        )
        for order, ordinal, line in cursor.fetchall():
            draft = asked[order, ordinal]
            if draft.id != line:
                yield draft.index, "ordinal", taken


def homeless(rows: Sequence[Draft], document: str) -> Iterator[tuple[int, str, FieldError]]:
    """Lines that neither belong to a document nor carry the number another system knows them by. No query."""
    message = _("Choose what the line belongs to. Only a line with a number elsewhere may do without.")
    for draft in rows:
        if draft.get(document) is None and not draft.get("external_id"):
            yield draft.index, document, FieldError("required", message)
