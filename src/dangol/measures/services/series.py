"""Metrics by period: published as a whole, by sets."""

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from django.db import transaction

from dangol.measures.services.incoming import incoming

if TYPE_CHECKING:
    import pyarrow as pa


def series_publish(
    *,
    names: Iterable[str],
    grain: str,
    as_of: date,
    batches: "Iterable[pa.RecordBatch]",
    record_type: str = "",
) -> int:
    """Replace the series of these names by new ones: of the company, or of every record of a type.

    Periods that the table no longer has are deleted. One transaction (it joins the caller's), five statements.

    Args:
        names: the metrics that are replaced.
        grain: length of a period, such as `month`.
        as_of: the day of the data.
        batches: name, record_id, period (its first day), value.
        record_type: whose series these are; empty for the company's.

    Returns:
        How many values there are now.
    """
    columns = [("name", "text"), ("record_id", "bigint"), ("period", "date"), ("value", "numeric")]
    with transaction.atomic(), incoming("measures_incoming", columns, batches) as cursor:
        cursor.execute(
            """
            DELETE FROM measures_series s
            WHERE s.record_type = %s AND s.grain = %s AND s.name = ANY (%s)
              AND NOT EXISTS (
                  SELECT FROM measures_incoming i
                  WHERE coalesce(i.record_id, 0) = coalesce(s.record_id, 0) AND i.name = s.name AND i.period = s.period
              )
            """,
            [record_type, grain, list(names)],
        )
        cursor.execute(
            """
            INSERT INTO measures_series AS s (record_type, record_id, name, grain, period, value, as_of)
            SELECT %s, record_id, name, %s, period, value, %s FROM measures_incoming
            ON CONFLICT (record_type, record_id, name, grain, period) DO UPDATE
            SET value = EXCLUDED.value, as_of = EXCLUDED.as_of
            WHERE s.value <> EXCLUDED.value
            """,
            [record_type, grain, as_of],
        )
        cursor.execute("SELECT count(*) FROM measures_incoming")
        return int(cursor.fetchone()[0])
