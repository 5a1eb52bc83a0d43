"""Who was in which RFM segment at the ends of the months before the first snapshot, reckoned from the orders.

A company that has just come in has years of orders and no day of segments: without this it would wait for a year to see
who moves. Only orders up to the day count, so nothing is known ahead; what was changed or called off since is seen as it is
now, which the days say (`reckoned`). Segments whose condition somebody changed are not looked back at.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import structlog
from django.db import transaction

from dangol.insight import customer_value
from dangol.insight.models import Segment, SegmentDay, SegmentStay
from dangol.insight.segmentation import snapshot
from dangol.measures import lake
from dangol.measures.services.incoming import incoming
from dangol.methods import rfm

if TYPE_CHECKING:
    import pyarrow as pa

log = structlog.get_logger(__name__)

MONTHS: Final = 12
_PAST: Final = "segment_past"
_MEMBERS: Final = """
INSERT INTO segment_now
SELECT past.customer_id FROM segment_past past
JOIN customers_customer customer ON customer.id = past.customer_id AND customer.deleted_at IS NULL
WHERE past.code = %(code)s
"""
_COUNTED: Final = """
INSERT INTO insight_segmentday (segment_id, day, customers, revenue, reckoned)
SELECT %(segment)s, %(day)s, count(*), coalesce(sum(past.revenue), 0), true
FROM segment_past past
JOIN customers_customer customer ON customer.id = past.customer_id AND customer.deleted_at IS NULL
WHERE past.code = %(code)s
"""


def fill(*, currency: str, today: date | None = None) -> int:
    """Reckon the ends of the last twelve months, where no day of the product's RFM segments was kept yet.

    One transaction; one query where there is nothing to do. Months before enough customers had bought are left out. Each
    month costs one pass over the orders by the engine of the lake, one COPY and seven statements a segment; memory does not
    grow with the months.

    Args:
        currency: the one in which most orders are.
        today: the day before which months end; the company's today by default.

    Returns:
        How many stays were written.
    """
    segments = _unknown()
    if not segments or not currency:
        return 0
    written = 0
    with lake.connect() as opened:
        first = _first_day(opened)
    days = [day for day in month_ends(today or snapshot.today()) if first is not None and day >= first]
    with transaction.atomic():
        for day in days:
            with lake.connect() as opened:  # each month anew: what one month kept is let go of with it
                scores = customer_value.customer_scores(opened, as_of=day, currency=currency, past=True)
                known = scores.filter(scores["rfm.segment"].notnull()).select(
                    customer_id=scores.record_id,
                    code=scores["rfm.segment"],
                    revenue=scores["value.revenue_12m"],
                )
                written += _month(segments, day, opened.batches(opened.keep("past", known)))
    log.info("segments_looked_back", segments=len(segments), stays=written)
    return written


def _first_day(opened: lake.Lake) -> date | None:
    """The day from which on customers can be told apart by fifths; None where too few have bought."""
    lines = opened.table("order_lines")
    lines = lines.filter(lines.customer_id.notnull(), lines.order_kind == "sale")
    began = lines.group_by("customer_id").aggregate(day=lines.ordered_on.min()).select("day")
    days = opened.read(began.order_by("day").limit(rfm.FEWEST_CUSTOMERS)).to_pylist()
    return max(row["day"] for row in days) if len(days) == rfm.FEWEST_CUSTOMERS else None


def month_ends(today: date) -> list[date]:
    """The last days of the twelve months before the one of `today`, the oldest first."""
    found = []
    day = today.replace(day=1) - timedelta(days=1)
    for _month in range(MONTHS):
        found.append(day)
        day = day.replace(day=1) - timedelta(days=1)
    return found[::-1]


def _unknown() -> dict[str, int]:
    """The product's RFM segments as it brought them along, by code; none where anything of them was kept already."""
    rows = Segment.objects.filter(key__startswith="rfm.")
    ids = [row.pk for row in rows]
    if (
        SegmentDay.objects.filter(segment_id__in=ids).exists()
        or SegmentStay.objects.filter(segment_id__in=ids).exists()
    ):
        return {}
    found = {}
    for row in rows:
        code = (row.key or "").removeprefix("rfm.")
        if row.deleted_at is None and row.condition == f'rfm.segment = "{code}"':
            found[code] = row.pk
    return found


def _month(segments: dict[str, int], day: date, batches: pa.RecordBatchReader) -> int:
    columns = [("customer_id", "bigint"), ("code", "text"), ("revenue", "numeric")]
    written = 0
    with incoming(_PAST, columns, batches) as cursor:
        for code, segment in segments.items():
            asked = {"segment": segment, "day": day, "code": code}
            snapshot.begin(cursor)
            cursor.execute(_MEMBERS, asked)
            written += snapshot.stays_write(cursor, segment, day)
            cursor.execute(_COUNTED, asked)
    return written
