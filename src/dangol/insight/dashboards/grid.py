"""Where tiles stand: twelve columns, rows as many as needed, nothing over another, and no row left empty above a tile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

COLUMNS: Final = 12
LEAST: Final = (2, 2)
"""The smallest tile: columns, rows."""
TALLEST: Final = 10


@dataclass(frozen=True, slots=True)
class Box:
    """A tile's place: column and row of its upper left corner from 0, width and height in cells."""

    key: str
    x: int
    y: int
    w: int
    h: int

    def meets(self, other: Box) -> bool:
        """Whether the two share a cell."""
        return (
            self.x < other.x + other.w
            and other.x < self.x + self.w
            and self.y < other.y + other.h
            and other.y < self.y + self.h
        )


def fitted(box: Box) -> Box:
    """The box, within the twelve columns and not smaller than a tile may be."""
    w = min(max(box.w, LEAST[0]), COLUMNS)
    h = min(max(box.h, LEAST[1]), TALLEST)
    return replace(box, w=w, h=h, x=min(max(box.x, 0), COLUMNS - w), y=max(box.y, 0))


def in_order(boxes: Sequence[Box]) -> list[Box]:
    """The boxes as one reads them; so they stand below each other where the window is narrow."""
    return sorted(boxes, key=lambda box: (box.y, box.x))


def settled(boxes: Sequence[Box], first: str = "") -> list[Box]:
    """The boxes without overlap: `first` stays in its column and row as far as it can, what it meets makes way downward.

    Everything then moves up as far as it goes, so that no row stays empty.
    """
    waiting = sorted((fitted(box) for box in boxes), key=lambda box: (box.key != first, box.y, box.x))
    apart: list[Box] = []
    for box in waiting:
        apart.append(_below(box, apart))
    placed: list[Box] = []
    for box in in_order(apart):
        y = box.y
        while y > 0 and not any(replace(box, y=y - 1).meets(other) for other in placed):
            y -= 1
        placed.append(replace(box, y=y))
    return placed


def _below(box: Box, placed: Sequence[Box]) -> Box:
    """The box, moved down until it meets none of the placed ones."""
    while True:
        met = [other for other in placed if box.meets(other)]
        if not met:
            return box
        box = replace(box, y=max(other.y + other.h for other in met))


def put(boxes: Sequence[Box], box: Box) -> list[Box]:
    """All boxes after one of them came to another place or size."""
    return settled([box, *(other for other in boxes if other.key != box.key)], box.key)


def added(boxes: Sequence[Box], key: str, w: int, h: int) -> Box:
    """The first free place for a new tile of that size, row by row."""
    bottom = max((box.y + box.h for box in boxes), default=0)
    for y in range(bottom + 1):
        for x in range(COLUMNS - w + 1):
            box = Box(key, x, y, w, h)
            if not any(box.meets(other) for other in boxes):
                return box
    return Box(key, 0, bottom, w, h)


def flowed(boxes: Sequence[Box]) -> list[Box]:
    """The boxes one after the other in the order given, each in the row of the one before where it fits."""
    placed: list[Box] = []
    x = y = height = 0
    for box in map(fitted, boxes):
        if x + box.w > COLUMNS:
            x, y, height = 0, y + height, 0
        placed.append(replace(box, x=x, y=y))
        x, height = x + box.w, max(height, box.h)
    return settled(placed)


def swapped(boxes: Sequence[Box], key: str, step: int) -> list[Box]:
    """The boxes after one moved before (-1) or behind (1) its neighbour in reading order."""
    order = in_order(boxes)
    at = next(index for index, box in enumerate(order) if box.key == key)
    to = at + step
    if not 0 <= to < len(order):
        return order
    order[at], order[to] = order[to], order[at]
    return flowed(order)
