"""A flow chart between two days as shapes of an SVG: bars at both sides, a ribbon for each movement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 760
BAR: Final = 14
LEFT: Final = 150
"""Room for the names at either side."""
GAP: Final = 8
TALL: Final = 360
TONES: Final = ("p", "o", "b", "g", "s", "c", "r", "n")
"""Colours that differ in lightness too, so that they are told apart by those who see fewer."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A segment at one side."""

    name: str
    total: int
    x: float
    y: float
    height: float
    text_x: float
    anchor: str
    tone: str

    @property
    def middle(self) -> float:
        return round(self.y + self.height / 2, 1)


@dataclass(frozen=True, slots=True)
class Ribbon:
    """A movement. `path` is its outline."""

    before: int
    after: int
    count: int
    path: str
    tone: str


@dataclass(frozen=True, slots=True)
class Chart:
    """All shapes, in a box of that size."""

    width: int
    height: int
    bars: list[Bar]
    ribbons: list[Ribbon]


def chart(
    flows: Mapping[tuple[int, int], int],
    order: Sequence[int],
    names: Mapping[int, str],
    tones: Mapping[int, str],
) -> Chart:
    """Lay out movements.

    Args:
        flows: (before, after) → customers.
        order: the segments from top to bottom.
        names: what they are called.
        tones: the colour of each.
    """
    shown = [one for one in order if any(one in pair for pair in flows)]
    total = sum(flows.values()) or 1
    height = TALL + GAP * max(len(shown) - 1, 0)
    scale = TALL / total
    sides: list[dict[int, float]] = []
    bars: list[Bar] = []
    for side in (0, 1):
        sums: dict[int, int] = defaultdict(int)
        for pair, count in flows.items():
            sums[pair[side]] += count
        y = 0.0
        tops: dict[int, float] = {}
        for one in shown:
            tops[one] = y
            if not sums[one]:
                continue
            tall = sums[one] * scale
            x = LEFT if side == 0 else WIDTH - LEFT - BAR
            bars.append(
                Bar(names[one], sums[one], x, round(y, 1), round(max(tall, 1), 1),
                    x - 8 if side == 0 else x + BAR + 8, "end" if side == 0 else "start", tones[one])
            )  # fmt: skip
            y += tall + GAP
        sides.append(tops)
    ribbons = []
    for before in shown:
        for after in shown:
            count = flows.get((before, after), 0)
            if not count:
                continue
            tall = count * scale
            from_y, to_y = sides[0][before], sides[1][after]
            sides[0][before] += tall
            sides[1][after] += tall
            ribbons.append(Ribbon(before, after, count, _outline(from_y, to_y, tall), tones[before]))
    return Chart(WIDTH, round(height), bars, ribbons)


def _outline(top: float, other: float, tall: float) -> str:
    start, end = LEFT + BAR, WIDTH - LEFT - BAR
    middle = (start + end) / 2
    tall = max(tall, 0.6)
    return (
        f"M{start} {top:.1f}C{middle} {top:.1f} {middle} {other:.1f} {end} {other:.1f}"
        f"V{other + tall:.1f}C{middle} {other + tall:.1f} {middle} {top + tall:.1f} {start} {top + tall:.1f}Z"
    )
