"""The registry of metrics: each figure is defined once, with its meaning, and computed by whatever engine reads the lake.

Rooms register theirs in their `metrics.py`, which is imported while Django starts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from django.utils.functional import Promise

from dangol.measures.lake.datasets import of_records

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from dangol.measures.lake import Lake

MONTH: Final = "month"


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure that can be followed over time.

    A metric has either a `formula` over the rows of a lake dataset, or is the `ratio` of two other metrics. `time` is
    the date column by which its rows fall into months. `currency` is the column that holds the currency of an amount:
    amounts in other currencies than the company's cannot be added and are left out. `good` says whether rising is good
    news.

    How its figure for some customers only follows from stored results: with `record` (the column that names the
    customer) it is kept per customer and adds up; with `counts` it is the number of customers whose named metric is
    above zero; a ratio is taken of the two sums.
    """

    name: str
    label: str | Promise
    unit: Literal["money", "number", "percent"]
    meaning: str | Promise
    dataset: str = ""
    time: str = ""
    formula: "Callable[[ir.Table], ir.Scalar] | None" = None
    currency: str = ""
    record: str = ""
    record_type: str = "customer"
    counts: str = ""
    ratio: tuple[str, str] | None = None
    good: Literal["up", "down", ""] = "up"

    def __post_init__(self) -> None:
        if (self.formula is None) == (self.ratio is None):
            raise ValueError(f"metric {self.name}: either a formula or a ratio")
        if self.formula is not None and not (self.dataset and self.time):
            raise ValueError(f"metric {self.name}: a formula needs a dataset and its time column")


_metrics: dict[str, Metric] = {}


def register(*metrics: Metric) -> None:
    """Make metrics known; the same name again replaces."""
    for metric in metrics:
        _metrics[metric.name] = metric


def get(name: str) -> Metric:
    """The metric of that name. Raises KeyError."""
    return _metrics[name]


def find(name: str) -> Metric | None:
    return _metrics.get(name)


def registered() -> list[Metric]:
    """All metrics, by name."""
    return [_metrics[name] for name in sorted(_metrics)]


def by_month(
    lake: "Lake", metrics: Sequence[Metric], *, currency: str, per_record: bool = False
) -> "ir.Table":
    """The metrics by month as one table: name, record_id (none for the company), period (first of month), value.

    With `per_record` only metrics that have a record column, over rows that name a record and for records that
    exist. Exact: values are decimal(28,8). Not run yet; hand it to `Lake.batches`.
    """
    import ibis

    parts = []
    for metric in metrics:
        if metric.formula is None or (per_record and not metric.record):
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
        parts.append(
            figures.select(
                name=ibis.literal(metric.name),
                record_id=figures.record_id if per_record else ibis.null("int64"),
                period=figures.period,
                value=figures.value,
            )
        )
    return ibis.union(*parts, distinct=False) if len(parts) > 1 else parts[0]
