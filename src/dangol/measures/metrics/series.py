"""The months of metrics as one table, for the results that are kept for every customer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from dangol.measures.lake.datasets import of_records
from dangol.measures.metrics.declaration import Metric

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from dangol.measures.lake import Lake

MONTH: Final = "month"


def by_month(
    lake: Lake, metrics: Sequence[Metric], *, currency: str, per_record: bool = False
) -> Iterator[ir.Table]:
    """Each metric by month: name, record_id (none for the company), period (first of month), value.

    Only metrics that are kept as a series; with `per_record` those that have a record column, over rows that name a
    record and for records that exist. Exact: values are decimal(28,8). Not run yet; hand each to `Lake.batches` when the one
    before has been read: a count of different orders for every month of a million customers fills what an engine may take.
    """
    import ibis

    for metric in metrics:
        if metric.formula is None or not metric.series or (per_record and not metric.record):
            continue
        rows = lake.table(metric.dataset)
        rows = rows.filter(rows[metric.time].notnull())
        if metric.currency:
            rows = rows.filter(rows[metric.currency] == currency)
        keys = {"period": rows[metric.time].truncate("M").cast("date")}
        if per_record:
            records = lake.table(of_records(metric.record_type).name)
            rows = rows.semi_join(records, rows[metric.record] == records.id)
            keys = {"record_id": rows[metric.record], "period": rows[metric.time].truncate("M").cast("date")}
        figures = rows.group_by(**keys).aggregate(value=metric.formula(rows).cast("decimal(28, 8)"))
        yield figures.select(
            name=ibis.literal(metric.name),
            record_id=figures.record_id if per_record else ibis.null("int64"),
            period=figures.period,
            value=figures.value,
        )
