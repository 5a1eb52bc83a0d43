"""Where records came from, as far as it was noted: imports know the ids they made, events the way in of other writes.

What is found is kept with the score (`label`), so that it outlives events and chunks that are cleared away.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from dangol.measures.quality.fields import NAME
from dangol.records.types import RecordType

_IMPORTS = """
UPDATE measures_score s
SET label = CASE WHEN r.schedule_id IS NULL THEN 'import:' || r.id ELSE 'schedule:' || r.schedule_id END
FROM records_importchunk c
JOIN records_importrun r ON r.id = c.run_id
CROSS JOIN LATERAL jsonb_array_elements(c.created -> %(type)s) made (range)
WHERE s.record_type = %(type)s AND s.name = %(name)s AND s.label = '' AND c.created ? %(type)s
  AND s.record_id BETWEEN (made.range ->> 0)::bigint AND (made.range ->> 1)::bigint
  AND (made.range ->> 1)::bigint >= %(low)s AND (made.range ->> 0)::bigint < %(high)s
  AND s.record_id >= %(low)s AND s.record_id < %(high)s
"""
_EVENTS = """
UPDATE measures_score s
SET label = left(w.origin, 40)
FROM (
    SELECT (made.id)::bigint AS id, max(e.payload ->> 'origin') AS origin
    FROM events_event e
    CROSS JOIN LATERAL jsonb_array_elements_text(e.payload -> 'created') made (id)
    WHERE e.name = 'records.written' AND e.payload ->> 'record_type' = %(type)s
      AND e.payload ->> 'origin' NOT IN ('', 'import')
      AND e.occurred_at >= (
          SELECT min(r.created_at) FROM measures_score s JOIN {table} r ON r.id = s.record_id
          WHERE s.record_type = %(type)s AND s.name = %(name)s AND s.label = ''
            AND s.record_id >= %(low)s AND s.record_id < %(high)s
      )
    GROUP BY 1
) w
WHERE s.record_type = %(type)s AND s.name = %(name)s AND s.label = '' AND s.record_id = w.id
  AND s.record_id >= %(low)s AND s.record_id < %(high)s
"""


def mark(
    record_type: RecordType, *, low: int = 0, high: int = 2**63 - 1, ids: Sequence[int] | None = None
) -> None:
    """Note the source of records whose source is not known yet. Three statements, one where all are known."""
    if ids is not None:
        if not ids:
            return
        low, high = min(ids), max(ids) + 1
    values: dict[str, str | int] = {"type": record_type.name, "name": NAME, "low": low, "high": high}
    table = connection.ops.quote_name(record_type.table.name)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM measures_score WHERE record_type = %(type)s AND name = %(name)s "
            "AND label = '' AND record_id >= %(low)s AND record_id < %(high)s)",
            values,
        )
        if not cursor.fetchone()[0]:
            return
        cursor.execute(_IMPORTS, values)
        cursor.execute(_EVENTS.format(table=table), values)
