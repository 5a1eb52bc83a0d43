"""The numbers of a pivot: one statement by GROUPING SETS, exact, of one moment, and only of what the reader may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from django.core.exceptions import EmptyResultSet
from django.utils.translation import gettext as _

from dangol.insight.reports.axes import (
    HIDDEN,
    HIDDEN_ID,
    NONE,
    OTHER,
    Axis,
    Measure,
    Reading,
    amount_expression,
    currency_expression,
)
from dangol.insight.reports.plans import COUNT, ReportError
from dangol.records import permissions
from dangol.records.fields import Reference
from dangol.records.lists import rows_for
from dangol.records.patience import rows_within

MOST_ROWS: Final = 200
MOST_ACROSS: Final = 60
PATIENCE_MS: Final = 10_000
ALL: Final = None
"""Stands for the whole row, column or table in place of a key."""
_SEPARATOR: Final = "\x1f"
_PLACES: Final = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: how many records, and of each measure the values by currency ("" where there is none)."""

    count: int = 0
    values: tuple[dict[str, Decimal], ...] = ()


@dataclass(frozen=True, slots=True)
class Pivot:
    """All cells by (row key, column key), `ALL` for the totals; the keys in no order. `rows_cut` and `across_cut`: there
    were more groups, and the rest stands as `OTHER`."""

    cells: dict[tuple[str | None, str | None], Cell] = field(default_factory=dict)
    rows: tuple[str, ...] = ()
    across: tuple[str, ...] = ()

    @property
    def rows_cut(self) -> bool:
        return OTHER in self.rows

    @property
    def across_cut(self) -> bool:
        return OTHER in self.across

    def at(self, row: str | None, column: str | None) -> Cell:
        return self.cells.get((row, column), Cell())


def compute(reading: Reading, *, action: str = "view") -> Pivot:
    """The pivot. One query.

    Args:
        reading: from `axes.reading_of`.
        action: with "export", only records that the actor may also take out.

    Raises:
        ReportError: it took longer than ten seconds (code "too_slow").
    """
    rows = rows_for(reading.actor, reading.record_type, reading.tree)
    rows = permissions.also(rows, reading.actor, reading.record_type, action)
    summarised = [one for one in reading.measures if one.how != COUNT]
    currencies = list(dict.fromkeys(one.currency for one in summarised if one.currency))
    asked: dict[str, Any] = {"_r": reading.rows.expression}
    if reading.across is not None:
        asked["_c"] = reading.across.expression
    asked |= {f"_k{at}": currency_expression(column) for at, column in enumerate(currencies)}
    asked |= {f"_m{at}": amount_expression(reading.actor, one) for at, one in enumerate(summarised)}
    try:
        inner, parameters = rows.order_by().annotate(**asked).values_list(*asked).query.sql_with_params()
    except EmptyResultSet:
        return Pivot()
    sql = _statement(inner, list(asked), reading, len(currencies), len(summarised))
    found = rows_within(PATIENCE_MS, sql, parameters)
    if found is None:
        message = _("This took longer than ten seconds. Narrow the report with a filter.")
        raise ReportError("filter", message, "too_slow")
    return _pivot(found, reading.measures, currencies)


def _key(column: str, axis: Axis | None) -> str:
    """The key of a group as text that is never NULL, so that NULL is a group of its own among the totals."""
    if axis is None:
        return "''"
    hidden = (
        f"WHEN {column}::text = '{HIDDEN_ID}' THEN '{HIDDEN}' " if isinstance(axis.field, Reference) else ""
    )
    return f"CASE WHEN {column} IS NULL THEN '{NONE}' {hidden}ELSE 'v' || {column}::text END"


