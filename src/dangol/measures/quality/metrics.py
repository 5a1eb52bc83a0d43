"""Data quality as a metric, followed by month like any other."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from dangol.measures import metrics
from dangol.measures.lake import Column, Dataset, register

if TYPE_CHECKING:
    import ibis.expr.types as ir

DAYS = Dataset(
    name="quality_days",
    source="FROM measures_qualityday d",
    columns=(
        Column("id", "bigint", "d.id"),
        Column("day", "date", "d.day"),
        Column("record_type", "text", "d.record_type"),
        Column("owner_id", "bigint", "d.owner_id"),
        Column("team_id", "bigint", "d.team_id"),
        Column("territory_id", "bigint", "d.territory_id"),
        Column("source", "text", "d.source"),
        Column("records", "bigint", "d.records"),
        Column("flawed", "bigint", "d.flawed"),
        Column("points", "bigint", "d.points"),
    ),
)
"""Small, and rewritten each day: copied in full."""


def _mean(days: "ir.Table") -> "ir.Scalar":
    return days.points.sum().cast("decimal(28, 8)") / days.records.sum()


def _flawed(days: "ir.Table") -> "ir.Scalar":
    return days.flawed.sum().cast("decimal(28, 8)") / days.records.sum()


register(DAYS)
metrics.register(
    metrics.Metric(
        name="data_quality",
        label=_("Data quality"),
        unit="number",
        meaning=_("The mean score of all records, from 0 to 100, over the days of the month."),
        dataset="quality_days",
        time="day",
        formula=_mean,
    ),
    metrics.Metric(
        name="records_with_findings",
        label=_("Records with findings"),
        unit="percent",
        meaning=_(
            "The share of records to which data quality has something to say, over the days of the month."
        ),
        dataset="quality_days",
        time="day",
        formula=_flawed,
        good="down",
    ),
)
