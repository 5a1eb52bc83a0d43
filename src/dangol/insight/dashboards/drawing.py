"""Charts as SVG: on a page in the page's colours, each mark a link; on paper with colours of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from dangol.insight.dashboards.pictures import Mark, Picture, Series, highest, ticks

PAPER: Final = {
    "p": "#0d5c48", "b": "#2b62a8", "g": "#b58107", "o": "#d9541e", "s": "#3d8a74", "r": "#c0362c", "c": "#d08a4e",
    "n": "#8a948f", "u": "#4fa58a", "ink": "#55605c", "line": "#e7e5df",
}  # fmt: skip
LEGEND: Final = 20
FOOT: Final = 20
WIDE: Final = 7.0
"""Room for one character of an axis."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is drawn on: its size in pixels, and whether it is paper."""

    width: int
    height: int
    paper: bool = False

    def fill(self, tone: str) -> SafeString:
        """The attribute that fills a shape."""
        if self.paper:
            return format_html('fill="{}"', PAPER[tone])
        return format_html('class="f-{}"', tone)

    def stroke(self, tone: str) -> SafeString:
        """The attributes of a line."""
        if self.paper:
            return format_html('fill="none" stroke="{}"', PAPER[tone])
        return format_html('class="s-{}"', tone)

    def text(self, x: float, y: float, words: str, anchor: str = "start") -> SafeString:
        """A word."""
        look = (
            format_html('fill="{}" font-family="Pretendard" font-size="11"', PAPER["ink"])
            if self.paper
            else SafeString('class="w"')
        )
        return format_html(
            '<text x="{}" y="{}" text-anchor="{}" {}>{}</text>', _n(x), _n(y), anchor, look, words
        )

    def link(self, mark: Mark, shape: SafeString) -> SafeString:
        """A mark that opens its records; where it has none, it only says what it is."""
        if self.paper:
            return shape
        if not mark.url:
            return format_html("<g><title>{}: {}</title>{}</g>", mark.label, mark.text, shape)
        return format_html(
            '<a href="{}" aria-label="{}: {}"><title>{}: {}</title>{}</a>',
            mark.url, mark.label, mark.text, mark.label, mark.text, shape,
        )  # fmt: skip


def draw(picture: Picture, width: int, height: int, label: str = "", *, paper: bool = False) -> SafeString:
    """The chart of a picture that has marks, in a sheet of so many pixels.

    On a page, colours come from the tokens by class, and every mark with records is a link that the keyboard reaches.
    """
    sheet = Sheet(width, height, paper)
    if picture.kind == "number":
        body = _spark(sheet, picture)
    elif picture.kind == "funnel":
        body = _funnel(sheet, picture)
    else:
        body = _plot(sheet, picture)
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" {}viewBox="0 0 {} {}" width="{}" height="{}" role="group" '
        'aria-label="{}">{}</svg>',
        SafeString("") if paper else SafeString('class="gfx" '), width, height, width, height, label, body,
    )  # fmt: skip


def _joined(parts: Iterator[SafeString] | list[SafeString]) -> SafeString:
    return format_html_join("", "{}", ((part,) for part in parts))


def _n(value: float) -> str:
    """A coordinate, short, with a point whatever the language."""
    return f"{value:.1f}".removesuffix(".0")


def _plot(sheet: Sheet, picture: Picture) -> SafeString:
    stacked = picture.kind == "stacked"
    values = ticks(*highest(picture.series, stacked=stacked))
    names = [picture.short.get(str(value), "") for value in values]
    left = max((_width(name) for name in names), default=0.0) + 8
    several = len(picture.series) > 1
    top = LEGEND + 4 if several else 8
    plot = _Plot(left, top, sheet.width - left - 4, sheet.height - top - FOOT, values[0], values[-1])
    parts = [_grid(sheet, plot, values, names), _foot(sheet, plot, picture.labels)]
    if several:
        parts.append(_legend(sheet, picture.series, left))
    if picture.kind == "line":
        parts.extend(_lines(sheet, plot, picture))
    else:
        parts.extend(_bars(sheet, plot, picture))
    return _joined(parts)


@dataclass(frozen=True, slots=True)
class _Plot:
    """The field within the axes."""

    left: float
    top: float
    width: float
    height: float
    low: Decimal
    high: Decimal

    def y(self, value: Decimal) -> float:
        return self.top + self.height * float((self.high - value) / (self.high - self.low))

    def x(self, at: int, count: int) -> float:
        """The middle of a step of the axis."""
        return self.left + self.width * (at + 0.5) / max(count, 1)


def _width(words: str) -> float:
    return sum(WIDE if ord(char) < 0x1100 else 11.0 for char in words)


def _clipped(words: str, room: float) -> str:
    if _width(words) <= room:
        return words
    kept = ""
    for char in words:
        if _width(kept + char) > room - WIDE:
            break
        kept += char
    return f"{kept}…" if kept else ""


def _grid(sheet: Sheet, plot: _Plot, values: list[Decimal], names: list[str]) -> SafeString:
    parts = []
    for value, name in zip(values, names, strict=True):
        y = plot.y(value)
        parts.append(
            format_html(
                '<path d="M{} {}H{}" {}/>',
                _n(plot.left),
                _n(y),
                _n(plot.left + plot.width),
                sheet.stroke("line"),
            )
        )
        parts.append(sheet.text(plot.left - 6, y + 4, name, "end"))
    return _joined(parts)


