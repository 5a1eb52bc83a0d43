"""Keeping who is in which segment: by sets, and only what has changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction

from dangol.identity import revisions
from dangol.insight.segmentation import index
from dangol.insight.segmentation.index import SYSTEM, Known
from dangol.records import registry
from dangol.records.lists import rows_for

log = structlog.get_logger(__name__)

_LOCK: Final = 4_711_003
"""Advisory lock of whoever takes a snapshot: two at once would both write the same stays."""

_LEFT: Final = """
UPDATE insight_segmentstay AS stay SET left_on = %(day)s
WHERE segment_id = %(segment)s AND left_on IS NULL AND entered_on < %(day)s
  AND NOT EXISTS (SELECT FROM segment_now n WHERE n.customer_id = stay.customer_id)
"""
_NEVER_WAS: Final = """
DELETE FROM insight_segmentstay AS stay
WHERE segment_id = %(segment)s AND left_on IS NULL AND entered_on >= %(day)s
  AND NOT EXISTS (SELECT FROM segment_now n WHERE n.customer_id = stay.customer_id)
"""
_CAME_BACK: Final = """
UPDATE insight_segmentstay AS stay SET left_on = NULL
WHERE segment_id = %(segment)s AND left_on = %(day)s
  AND EXISTS (SELECT FROM segment_now n WHERE n.customer_id = stay.customer_id)
"""
_ENTERED: Final = """
INSERT INTO insight_segmentstay (segment_id, customer_id, entered_on)
SELECT %(segment)s, n.customer_id, %(day)s FROM segment_now n
WHERE NOT EXISTS (
    SELECT FROM insight_segmentstay stay
    WHERE stay.segment_id = %(segment)s AND stay.customer_id = n.customer_id AND stay.left_on IS NULL
)
"""
_COUNTED: Final = """
INSERT INTO insight_segmentday (segment_id, day, customers, revenue)
SELECT %(segment)s, %(day)s, count(*), coalesce(sum(score.value), 0)
FROM {members} member
JOIN customers_customer customer ON customer.id = member.customer_id AND customer.deleted_at IS NULL
LEFT JOIN measures_score score ON score.record_type = 'customer' AND score.name = 'value.revenue_12m'
    AND score.record_id = member.customer_id
ON CONFLICT (segment_id, day) DO UPDATE SET customers = excluded.customers, revenue = excluded.revenue
"""
_NOW: Final = "segment_now"
_KEPT: Final = (
    "(SELECT customer_id FROM insight_segmentstay WHERE segment_id = %(segment)s AND left_on IS NULL)"
)


def today() -> date:
    """The company's day."""
    return datetime.now(ZoneInfo(settings.TIME_ZONE)).date()


def take(*, day: date | None = None, segments: Iterable[int] | None = None) -> dict[int, int]:
    """Bring the stays in line with the conditions as they hold now, and count.

    Each segment is one transaction of seven statements whatever its size; rows are written only for customers who
    entered or left since the last snapshot. A second snapshot on the same day replaces the first. A segment whose
    condition cannot be read any more is left as it was.

    Args:
        day: the day it stands for; the company's today by default. Never before a day that was kept already.
        segments: only these.

    Returns:
        How many rows were written, by segment.
    """
    revisions.look()
    wanted = None if segments is None else set(segments)
    written: dict[int, int] = {}
    for segment in index.everyone():
        if wanted is None or segment.id in wanted:
            with transaction.atomic():
                written[segment.id] = _taken(segment, day or today())
    if any(written.values()):
        log.info("segments_kept", segments=len(written), rows=sum(written.values()))
    return written


def begin(cursor: Any) -> None:
    """Make the empty table `segment_now` of the customers who are in a segment."""
    cursor.execute("CREATE TEMPORARY TABLE IF NOT EXISTS segment_now (customer_id bigint)")
    cursor.execute("TRUNCATE segment_now")


def stays_write(cursor: Any, segment: int, day: date) -> int:
    """Bring the stays of a segment in line with `segment_now` as of a day. Five statements; returns the rows written."""
    cursor.execute("ANALYZE segment_now")
    written = 0
    for statement in (_LEFT, _NEVER_WAS, _CAME_BACK, _ENTERED):
        cursor.execute(statement, {"segment": segment, "day": day})
        written += cursor.rowcount
    return written


def _taken(segment: Known, day: date) -> int:
    asked: dict[str, int | date] = {"segment": segment.id, "day": day}
    written = 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, segment.id])
        if not segment.fixed:
            if segment.tree is None:
                log.warning("segment_not_understood", segment=segment.id, why=segment.broken)
                return 0
            begin(cursor)
            rows = rows_for(SYSTEM, registry.get("customer"), segment.tree).order_by().values("pk")
            try:
                sql, parameters = rows.query.sql_with_params()
            except EmptyResultSet:
                pass  # nobody can meet it
            else:
                cursor.execute(f"INSERT INTO segment_now {sql}", parameters)
            written = stays_write(cursor, segment.id, day)
        # Stays that were just written are not in the planner's statistics; the table that they came from is.
        members = _KEPT if segment.fixed else _NOW
        cursor.execute(_COUNTED.format(members=members), asked)
    return written
