"""Reading results: scores of records, metrics by period, and how fresh they are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, Sum

from dangol.measures import metrics
from dangol.measures.models import RefreshRun, Score, Series

Figures = dict[date, Decimal]


@dataclass(frozen=True, slots=True)
class Mark:
    """One score of one record: a number or a class, and the currency of an amount."""

    value: Decimal | None
    label: str


def scores_of(*, record_type: str, ids: Iterable[int], names: Sequence[str]) -> dict[int, dict[str, Mark]]:
    """Scores by record and name. One query."""
    found: dict[int, dict[str, Mark]] = {}
    rows = Score.objects.filter(record_type=record_type, record_id__in=list(ids), name__in=names)
    for record_id, name, value, label in rows.values_list("record_id", "name", "value", "label"):
        found.setdefault(record_id, {})[name] = Mark(value, label)
    return found


def run_last_done() -> RefreshRun | None:
    """The run whose results are shown now. One query."""
    return RefreshRun.objects.filter(state=RefreshRun.State.DONE).order_by("-pk").first()


def run_latest() -> RefreshRun | None:
    """The run asked for last, whatever became of it. One query."""
    return RefreshRun.objects.order_by("-pk").first()


def metric_by_month(
    *,
    metric: metrics.Metric,
    start: date | None = None,
    end: date | None = None,
    records: QuerySet[Any] | None = None,
) -> Figures:
    """A metric by month, from stored results.

    Args:
        metric: which.
        start: first month (any day of it); from the beginning when not given.
        end: last month (any day of it).
        records: ids of the records whose figures count; the whole company's, with what belongs to no record, when
            not given.

    Returns:
        First day of the month → value; months without rows are missing, so is a ratio to nothing. One query, two for
        a ratio.
    """
    if metric.ratio is not None:
        above, below = (
            metric_by_month(metric=metrics.get(name), start=start, end=end, records=records)
            for name in metric.ratio
        )
        return {month: value / below[month] for month, value in above.items() if below.get(month)}
    rows = Series.objects.filter(grain=metrics.MONTH)
    if start:
        rows = rows.filter(period__gte=start.replace(day=1))
    if end:
        rows = rows.filter(period__lte=end)
    if records is None:
        rows = rows.filter(name=metric.name, record_type="")
        return dict(rows.order_by("period").values_list("period", "value"))
    rows = rows.filter(record_type=metric.record_type, record_id__in=records)
    summed = rows.filter(name=metric.name).order_by("period").values("period").annotate(total=Sum("value"))
    return {row["period"]: row["total"] for row in summed}


def months_between(start: date, end: date) -> list[date]:
    """The first days of all months from the one of `start` to the one of `end`."""
    first, last = start.year * 12 + start.month - 1, end.year * 12 + end.month - 1
    return [date(month // 12, month % 12 + 1, 1) for month in range(first, last + 1)]


def filled(figures: Mapping[date, Decimal], months: Sequence[date]) -> list[Decimal]:
    """The figures of these months in order, zero where there is none."""
    return [figures.get(month, Decimal(0)) for month in months]
