"""What a benchmark hands over: figures with what was asked for and the floor beside them, kept as JSON."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One measured value.

    Args:
        work: what was done.
        value: of which `unit` is the unit: ms, s, MB, %, × (at most so much is good), /s, rows/s (at least).
        bar: what was asked for.
        floor: the same measured of bare code, in the same unit; `floor_is` says of what.
        ratio_bar: how many times worse than the floor it may be.
        peer: the row of the table of peers it stands in.
    """

    work: str
    value: float
    unit: str
    bar: float | None = None
    floor: float | None = None
    floor_is: str = ""
    ratio_bar: float | None = None
    peer: str = ""

    @property
    def is_rate(self) -> bool:
        """More is better."""
        return self.unit.endswith("/s")

    @property
    def ratio(self) -> float | None:
        """How many times the floor it costs."""
        if not self.floor or not self.value:
            return None
        return self.floor / self.value if self.is_rate else self.value / self.floor

    @property
    def missed(self) -> list[str]:
        """What was asked for and is not reached, in words."""
        found = []
        if self.bar is not None and (self.value < self.bar if self.is_rate else self.value > self.bar):
            found.append(f"{'≥' if self.is_rate else '≤'} {self.bar:,g} {self.unit}")
        if self.ratio_bar is not None and self.ratio is not None and self.ratio > self.ratio_bar:
            found.append(f"≤ {self.ratio_bar:g} × floor")
        return found

    @property
    def asked(self) -> list[str]:
        """What was asked for, in words."""
        found = []
        if self.bar is not None:
            found.append(f"{'≥' if self.is_rate else '≤'} {self.bar:,g} {self.unit}")
        if self.ratio_bar is not None:
            found.append(f"≤ {self.ratio_bar:g} × floor")
        return found


@dataclass
class Part:
    """What one benchmark measured, and how busy the machine was before and after."""

    name: str
    title: str
    measured: str = ""
    load: tuple[float, float] = (0.0, 0.0)
    seconds: float = 0.0
    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    table: list[str] = field(default_factory=list)

    def add(self, work: str, value: float, unit: str, **more: Any) -> Figure:
        """Note a figure and print it."""
        figure = Figure(work, value, unit, **more)
        self.figures.append(figure)
        print(line_of(figure), flush=True)
        return figure

    def note(self, text: str) -> None:
        """Note what a reader must know."""
        self.notes.append(text)
        print(text, flush=True)


def shown(value: float) -> str:
    """A number as a person reads it."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}".rstrip("0").rstrip(".")


def line_of(figure: Figure) -> str:
    """A figure on the terminal."""
    text = f"{figure.work:48} {shown(figure.value):>10} {figure.unit}"
    if figure.floor is not None and figure.ratio is not None:
        text += f"   floor {shown(figure.floor)} ({figure.floor_is}), × {figure.ratio:.2f}"
    if figure.asked:
        text += f"   bar {', '.join(figure.asked)}: {'MISSED' if figure.missed else 'met'}"
    return text


@contextmanager
def measuring(name: str, title: str, out: Path | None) -> Iterator[Part]:
    """A part to add figures to; written to `out` as JSON when it came to its end."""
    part = Part(name, title, f"{datetime.now(UTC):%Y-%m-%d}")
    before, start = os.getloadavg()[0], time.monotonic()
    yield part
    part.load = (round(before, 1), round(os.getloadavg()[0], 1))
    part.seconds = round(time.monotonic() - start, 1)
    if out is not None:
        out.write_text(json.dumps(asdict(part), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def part_of(data: dict[str, Any]) -> Part:
    """A part from its JSON."""
    figures = [Figure(**figure) for figure in data["figures"]]
    return Part(**{**data, "figures": figures, "load": tuple(data["load"])})
