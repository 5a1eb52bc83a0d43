"""Text in columns without a delimiter: separated by runs of blanks, or of fixed width."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from django.utils.translation import gettext_lazy as _

from dangol.records.importing.errors import SourceProblem
from dangol.records.importing.readers.delimited import value_problem
from dangol.records.importing.readers.grid import Fault, GridRow
from dangol.records.importing.readers.lines import Lines

_DATA = re.compile(r"[+-]?[\d.,:/\-]*\d[\d.,:/\-]*%?")
_RUN = re.compile(r"\S\s{2,}\S")
_FEWEST_LINES = 3
_BYTES_FOR_WIDTH = ("cp949",)
"""Encodings whose fixed-width files count bytes: a Hangul syllable takes two places there."""


def has_blank_columns(lines: Sequence[str]) -> bool:
    """Whether runs of blanks separate columns: every line has the same number of words, and one column is numbers.

    Prose has neither. A header may be the one line without numbers.
    """
    rows = [line.split() for line in lines if line.strip()]
    if len(rows) < _FEWEST_LINES:
        return False
    width, times = Counter(map(len, rows)).most_common(1)[0]
    if width < 2 or len(rows[0]) != width or times * 20 < len(rows) * 19:
        return False
    even = [row for row in rows[1:] if len(row) == width]
    numbers = sum(
        sum(bool(_DATA.fullmatch(row[place])) for row in even) * 10 >= len(even) * 9 for place in range(width)
    )
    runs = sum(bool(_RUN.search(line)) for line in lines if line.strip())
    return bool(numbers) and (width > 2 or runs * 2 > len(rows))


def found_widths(lines: Sequence[str], encoding: str) -> tuple[int, ...] | None:
    """The widths of columns that blanks line up: places that are blank in every line end a column.

    None where there are no such places, or where the lines below each other have nothing in common.
    """
    filled = [_measured(line, encoding) for line in lines if line.strip()]
    if len(filled) < _FEWEST_LINES:
        return None
    longest = max(map(len, filled))
    used = [
        any(place < len(line) and not line[place].isspace() for line in filled) for place in range(longest)
    ]
    starts = [place for place in range(1, longest) if used[place] and not used[place - 1]]
    if not starts:
        return None
    gaps = [
        all(
            len(line) <= start or (line[start - 1].isspace() and not line[start:].isspace())
            for line in filled
        )
        for start in starts
    ]
    ends = [0, *(start for start, is_gap in zip(starts, gaps, strict=True) if is_gap), longest]
    widths = tuple(after - before for before, after in pairwise(ends))
    # Columns that are full of blanks somewhere, and at least one of numbers: otherwise it is text in lines.
    rows = [cut_line(line, widths, encoding) for line in lines if line.strip()][1:]
    numbers = any(
        sum(bool(_DATA.fullmatch(row[place])) for row in rows if row[place]) * 10
        >= sum(bool(row[place]) for row in rows) * 9
        > 0
        for place in range(len(widths))
    )
    aligned = sum(bool(re.search(r"\s{2,}", line)) for line in filled) * 2 > len(filled)
    return widths if len(widths) > 1 and numbers and aligned else None


def cut_line(line: str, widths: Sequence[int], encoding: str) -> list[str]:
    """The cells of a line; the last one takes what is left over."""
    cells, start = [], 0
    if encoding in _BYTES_FOR_WIDTH:
        content = line.encode(encoding, "surrogateescape")
        for width in widths[:-1]:
            cells.append(content[start : start + width].decode(encoding, "surrogateescape").strip())
            start += width
        cells.append(content[start:].decode(encoding, "surrogateescape").strip())
        return cells
    for width in widths[:-1]:
        cells.append(line[start : start + width].strip())
        start += width
    cells.append(line[start:].strip())
    return cells


def blank_rows(lines: Lines) -> Iterator[GridRow]:
    """Rows of a text whose columns runs of blanks separate."""
    for number, line in enumerate(lines, start=1):
        was_cut = lines.cut
        yield GridRow(
            number, *checked(line.split(), lines.encoding, is_suspicious=lines.is_suspicious), was_cut
        )


def fixed_rows(lines: Lines, widths: Sequence[int]) -> Iterator[GridRow]:
    """Rows of a text whose columns have fixed widths.

    Raises:
        SourceProblem: the widths make no sense.
    """
    if not widths or min(widths) < 1:
        raise SourceProblem(_("The widths of the columns must be whole numbers from 1."))
    for number, line in enumerate(lines, start=1):
        was_cut = lines.cut
        cells = cut_line(line.rstrip("\n"), widths, lines.encoding)
        yield GridRow(
            number,
            *checked(cells if any(cells) else [], lines.encoding, is_suspicious=lines.is_suspicious),
            was_cut,
        )


def checked(cells: list[str], encoding: str, *, is_suspicious: bool) -> tuple[list[str], list[Fault]]:
    """Cells, and what is wrong with their text where that is worth a look."""
    if not is_suspicious:
        return cells, []
    names = [str(place) for place in range(len(cells))]
    problem = value_problem(names, cells, encoding)
    return cells, [Fault(int(problem.column), problem)] if problem else []


def _measured(line: str, encoding: str) -> str:
    """A line with as many characters as places: two for what takes two bytes."""
    if encoding not in _BYTES_FOR_WIDTH:
        return line.rstrip()
    return "".join(letter if letter.isascii() else letter * 2 for letter in line.rstrip())
