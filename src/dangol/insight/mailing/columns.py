"""Tables on paper: as many columns beside each other as can be read, the others in further tables below; none is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dangol.insight.mailing.paper import box

ROOM: Final = 741.0
"""Points from edge to edge of a box."""
TRIES: Final = ((9.0, 1_000.0), (9.0, 150.0), (8.0, 150.0), (7.5, 150.0))
"""Heights of letters in points, and how wide a column of words is at most, until they break into lines: the first at which
all columns stand beside each other holds, else the last."""
HEAD: Final = 0.85
"""How high the letters above a column are, beside those in it."""
GAP: Final = 8.0
TOTAL: Final = 1.08
"""How much wider the bold letters of the last row are."""
EMS: Final = {**dict.fromkeys("0123456789", 0.64), **dict.fromkeys(",.:;·'|!il ", 0.31), "₩": 1.0, "%": 0.9}
LETTER, SYLLABLE = 0.64, 0.95
"""How wide other Latin letters and Korean syllables are, by their height; a little more than in Pretendard."""


@dataclass(frozen=True, slots=True)
class Column:
    """What stands above a column and in it, a line break allowed; `words` may break into more lines, numbers may not."""

    head: str
    texts: Sequence[str]
    words: bool = False

    def width(self, size: float, widest: float, *, total: bool) -> float:
        """Points from the column before to the one behind, at this height of letters; a single word is never broken."""
        last = len(self.texts) - 1
        ems = max(
            (_ems(text) * (TOTAL if total and at == last else 1) for at, text in enumerate(self.texts)),
            default=0.0,
        )
        wide = size * max(ems, _ems(self.head) * HEAD)
        if self.words and wide > widest:
            longest = max((_ems(word) for text in self.texts for word in text.split()), default=0.0)
            wide = max(widest, longest * size)
        return GAP + wide


def laid(
    first: Column,
    columns: Sequence[Column],
    *,
    title: str,
    together: int = 1,
    total: bool = False,
    rest: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """The boxes of a table: one where all columns have room, else as many as it takes, each beginning with the first column.

    Args:
        first: says what the rows are.
        columns: all others, in their order.
        title: stands above; several boxes are numbered.
        together: so many columns belong to each other and are not parted, unless they have no room even alone.
        total: the last row is that of the totals.
        rest: what is to be said below the last box.
    """
    for size, widest in TRIES:
        wide = {id(one): one.width(size, widest, total=total) for one in (first, *columns)}
        parts = _parts(first, columns, together, wide)
        if len(parts) == 1:
            break
    made = []
    for number, part in enumerate(parts, start=1):
        shown = [first, *part]
        name = title if len(parts) == 1 else f"{title} ({number}/{len(parts)})"
        made.append(
            box(f"table{number}", "table", name, y=number)
            | {
                "heads": [one.head for one in shown],
                "cells": [
                    [shown[0].texts[row], *([one.texts[row], -1] for one in shown[1:])]
                    for row in range(len(first.texts))
                ],
                "left": [one.words for one in shown],
                # Only what may break needs to be told how wide it is.
                "wide": [
                    wide[id(one)] if one.words and wide[id(one)] >= GAP + widest else 0 for one in shown
                ],
                "total": total,
                "size": size,
                "rest": " · ".join(rest) if number == len(parts) else "",
            }
        )
    return made


def _parts(
    first: Column, columns: Sequence[Column], together: int, wide: Mapping[int, float]
) -> list[list[Column]]:
    room = ROOM - wide[id(first)]
    groups = [list(columns[at : at + together]) for at in range(0, len(columns), together)]
    if any(sum(wide[id(one)] for one in group) > room for group in groups):
        groups = [[column] for column in columns]
    parts: list[list[Column]] = [[]]
    left = room
    for group in groups:
        taken = sum(wide[id(one)] for one in group)
        if taken > left and parts[-1]:
            parts.append([])
            left = room
        parts[-1].extend(group)
        left -= taken
    return parts


def _ems(text: str) -> float:
    """How wide the widest line of a text is, by the height of its letters."""
    return max(
        (
            sum(EMS.get(char, LETTER) if ord(char) < 0x1100 or char == "₩" else SYLLABLE for char in line)
            for line in text.split("\n")
        ),
        default=0.0,
    )
