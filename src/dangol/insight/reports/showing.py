"""A pivot as it is read: names of groups, numbers in words, the address of the records behind each cell, and its chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.insight.dashboards.pictures import TONES, Mark, Picture, Series, highest, ticks
from dangol.insight.links import records_url
from dangol.insight.reports.axes import HIDDEN, NONE, OTHER, Axis, Measure, Reading
from dangol.insight.reports.computing import ALL, MOST_ACROSS, MOST_ROWS, Cell, Pivot
from dangol.insight.reports.plans import COUNT
from dangol.records import filters
from dangol.records.fields import Choice, Locale, Money, Reference
from dangol.records.fields.references import HIDDEN as NOT_VISIBLE
from dangol.records.filters.tree import And
from dangol.web import formats

CHART_ROWS: Final = 20
CHART_SERIES: Final = 7


@dataclass(frozen=True, slots=True)
class Written:
    """One measure of one cell: a line for each currency, and the address that opens the records; empty where none does."""

    lines: tuple[str, ...]
    url: str
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its name, its cells – those of each column together –, and of the whole row at the end."""

    key: str | None
    name: str
    cells: tuple[tuple[Written, ...], ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """The pivot as a table. `notes` say what is limited or split."""

    heads: tuple[tuple[str | None, str], ...]
    lines: tuple[Line, ...]
    total: Line
    measures: tuple[Measure, ...]
    notes: tuple[str, ...] = ()
    names: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        return not self.lines


def locale_for(actor: Actor) -> Locale:
    return Locale(actor.language, ZoneInfo(actor.time_zone))


def names_of(axis: Axis, keys: Sequence[str]) -> dict[str, str]:
    """What groups are called. One query for references, else none."""
    titles = axis.titles(iter(keys))
    locale = locale_for(axis.actor)
    special = {NONE: _("(none)"), HIDDEN: str(NOT_VISIBLE), OTHER: _("Everything else")}
    found = {}
    for key in keys:
        if key in special:
            found[key] = special[key]
        elif isinstance(axis.field, Reference):
            found[key] = titles.get(key) or str(NOT_VISIBLE)
        else:
            found[key] = _value_name(axis, axis.value(key), locale)
    return found


def _value_name(axis: Axis, value: Any, locale: Locale) -> str:
    match axis.span:
        case "month":
            return f"{value:%Y-%m}"
        case "quarter":
            return f"{value.year} Q{(value.month + 2) // 3}"
        case "year":
            return str(value.year)
    return axis.field.text(value, locale)


def ordered(axis: Axis, keys: Sequence[str], sizes: dict[str, Decimal], sort: str) -> list[str]:
    """The groups in order: dates and choices as they follow each other, others by size; by size where that is asked for.

    What has no value stands behind, then what may not be seen, then the rest of all.
    """
    behind = {NONE: 1, HIDDEN: 2, OTHER: 3}
    plain = [key for key in keys if key not in behind]
    if sort:
        plain.sort(key=lambda key: (sizes.get(key, Decimal(0)), key), reverse=sort == "-value")
    elif axis.span:
        plain.sort()
    elif isinstance(axis.field, Choice):
        places = {f"v{code}": place for place, code in enumerate(axis.field.codes())}
        plain.sort(key=lambda key: (places.get(key, len(places)), key))
    else:
        plain.sort(key=lambda key: (-sizes.get(key, Decimal(0)), key))
    return plain + sorted((key for key in keys if key in behind), key=lambda key: behind[key])


def sizes_of(reading: Reading, pivot: Pivot, keys: Sequence[str], *, across: bool) -> dict[str, Decimal]:
    """What groups are ordered by: the first measure where it has one currency throughout, else the number of records."""
    cells = {key: pivot.at(ALL, key) if across else pivot.at(key, ALL) for key in keys}
    whole = pivot.at(ALL, ALL)
    if reading.plan.sort and whole.values and len(whole.values[0]) == 1:
        return {key: next(iter(cell.values[0].values()), Decimal(0)) for key, cell in cells.items()}
    return {key: Decimal(cell.count) for key, cell in cells.items()}


def written(measure: Measure, value: Decimal, currency: str, locale: Locale) -> str:
    """One number as people read it."""
    one = measure.field
    if one is None:
        return formats.number(value, locale.language)
    if isinstance(one, Money):
        known = currency if measure.currency else one.currency
        return (
            formats.money(value, known, locale.language) if known else formats.number(value, locale.language)
        )
    return one.text(value, locale)


def grid_of(reading: Reading, pivot: Pivot) -> Grid:
    """The table of a computed pivot. A query for each axis that is a reference."""
    rows_sizes = sizes_of(reading, pivot, pivot.rows, across=False)
    rows = ordered(reading.rows, pivot.rows, rows_sizes, reading.plan.sort)
    row_names = names_of(reading.rows, rows)
    heads: list[tuple[str | None, str]] = []
    if reading.across is not None:
        sizes = sizes_of(reading, pivot, pivot.across, across=True)
        columns = ordered(reading.across, pivot.across, sizes, "")
        found = names_of(reading.across, columns)
        heads = [(key, found[key]) for key in columns]
    heads.append((ALL, _("Total") if reading.across is not None else ""))
    lines = tuple(_line(reading, pivot, key, row_names[key], heads) for key in rows)
    total = _line(reading, pivot, ALL, _("Total"), heads)
    return Grid(tuple(heads), lines, total, reading.measures, tuple(_notes(reading, pivot)))


def _line(
    reading: Reading, pivot: Pivot, key: str | None, name: str, heads: Sequence[tuple[str | None, str]]
) -> Line:
    return Line(
        key,
        name,
        tuple(
            _cell(reading, pivot.at(key, column), key, column, f"{name} {head}".strip())
            for column, head in heads
        ),
    )


def _cell(
    reading: Reading, cell: Cell, row: str | None, column: str | None, label: str
) -> tuple[Written, ...]:
    if not cell.count:
        return tuple(Written(("–",), "", label) for _one in reading.measures)
    url = cell_url(reading, row, column)
    locale = locale_for(reading.actor)
    return tuple(
        Written(
            tuple(written(measure, value, currency, locale) for currency, value in values.items()) or ("–",),
            url,
            f"{label}, {measure.label}",
        )
        for measure, values in zip(reading.measures, cell.values, strict=True)
    )


def cell_url(reading: Reading, row: str | None, column: str | None) -> str:
    """The list of exactly the records of a cell; empty where the filter language cannot say which these are."""
    parts = [reading.tree]
    for axis, key in ((reading.rows, row), (reading.across, column)):
        if axis is None or key is ALL:
            continue
        tree = axis.tree(key)
        if tree is None:
            return ""
        parts.append(tree)
    return records_url(reading.record_type.name, filters.to_text(And.of(*parts)))


def _notes(reading: Reading, pivot: Pivot) -> list[str]:
    notes = []
    for cut, axis, most in (
        (pivot.rows_cut, reading.rows, MOST_ROWS),
        (pivot.across_cut, reading.across, MOST_ACROSS),
    ):
        if cut and axis is not None:
            which = (
                _(
                    "“%(group)s” has more groups than are shown: the latest %(most)s stand for themselves,"
                    " all others under “Everything else”. The totals are of all."
                )
                if axis.span
                else _(
                    "“%(group)s” has more groups than are shown: the %(most)s with most records stand for"
                    " themselves, all others under “Everything else”. The totals are of all."
                )
            )
            notes.append(which % {"group": axis.label, "most": most})
    if any(len(values) > 1 for values in pivot.at(ALL, ALL).values):
        notes.append(_("Amounts of different currencies stand beside each other; they are never added."))
    return notes


def picture_of(reading: Reading, pivot: Pivot, grid: Grid) -> Picture | None:
    """Bars of the first measure, stacked by column where these are few and make up the whole; None where currencies differ."""
    measure = reading.measures[0]
    whole = pivot.at(ALL, ALL)
    if not whole.values or len(whole.values[0]) != 1:
        return None
    currency = next(iter(whole.values[0]))
    locale = locale_for(reading.actor)
    lines = [line for line in grid.lines if line.key != OTHER][:CHART_ROWS]
    columns = [head for head in grid.heads if head[0] is not ALL]
    stacked = measure.adds_up and 0 < len(columns) <= CHART_SERIES
    heads = columns if stacked else [(ALL, measure.label)]
    series = []
    for place, (column, name) in enumerate(heads):
        marks = []
        for line in lines:
            value = _number(pivot.at(line.key, column), currency)
            text = "–" if value is None else written(measure, value, currency, locale)
            url = cell_url(reading, line.key, column) if value is not None else ""
            marks.append(Mark(f"{line.name} {name if stacked else ''}".strip(), value, text, url))
        series.append(Series(name, TONES[place], tuple(marks)))
    made = tuple(series)
    kind = "stacked" if stacked else "bar"
    short = {
        str(value): _short(measure, value, currency, locale)
        for value in ticks(*highest(made, stacked=stacked))
    }
    return Picture(
        kind,
        labels=tuple(line.name for line in lines),
        series=made,
        more=len(grid.lines) - len(lines),
        short=short,
    )


def _number(cell: Cell, currency: str) -> Decimal | None:
    return cell.values[0].get(currency) if cell.values else None


def _short(measure: Measure, value: Decimal, currency: str, locale: Locale) -> str:
    if isinstance(measure.field, Money):
        known = currency if measure.currency else measure.field.currency
        return formats.money_short(value, known or formats.HOME_CURRENCY, locale.language)
    if measure.how == COUNT or value >= 10_000:
        return formats.number_short(value, locale.language)
    return formats.number(value, locale.language)
