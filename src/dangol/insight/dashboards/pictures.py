"""A tile's answer as what is drawn or written: marks that lead to their records, rows of a table, a number with its trend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _

from dangol.insight.dashboards.answering import Shown
from dangol.insight.dashboards.tiles import Tile
from dangol.insight.dictionary.pages import COHORT, written
from dangol.measures.metrics.answer import Answer, Part, Row
from dangol.web import formats

TONES: Final = ("p", "b", "g", "o", "s", "r", "c", "n")
MOST_LINES: Final = 6
MOST_STACKED: Final = 8
MOST_BARS: Final = 20
MOST_ROWS: Final = 50
SHADES: Final = 9


@dataclass(frozen=True, slots=True)
class Mark:
    """One number that can be pressed: `url` opens exactly its records; empty where no list can say it."""

    label: str
    value: Decimal | None
    text: str
    url: str = ""
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Series:
    """Marks of one colour; `dashed` for what it is compared with."""

    name: str
    tone: str
    marks: tuple[Mark, ...]
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Trend:
    """How far a number is from another: `text` is signed, `good` None where neither way is better."""

    name: str
    text: str
    rising: bool | None
    good: bool | None
    detail: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """What a tile shows. `kind` is the tile's chart; only what it needs is filled."""

    kind: str
    number: Mark | None = None
    trend: Trend | None = None
    labels: tuple[str, ...] = ()
    series: tuple[Series, ...] = ()
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str, tuple[tuple[Mark, int], ...]], ...] = ()
    axis: str = ""
    more: int = 0
    detail: str = ""
    limited: bool = False
    text: str = ""
    short: dict[str, str] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to be seen."""
        if self.kind == "note":
            return False
        if self.kind == "number":
            return self.number is None
        if self.kind in ("table", "heat"):
            return not self.rows
        return all(mark.value is None for one in self.series for mark in one.marks)


def picture(shown: Shown) -> Picture:
    """What to draw for a tile that has an answer. No query."""
    tile, answer = shown.tile, shown.answer
    if tile.chart == "note":
        return Picture("note", text=tile.text)
    if answer is None:
        raise ValueError("a tile without an answer has no picture")
    return {
        "number": _number, "line": _line, "bar": _bar, "stacked": _stacked, "table": _table, "heat": _heat,
        "funnel": _funnel,
    }[tile.chart](tile, answer)  # fmt: skip


def _detail(answer: Answer) -> str:
    span = answer.question.span
    if span is None:
        return answer.as_of.isoformat() if answer.as_of else ""
    return f"{span.since.isoformat()} – {span.until.isoformat()}"


def _mark(
    answer: Answer,
    label: str,
    value: Decimal | None,
    url: str = "",
    *,
    whole: bool = True,
    short: bool = False,
) -> Mark:
    text = written(answer.metric, value, answer.currency, answer.actor.language, short=short)
    return Mark(label, value, text, url if value is not None else "", whole)


def _of_row(answer: Answer, row: Row, label: str = "") -> Mark:
    url = answer.url_of(row) if row.value is not None else ""
    return _mark(answer, label or period(row, answer.grain), row.value, url, whole=row.complete)


def _of_part(answer: Answer, part: Part, *, short: bool = False) -> Mark:
    url = answer.url_of(part) if part.value is not None else ""
    return _mark(answer, part.label, part.value, url, short=short)


def _before(answer: Answer, part: Part) -> Mark:
    """What a part came to over the periods before."""
    span = next((one for one in answer.compared if one.kind == "before"), None)
    if span is None or part.before is None:
        return _mark(answer, part.label, part.before, short=True)
    then = Row(span.since, span.until, part.before, True, part.member, part.label)
    return _mark(answer, part.label, part.before, answer.url_of(then), short=True)


def period(row: Row, grain: str) -> str:
    """A period as it stands under an axis."""
    if row.period is None:
        return ""
    if grain == "month":
        return formats.month(row.period)[2:]
    if grain == "year":
        return str(row.period.year)
    if grain == "quarter":
        return f"{row.period.year} Q{(row.period.month + 2) // 3}"
    return row.period.isoformat()[5:]


def _by_period(answer: Answer) -> tuple[Mark, ...]:
    return tuple(_of_row(answer, row) for row in answer.rows)


def _trend(tile: Tile, answer: Answer) -> Trend | None:
    one = next((found for found in answer.compared if found.kind == tile.against), None)
    if one is None:
        return None
    name = _("A year before") if one.kind == "year" else _("Periods before")
    before = written(answer.metric, one.value, answer.currency, answer.actor.language, short=True)
    detail = f"{name} {before}"
    if not one.known:
        detail = _("%(what)s, facts begin later") % {"what": detail}
    language = answer.actor.language
    share = answer.metric.unit == "percent"
    moved = one.change if share else one.ratio
    if moved is None:
        return Trend(name, "", None, None, detail, answer.url_of(one) if one.value is not None else "")
    text = formats.percent(moved, language, sign=True)
    if share:
        text = text.removesuffix("%") + "%p"
    good = None if moved == 0 or not answer.metric.good else (moved > 0) == (answer.metric.good == "up")
    rising = None if moved == 0 else moved > 0
    return Trend(name, text, rising, good, detail, answer.url_of(one))


def _number(tile: Tile, answer: Answer) -> Picture:
    text = written(answer.metric, answer.total, answer.currency, answer.actor.language, short=True)
    total = Mark(str(answer.metric.label), answer.total, text, answer.url if answer.total is not None else "")
    sparks = _by_period(answer) if answer.question.span is not None and len(answer.rows) > 1 else ()
    return Picture(
        "number", number=total, trend=_trend(tile, answer), series=(Series("", "p", sparks),) if sparks else (),
        labels=tuple(mark.label for mark in sparks), detail=_detail(answer), limited=answer.limited,
    )  # fmt: skip


def _periods(answer: Answer) -> list[Row]:
    """One row of each period, in order."""
    seen: dict[object, Row] = {}
    for row in answer.rows:
        seen.setdefault(row.period, row)
    return list(seen.values())


def _split(answer: Answer, most: int) -> tuple[Series, ...]:
    """A series by period for each of the largest parts."""
    found = []
    for at, part in enumerate(answer.parts[:most]):
        marks = tuple(
            _of_row(answer, row, f"{part.label}, {period(row, answer.grain)}")
            for row in answer.rows
            if row.member == part.member
        )
        found.append(Series(part.label, TONES[at % len(TONES)], marks))
    return tuple(found)


def _rest(answer: Answer, most: int) -> int:
    return max(0, len(answer.parts) - most) + answer.more


def _over_time(answer: Answer, kind: str, series: tuple[Series, ...], most: int = 0) -> Picture:
    return Picture(
        kind, labels=tuple(period(row, answer.grain) for row in _periods(answer)), series=series,
        more=_rest(answer, most) if answer.by else 0, detail=_detail(answer), limited=answer.limited,
        short=_axis(answer, series, stacked=kind == "stacked"),
    )  # fmt: skip


def _line(tile: Tile, answer: Answer) -> Picture:
    if answer.question.span is None:
        return _bar(tile, answer)
    if answer.by is not None:
        return _over_time(answer, "line", _split(answer, MOST_LINES), MOST_LINES)
    series = [Series(str(answer.metric.label), "p", _by_period(answer))]
    if tile.against == "year" and any(row.year is not None for row in answer.rows):
        marks = tuple(_mark(answer, period(row, answer.grain), row.year) for row in answer.rows)
        series.append(Series(_("A year before"), "n", marks, dashed=True))
    return _over_time(answer, "line", tuple(series))


def _bar(tile: Tile, answer: Answer) -> Picture:
    if answer.by is None and answer.question.span is not None:
        return _over_time(answer, "bar", (Series(str(answer.metric.label), "p", _by_period(answer)),))
    if answer.by is None:
        marks: tuple[Mark, ...] = (_mark(answer, str(answer.metric.label), answer.total, answer.url),)
    else:
        marks = tuple(_of_part(answer, part) for part in answer.parts[:MOST_BARS])
    series = (Series(str(answer.metric.label), "p", marks),)
    return Picture(
        "bar", labels=tuple(mark.label for mark in marks), series=series, more=_rest(answer, MOST_BARS),
        detail=_detail(answer), limited=answer.limited, short=_axis(answer, series),
    )  # fmt: skip


def _stacked(tile: Tile, answer: Answer) -> Picture:
    if answer.question.span is None:
        return _bar(tile, answer)
    return _over_time(answer, "stacked", _split(answer, MOST_STACKED), MOST_STACKED)


def _funnel(tile: Tile, answer: Answer) -> Picture:
    """Parts from the largest to the smallest, each with its share of the largest."""
    marks = tuple(_of_part(answer, part) for part in answer.parts[:MOST_BARS])
    series = (Series(str(answer.metric.label), "p", marks),)
    return Picture(
        "funnel", labels=tuple(mark.label for mark in marks), series=series, more=_rest(answer, MOST_BARS),
        detail=_detail(answer), limited=answer.limited,
    )  # fmt: skip


def _table(tile: Tile, answer: Answer) -> Picture:
    label = str(answer.metric.label)
    language = answer.actor.language
    rows: list[tuple[str, tuple[tuple[Mark, int], ...]]] = []
    if answer.by is None:
        heads = (_("Period"), label)
        rows = [(mark.label, ((mark, -1),)) for mark in _by_period(answer)]
        if answer.question.span is None:
            heads = (_("Metric"), label)
            rows = [(label, ((_mark(answer, label, answer.total, answer.url), -1),))]
        return Picture("table", heads=heads, rows=tuple(rows), detail=_detail(answer), limited=answer.limited)
    shares = any(part.share is not None for part in answer.parts)
    timed = answer.question.span is not None
    for part in answer.parts[:MOST_ROWS]:
        cells = [(_of_part(answer, part, short=True), -1)]
        if shares:
            text = formats.percent(part.share, language) if part.share is not None else "–"
            cells.append((Mark(part.label, part.share, text), -1))
        if timed:
            cells.append((_before(answer, part), -1))
        rows.append((part.label, tuple(cells)))
    heads = (
        str(answer.by.label), label, *((_("Share"),) if shares else ()), *((_("Periods before"),) if timed else ()),
    )  # fmt: skip
    return Picture(
        "table", heads=heads, rows=tuple(rows), more=_rest(answer, MOST_ROWS), detail=_detail(answer),
        limited=answer.limited,
    )  # fmt: skip


def _heat(tile: Tile, answer: Answer) -> Picture:
    if answer.by is None or answer.question.span is None:
        return _table(tile, answer)
    values = [row.value for row in answer.rows if row.value is not None]
    least, most = min(values, default=Decimal(0)), max(values, default=Decimal(0))
    rows = []
    parts = list(answer.parts[:MOST_ROWS])
    is_cohort = tile.by == COHORT
    if is_cohort:  # one reads them as they came, and before its first order a cohort is not 0 but not there
        parts.sort(key=lambda part: str(part.member))
    for part in parts:
        cells = []
        for row in answer.rows:
            if row.member != part.member:
                continue
            if is_cohort and row.until is not None and row.until.isoformat() < str(part.member):
                cells.append((Mark(part.label, None, ""), -1))
                continue
            mark = _of_row(answer, row, f"{part.label}, {period(row, answer.grain)}")
            short = written(answer.metric, row.value, answer.currency, answer.actor.language, short=True)
            shade = -1
            if row.value is not None:
                shade = round((row.value - least) / (most - least) * SHADES) if most > least else SHADES
            cells.append((Mark(mark.label, mark.value, short, mark.url), shade))
        rows.append((part.label, tuple(cells)))
    heads = (str(answer.by.label), *(period(row, answer.grain) for row in _periods(answer)))
    return Picture(
        "heat", heads=heads, rows=tuple(rows), more=_rest(answer, MOST_ROWS), detail=_detail(answer),
        limited=answer.limited,
    )  # fmt: skip


def highest(series: Sequence[Series], *, stacked: bool = False) -> tuple[Decimal, Decimal]:
    """The lowest and the highest value of an axis that holds all marks, and zero."""
    zero = Decimal(0)
    values = [mark.value or zero for one in series for mark in one.marks]
    if stacked and series:
        columns = list(zip(*(one.marks for one in series), strict=True))
        values = [sum((max(mark.value or zero, zero) for mark in column), zero) for column in columns]
        values += [sum((min(mark.value or zero, zero) for mark in column), zero) for column in columns]
    low, high = min([zero, *values]), max([zero, *values])
    return low, high if high > low else low + 1


def ticks(low: Decimal, high: Decimal) -> list[Decimal]:
    """Three to five round values of an axis, from what lies below the lowest to what lies above the highest."""
    rough = (high - low) / 3
    power = Decimal(10) ** rough.adjusted()
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    first = (low / step).to_integral_value("ROUND_FLOOR") * step
    found = [first]
    while found[-1] < high:
        found.append(found[-1] + step)
    return found


def _axis(answer: Answer, series: Sequence[Series], *, stacked: bool = False) -> dict[str, str]:
    """What the values of the axis are called, short."""
    return {
        str(value): written(answer.metric, value, answer.currency, answer.actor.language, short=True)
        for value in ticks(*highest(series, stacked=stacked))
    }