def _foot(sheet: Sheet, plot: _Plot, labels: tuple[str, ...]) -> SafeString:
    """Names under the axis, as many as there is room for."""
    count = len(labels)
    if not count:
        return SafeString("")
    step = plot.width / count
    widest = min(max(_width(label) for label in labels), 84.0)
    every = (
        max(1, int((widest + 10) // step) + (1 if (widest + 10) % step else 0)) if step < widest + 10 else 1
    )
    y = sheet.height - 5
    return _joined(
        [
            sheet.text(plot.x(at, count), y, _clipped(label, step * every - 4), "middle")
            for at, label in enumerate(labels)
            if at % every == 0
        ]
    )


def _legend(sheet: Sheet, series: tuple[Series, ...], left: float) -> SafeString:
    parts = []
    x = left
    for one in series:
        room = sheet.width - x - 22
        if room < 24:
            break
        name = _clipped(one.name, min(room, 120))
        parts.append(
            format_html('<rect x="{}" y="4" width="9" height="9" rx="2" {}/>', _n(x), sheet.fill(one.tone))
        )
        parts.append(sheet.text(x + 13, 13, name))
        x += 13 + _width(name) + 14
    return _joined(parts)


def _bars(sheet: Sheet, plot: _Plot, picture: Picture) -> Iterator[SafeString]:
    count = len(picture.labels)
    width = min(plot.width / max(count, 1) * 0.68, 44.0)
    above = [Decimal(0)] * count
    below = [Decimal(0)] * count
    for one in picture.series:
        for at, mark in enumerate(one.marks):
            if not mark.value:
                continue
            pile = above if mark.value > 0 else below
            start = pile[at]
            pile[at] += mark.value
            first, last = sorted((plot.y(start), plot.y(pile[at])))
            tone = "u" if len(picture.series) == 1 and not mark.whole else one.tone
            shape = format_html(
                '<rect x="{}" y="{}" width="{}" height="{}" rx="2" {}/>',
                _n(plot.x(at, count) - width / 2), _n(first), _n(width), _n(max(last - first, 1)), sheet.fill(tone),
            )  # fmt: skip
            yield sheet.link(mark, shape)


def _lines(sheet: Sheet, plot: _Plot, picture: Picture) -> Iterator[SafeString]:
    count = len(picture.labels)
    for one in picture.series:
        points = [
            (plot.x(at, count), plot.y(mark.value), mark)
            for at, mark in enumerate(one.marks)
            if mark.value is not None
        ]
        if points:
            yield _path(sheet, one, [(x, y) for x, y, _mark in points])
    for one in picture.series:
        if one.dashed:
            continue
        for at, mark in enumerate(one.marks):
            if mark.value is None:
                continue
            x, y = plot.x(at, count), plot.y(mark.value)
            yield sheet.link(mark, _dot(sheet, x, y, one.tone, 3))


def _path(sheet: Sheet, one: Series, points: list[tuple[float, float]]) -> SafeString:
    where = "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in points)
    dash = SafeString(' stroke-dasharray="5 4"') if one.dashed else SafeString("")
    return format_html('<path d="{}" stroke-width="2"{} {}/>', where, dash, sheet.stroke(one.tone))


def _dot(sheet: Sheet, x: float, y: float, tone: str, radius: float) -> SafeString:
    dot = format_html('<circle cx="{}" cy="{}" r="{}" {}/>', _n(x), _n(y), _n(radius), sheet.fill(tone))
    if sheet.paper:
        return dot
    reach = format_html('<circle cx="{}" cy="{}" r="12" class="reach"/>', _n(x), _n(y))
    return format_html("{}{}", reach, dot)


def _spark(sheet: Sheet, picture: Picture) -> SafeString:
    """The line under a number: no axis, and a dot for the newest."""
    one = picture.series[0]
    low, high = highest(picture.series)
    plot = _Plot(4, 4, sheet.width - 8, sheet.height - 8, low, high)
    count = len(one.marks)
    points = [
        (plot.x(at, count), plot.y(mark.value), mark)
        for at, mark in enumerate(one.marks)
        if mark.value is not None
    ]
    if not points:
        return SafeString("")
    parts = [_path(sheet, one, [(x, y) for x, y, _mark in points])]
    for number, (x, y, mark) in enumerate(points, start=1):
        radius = 3.0 if number == len(points) else 1.6
        parts.append(sheet.link(mark, _dot(sheet, x, y, one.tone, radius)))
    return _joined(parts)


def _funnel(sheet: Sheet, picture: Picture) -> SafeString:
    marks = picture.series[0].marks
    most = max((mark.value or Decimal(0) for mark in marks), default=Decimal(0))
    step = min(sheet.height / max(len(marks), 1), 34.0)
    left = min(max((_width(mark.label) for mark in marks), default=0.0) + 10, sheet.width * 0.36)
    right = max((_width(mark.text) for mark in marks), default=0.0) + 60
    room = max(sheet.width - left - right, 20.0)
    parts = []
    for at, mark in enumerate(marks):
        share = mark.value / most if mark.value and most > 0 else Decimal(0)
        width = max(room * float(share), 2.0) if share > 0 else 0.0
        y = at * step
        shape = format_html(
            '<rect x="{}" y="{}" width="{}" height="{}" rx="3" {}/>',
            _n(left), _n(y + 3), _n(width), _n(max(step - 6, 4)), sheet.fill("p"),
        )  # fmt: skip
        parts.append(sheet.text(0, y + step / 2 + 4, _clipped(mark.label, left - 8)))
        parts.append(sheet.link(mark, shape))
        parts.append(sheet.text(left + width + 6, y + step / 2 + 4, f"{mark.text} · {round(share * 100)}%"))
    return _joined(parts)
