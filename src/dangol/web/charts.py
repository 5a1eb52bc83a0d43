"""The table that stands beneath a chart: the same numbers for those who read rather than look.

A spec is plain JSON:
    type: bar | line | months | pareto | treemap | heatmap | donut | bridge
    labels: names along the axis (bar, line, months, pareto) or of the parts (treemap, donut)
    series: [{"name", "values", "kind": "bar"|"line"|"forecast", "low", "high", "tone", "tones"}]
    urls: an address per label; a mark opens it
    unit: "money" | "number" | "percent" | any word; currency for money
    heatmap: columns, rows, cells [[column, row, value, url?]], unit
A bridge's only series starts and ends with a sum; what lies between are the changes that lead from one to the other.
A pareto's first series are the amounts in falling order; the cumulative line is drawn from them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from dangol.web import formats


@dataclass(frozen=True)
class Table:
    """Heads, and rows of (address, name, texts)."""

    heads: Sequence[str]
    rows: Sequence[tuple[str, str, Sequence[str]]]


def figure(value: Any, spec: Mapping[str, Any], language: str) -> str:
    """One value of a chart as text, in the unit of its spec."""
    unit = str(spec.get("unit") or "number")
    if value is None:
        return "–"
    if unit == "money":
        return formats.money(value, str(spec.get("currency") or formats.HOME_CURRENCY), language)
    if unit == "percent":
        return formats.percent(value, language)
    if unit == "number":
        return formats.number(value, language)
    return formats.quantity(value, unit, language)


def table(spec: Mapping[str, Any], language: str) -> Table:
    """The spec as rows; a pareto gets its cumulative share."""
    if spec.get("type") == "heatmap":
        return _matrix(spec, language)
    labels = [str(label) for label in spec.get("labels", ())]
    series = list(spec.get("series", ()))
    urls = list(spec.get("urls") or ())
    heads = [str(one.get("name") or _("Value")) for one in series]
    columns = [[figure(value, spec, language) for value in one.get("values", ())] for one in series]
    if spec.get("type") == "pareto" and series:
        heads.append(_("Cumulative"))
        shares = cumulative(series[0].get("values", ()))
        columns.append([formats.percent(share, language) for share in shares])
    rows = [
        (
            str(urls[at] or "") if at < len(urls) else "",
            label,
            [column[at] if at < len(column) else "–" for column in columns],
        )
        for at, label in enumerate(labels)
    ]
    return Table([str(spec.get("label_name") or _("Name")), *heads], rows)


def cumulative(values: Sequence[Any]) -> list[Decimal]:
    """Running share of the total, 0…1; all zero when there is no total."""
    amounts = [formats.exact(value or 0) for value in values]
    total = sum(amounts, Decimal())
    shares, running = [], Decimal()
    for amount in amounts:
        running += amount
        shares.append(running / total if total else Decimal())
    return shares


def _matrix(spec: Mapping[str, Any], language: str) -> Table:
    columns = [str(column) for column in spec.get("columns", ())]
    names = [str(row) for row in spec.get("rows", ())]
    grid = [["–"] * len(columns) for _row in names]
    for cell in spec.get("cells", ()):
        grid[cell[1]][cell[0]] = figure(cell[2], spec, language)
    return Table(
        [str(spec.get("label_name") or _("Name")), *columns],
        [("", name, texts) for name, texts in zip(names, grid, strict=True)],
    )