def _statement(inner: str, names: Sequence[str], reading: Reading, currencies: int, measures: int) -> str:
    kept = [f"coalesce(_k{at}, '')" for at in range(currencies)]
    currency = f" || chr({ord(_SEPARATOR)}) || ".join(kept) or "''"
    once = "".join(
        f", count(_m{at}) AS n{at}, sum(_m{at}::numeric) AS s{at},"
        f" min(_m{at}::numeric) AS l{at}, max(_m{at}::numeric) AS h{at}"
        for at in range(measures)
    )
    again = "".join(f", sum(n{at}), sum(s{at}), min(l{at}), max(h{at})" for at in range(measures))
    across = f"CASE WHEN ck.c IS NULL THEN '{OTHER}' ELSE d.c END" if reading.across else "d.c"
    return (
        # Names of our own and numbers only; whatever a person said stands in the parameters of `inner`.
        f"WITH d AS MATERIALIZED (SELECT {_key('_r', reading.rows)} AS r, {_key('_c', reading.across)} AS c,"  # noqa: S608
        f" {currency} AS k, count(*) AS n{once} FROM ({inner}) AS t({', '.join(names)}) GROUP BY 1, 2, 3),"
        f" rk AS (SELECT r FROM d GROUP BY r ORDER BY {_rank('r', reading.rows)} LIMIT {MOST_ROWS}),"
        f" ck AS (SELECT c FROM d GROUP BY c ORDER BY {_rank('c', reading.across)} LIMIT {MOST_ACROSS}),"
        f" e AS (SELECT CASE WHEN rk.r IS NULL THEN '{OTHER}' ELSE d.r END AS gr, {across} AS gc, d.*"
        " FROM d LEFT JOIN rk ON rk.r = d.r LEFT JOIN ck ON ck.c = d.c)"
        f" SELECT grouping(gr), grouping(gc), gr, gc, k, sum(n){again} FROM e"
        " GROUP BY GROUPING SETS ((gr, gc, k), (gr, k), (gc, k), (k))"
    )


def _rank(column: str, axis: Axis | None) -> str:
    """Which groups stand for themselves where there are too many: the latest, or those with most records."""
    return f"{column} DESC" if axis is not None and axis.span else f"sum(n) DESC, {column}"


def _pivot(found: Sequence[tuple[Any, ...]], measures: Sequence[Measure], currencies: Sequence[str]) -> Pivot:
    cells: dict[tuple[str | None, str | None], _Making] = {}
    for all_rows, all_across, row, column, currency, count, *numbers in found:
        place = (ALL if all_rows else row, ALL if all_across else column)
        making = cells.setdefault(place, _Making(measures))
        making.add(int(count), dict(zip(currencies, currency.split(_SEPARATOR), strict=False)), numbers)
    rows = tuple(dict.fromkeys(row for row, _column in cells if row is not None))
    across = tuple(dict.fromkeys(column for _row, column in cells if column is not None))
    return Pivot({place: making.cell() for place, making in cells.items()}, rows, across)


class _Making:
    """A cell while its parts of several currencies come together: numbers of one currency only with their like."""

    def __init__(self, measures: Sequence[Measure]) -> None:
        self.measures = measures
        self.count = 0
        self.parts: list[dict[str, tuple[int, Decimal, Decimal, Decimal]]] = [{} for _one in measures]

    def add(self, count: int, currencies: dict[str, str], numbers: Sequence[Any]) -> None:
        self.count += count
        at = 0
        for place, measure in enumerate(self.measures):
            if measure.how == COUNT:
                continue
            valued, total, low, high = numbers[at : at + 4]
            at += 4
            if not valued:
                continue
            currency = currencies.get(measure.currency, "") if measure.currency else ""
            known = self.parts[place].get(currency)
            part = (int(valued), total, low, high)
            if known is not None:
                part = (
                    known[0] + part[0],
                    known[1] + total,
                    min(known[2], low),
                    max(known[3], high),
                )
            self.parts[place][currency] = part

    def cell(self) -> Cell:
        values = []
        for measure, parts in zip(self.measures, self.parts, strict=True):
            if measure.how == COUNT:
                values.append({"": Decimal(self.count)})
                continue
            values.append({currency: _value(measure.how, part) for currency, part in sorted(parts.items())})
        return Cell(self.count, tuple(values))


def _value(how: str, part: tuple[int, Decimal, Decimal, Decimal]) -> Decimal:
    valued, total, low, high = part
    match how:
        case "sum":
            return total
        case "min":
            return low
        case "max":
            return high
    mean = total / valued
    return mean.quantize(_PLACES) if abs(mean) < Decimal(10) ** 20 else mean
