"""A question as Ibis expressions over the lake: what the actor sees, filtered, cut into periods and parts."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from dangol.identity.actors import Actor
from dangol.measures.lake.datasets import of_records
from dangol.measures.lake.filters import column_of, everything, matching
from dangol.measures.lake.scores import scores_of
from dangol.measures.metrics import periods
from dangol.measures.metrics.declaration import Metric
from dangol.measures.metrics.dimensions import Dimension
from dangol.measures.metrics.periods import Span
from dangol.measures.metrics.sight import key_of, seen
from dangol.records import filters, permissions, registry
from dangol.records.filters import EVERYTHING, Tree

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

    from dangol.measures.lake import Lake

NOW: Final = "now"
BEFORE: Final = "before"
YEAR: Final = "year"
Member = str | None


@dataclass(slots=True)
class Figures:
    """What came out: by period and by part, and over whole windows (the days asked for, before them, a year before).

    Keys: window, first day of the period (cells only), `all` or `part`, and which part. What has no rows is missing.
    """

    cells: dict[tuple[str, date, str, Member], Decimal | None] = field(default_factory=dict)
    windows: dict[tuple[str, str, Member], Decimal | None] = field(default_factory=dict)


ALL, PART = "all", "part"


def windows_of(span: Span | None, grain: str) -> dict[str, Span | None]:
    """The days asked for and what they are compared with, by name."""
    if span is None:
        return {NOW: None}
    return {NOW: span, BEFORE: periods.before(span, grain), YEAR: periods.a_year_before(span, grain)}


def figures(
    lake: Lake,
    metric: Metric,
    *,
    actor: Actor,
    windows: Mapping[str, Span | None],
    grain: str,
    by: Dimension | None,
    tree: Tree,
    currency: str,
) -> Figures:
    """Compute a metric that has a formula: one statement, whatever is asked.

    Args:
        lake: an open lake.
        metric: not a ratio.
        actor: whose sight it is.
        windows: spans by name; those called `now` and `year` are cut into periods as well.
        grain: of the periods; empty for a state.
        by: how it is split as well.
        tree: the filter, about the metric's list.
        currency: of the amounts that are added.
    """
    found = Figures()
    for row in _answered(lake, metric, actor, windows, grain, by, tree, currency):
        if row["period"] is not None:
            found.cells[row["window"], row["period"], row["kind"], row["member"]] = row["value"]
        else:
            found.windows[row["window"], row["kind"], row["member"]] = row["value"]
    return _shares(found) if metric.share else found


def _shares(found: Figures) -> Figures:
    """Every number as a share of the whole of its days; of nothing there are no shares."""

    def part(value: Decimal | None, whole: Decimal | None) -> Decimal | None:
        return value / whole if value is not None and whole else None

    return Figures(
        cells={
            (window, period, kind, member): part(value, found.cells.get((window, period, ALL, None)))
            for (window, period, kind, member), value in found.cells.items()
        },
        windows={
            (window, kind, member): part(value, found.windows.get((window, ALL, None)))
            for (window, kind, member), value in found.windows.items()
        },
    )


_Statement = tuple[str, "pa.Schema"]
_statements: OrderedDict[Hashable, _Statement] = OrderedDict()
_REMEMBERED: Final = 512
_FIRST: Final = 5_001
"""The year from which on days stand in for others while a statement is written."""


def _answered(
    lake: Lake,
    metric: Metric,
    actor: Actor,
    windows: Mapping[str, Span | None],
    grain: str,
    by: Dimension | None,
    tree: Tree,
    currency: str,
) -> list[dict[str, Any]]:
    """The rows of the answer. Writing a statement takes longer than running it, so those without a filter are kept for
    the process, with other days in the place of those asked for.
    """
    spans = list(windows.values())
    if tree != EVERYTHING or not all(spans):
        expression = _expression(lake, metric, actor, windows, grain, by, tree, currency)
        return _listed(lake.read(expression))
    key = (
        lake.backend.name,
        metric.name,
        metric.formula,
        tuple(windows),
        grain,
        by and (by.name, type(by.field)),
        currency,
        key_of(actor),
    )
    stand_ins = {name: _stand_in(at) for at, name in enumerate(windows)}
    known = _statements.get(key)
    if known is None:
        expression = _expression(lake, metric, actor, stand_ins, grain, by, tree, currency)
        known = lake.statement(expression)
        if known is None or any(
            _written(day) not in known[0] for one in stand_ins.values() for day in _days(one)
        ):
            expression = _expression(lake, metric, actor, windows, grain, by, tree, currency)
            return _listed(lake.read(expression))
        _statements[key] = known
        while len(_statements) > _REMEMBERED:
            _statements.popitem(last=False)
    else:  # what the statement reads beside the files is made again for each lake
        _source(lake, metric)
        if by is not None and by.scored:
            _scores(lake, by)
    sql, schema = known
    for name, stand_in in stand_ins.items():
        span = windows[name]
        if span is not None:
            for day, real in zip(_days(stand_in), _days(span), strict=True):
                sql = sql.replace(_written(day), _written(real))
    return _listed(lake.run(sql, schema))


def _listed(table: pa.Table) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = table.to_pylist()
    return found


def _stand_in(at: int) -> Span:
    return Span(date(_FIRST + at, 1, 1), date(_FIRST + at, 6, 1))


def _days(span: Span) -> tuple[date, date, date]:
    return span.since, span.until, span.end


def _written(day: date) -> str:
    return f"MAKE_DATE({day.year}, {day.month}, {day.day})"


def _expression(
    lake: Lake,
    metric: Metric,
    actor: Actor,
    windows: Mapping[str, Span | None],
    grain: str,
    by: Dimension | None,
    tree: Tree,
    currency: str,
) -> ir.Table:
    import ibis

    rows = _rows(lake, metric, actor, tree, currency)
    if by is not None:
        rows = _split(lake, rows, by, actor)
    parts: list[ir.Table] = []

    def add(kind: str, rows: ir.Table, name: str, *, period: bool) -> None:
        if metric.formula is None:
            raise ValueError(metric.name)
        keys: dict[str, Any] = {"period": rows.period} if period else {}
        if kind == PART:
            keys["member"] = rows.member
        value = metric.formula(rows).cast("decimal(28, 8)")
        found = rows.group_by(**keys).aggregate(value=value) if keys else rows.aggregate(value=value)
        parts.append(
            found.select(
                window=ibis.literal(name),
                kind=ibis.literal(kind),
                period=found.period if period else ibis.null("date"),
                member=found.member if kind == PART else ibis.null("string"),
                value=found.value,
            )
        )

    kinds = (ALL, PART) if by is not None else (ALL,)
    for name, span in windows.items():
        within = rows
        if span is not None:
            time = rows[metric.time]
            within = rows.filter(time >= _day(span.since), time <= _day(span.until))
            whole = within.mutate(period=_day(span.since), period_end=_day(span.end))
        else:
            whole = within.mutate(period=ibis.null("date"), period_end=ibis.null("date"))
        for kind in kinds:
            add(kind, whole, name, period=False)
        if name in (NOW, YEAR) and span is not None:
            first = within[metric.time].truncate(periods.UNITS[grain]).cast("date")
            cut = within.mutate(period=first)
            cut = cut.mutate(period_end=(cut.period + _length(grain)).cast("date"))
            for kind in kinds if name == NOW else (ALL,):
                add(kind, cut, name, period=True)
    return ibis.union(*parts, distinct=False) if len(parts) > 1 else parts[0]


def extent(lake: Lake, metric: Metric) -> tuple[date | None, date | None]:
    """The first and the last day of the facts that the metric is computed from."""
    rows = lake.table(metric.dataset)
    day = rows[metric.day or metric.time]
    (found,) = lake.read(rows.aggregate(first=day.min(), last=day.max())).to_pylist()
    return found["first"], found["last"]


def _day(day: date) -> Any:
    import ibis

    return ibis.literal(day, type="date")


def _length(grain: str) -> Any:
    import ibis

    return ibis.interval(**{f"{grain}s": 1})


def _rows(lake: Lake, metric: Metric, actor: Actor, tree: Tree, currency: str) -> ir.Table:
    rows = _source(lake, metric)
    if metric.time:
        rows = rows.filter(rows[metric.time].notnull())
    if metric.currency:
        rows = rows.filter(rows[metric.currency] == currency)
    guard = metric.guard(actor) if metric.guard is not None else None
    if guard is not None:
        rows = rows.filter(guard(rows))
    if metric.lists:
        rows = _those_seen(lake, rows, metric, actor, tree)
    if metric.counted:
        link = next(link for link in metric.links if link.record_type == metric.counted)
        records = _visible(lake, metric.counted, actor)
        rows = rows.semi_join(records, rows[link.column] == records.id)
    return rows


def _source(lake: Lake, metric: Metric) -> ir.Table:
    """The rows that the metric is computed from; what a source makes is made once for each open lake."""
    if metric.source is None:
        return lake.table(metric.dataset)
    name = f"made_{metric.source.__module__}_{metric.source.__qualname__}".replace(".", "_")
    return lake.kept(name) if lake.keeps(name) else lake.keep(name, metric.source(lake))


def _those_seen(lake: Lake, rows: ir.Table, metric: Metric, actor: Actor, tree: Tree) -> ir.Table:
    """The rows of records that the actor sees, and that the filters let through."""
    own = registry.get(metric.lists)
    conditions = []
    if not metric.settled and metric.where:
        conditions.append(filters.parse(metric.where, own))
    if tree != EVERYTHING:
        conditions.append(tree)
    if conditions:
        found = matching(
            lake,
            filters.And.of(*conditions),
            own,
            actor=actor,
            visible=lambda target: permissions.visible(actor, target),
            revealed=lambda needs: permissions.revealed_tree(actor, needs),
        )
        rows = rows.semi_join(found, rows[metric.key] == found.id)
    if seen(actor, metric.lists) != EVERYTHING:
        found = _visible(lake, metric.lists, actor)
        rows = rows.semi_join(found, rows[metric.key] == found.id)
    return rows


def _visible(lake: Lake, name: str, actor: Actor) -> ir.Table:
    """What the actor sees of a type; the tree says itself what that is, so nothing more stands before it."""
    record_type = registry.get(name)
    tree = permissions.visible(actor, record_type)
    rows = lake.table(of_records(name).name)
    if tree is False:
        return rows.filter(rows.id.isnull())
    if tree == EVERYTHING:
        return rows.view()
    return matching(lake, tree, record_type, visible=everything, revealed=lambda needs: True)


def _split(lake: Lake, rows: ir.Table, by: Dimension, actor: Actor) -> ir.Table:
    """The rows with the part each belongs to, as text in `member`; what is empty, unknown or unseen belongs to none."""
    if by.column is not None:
        return rows.mutate(member=rows[by.column.column].cast("string").nullif(""))
    if by.link is None or by.field is None or by.record_type is None:
        raise ValueError(by.name)
    linked = _visible(lake, by.record_type.name, actor)
    if by.scored:
        scores = _scores(lake, by)
        there = scores.semi_join(linked, scores.record_id == linked.id)
        linked = there.select(link_id=there.record_id, member=there.label)
    else:
        value = column_of(lake, by.field, by.record_type, linked)
        linked = linked.select(link_id=linked.id, member=value.cast("string").nullif(""))
    return rows.left_join(linked, rows[by.link.column] == linked.link_id)


def _scores(lake: Lake, by: Dimension) -> ir.Table:
    """The present classes of the records, read once for each lake and run."""
    if by.field is None or by.record_type is None:
        raise ValueError(by.name)
    return scores_of(lake, by.record_type.name, getattr(by.field, "score_name", "") or by.field.name)
