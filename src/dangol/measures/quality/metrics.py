"""Data quality as a metric, followed by month like any other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from dangol.identity.actors import Actor
from dangol.measures import metrics
from dangol.measures.lake import Column, Dataset, register
from dangol.measures.quality import selectors
from dangol.measures.quality.rules import looked_at
from dangol.records import permissions, registry
from dangol.records.filters import EVERYTHING, Compare, walk

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


def _guard(actor: Actor) -> Callable[[ir.Table], Any] | None:
    """The days of types and places that the actor sees."""
    types = {one.name for one in selectors.types_for(actor)}
    trees = {one.name: permissions.visible(actor, one) for one in looked_at() if one.name in types}
    if len(trees) == len(looked_at()) and all(tree == EVERYTHING for tree in trees.values()):
        return None

    def condition(days: ir.Table) -> Any:
        import ibis

        found: Any = ibis.literal(False)
        for name, tree in trees.items():
            here: Any = ibis.literal(tree == EVERYTHING)
            for node in walk(tree) if tree is not False else ():
                if isinstance(node, Compare) and isinstance(node.value, tuple):
                    here = here | days[f"{node.path[-1]}_id"].isin(node.value).fill_null(False)
            found = found | ((days.record_type == name) & here)
        return found

    return condition


def _type_label(value: Any, language: str) -> str:
    record_type = registry.find(str(value))
    return str(record_type.label_plural) if record_type is not None else str(value)


def _days(name: str, label: Any, formula: Callable[[ir.Table], ir.Scalar]) -> metrics.Metric:
    """A sum over the days of data quality."""
    return metrics.Metric(
        name=name,
        label=label,
        unit="number",
        meaning=label,
        dataset="quality_days",
        time="day",
        formula=formula,
        may=lambda actor: bool(selectors.types_for(actor)),
        guard=_guard,
        columns=(metrics.Column("record_type", _("Type"), "record_type", text=_type_label),),
        adds=metrics.EVERY,
        hidden=True,
        series=True,
    )


register(DAYS)
metrics.register(
    _days("quality_points", _("Sum of the scores"), lambda days: days.points.sum()),
    _days("quality_records", _("Records"), lambda days: days.records.sum()),
    _days("quality_flawed", _("With findings"), lambda days: days.flawed.sum()),
    metrics.Metric(
        name="data_quality",
        label=_("Data quality"),
        unit="number",
        meaning=_("The mean score of all records, from 0 to 100, over the days of the month."),
        in_words=_("Sum of the scores ÷ number of records, over all days"),
        owner=_("Data"),
        ratio=("quality_points", "quality_records"),
    ),
    metrics.Metric(
        name="records_with_findings",
        label=_("Records with findings"),
        unit="percent",
        meaning=_(
            "The share of records to which data quality has something to say, over the days of the month."
        ),
        in_words=_("Records with findings ÷ number of records, over all days"),
        owner=_("Data"),
        ratio=("quality_flawed", "quality_records"),
        good="down",
    ),
)
