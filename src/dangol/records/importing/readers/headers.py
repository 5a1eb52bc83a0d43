"""Where the header stands, and what the columns are called.

Looked at are the first rows only, so that the answer is the same each time the file is opened.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median_high, median_low

from django.utils.translation import gettext_lazy as _

from dangol.records.importing.errors import SourceProblem
from dangol.records.importing.readers.base import MOST_COLUMNS, SourceOptions

LOOKED_AT = 60
"""Rows."""
_NUMBER = re.compile(r"[+-]?[₩$€£¥]?\s?[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d*)?([eE][+-]?\d+)?\s?[%원]?")
_DATE = re.compile(r"\d{2,4}\s?[-./년]\s?\d{1,2}\s?[-./월]\s?\d{1,4}.{0,20}")
_CONTACT = re.compile(r"\S+@\S+\.\S+|\+?\d[\d\-() ]{6,}\d|https?://\S+")
_YEAR = re.compile(r"(19|20)\d\d")
_UNUSABLE = re.compile("[\0\ud800-\udfff]")
"""What no name of a column may hold: NUL, and bytes that do not fit the encoding."""

Cells = Sequence[str]


@dataclass(frozen=True, slots=True)
class Layout:
    """Rows above the header, rows of the header, and how many columns the first rows have."""

    skip: int
    header: int
    width: int


def found_layout(rows: Sequence[Cells], options: SourceOptions) -> Layout:
    """Find the header in the first rows of a file, blank ones included.

    Raises:
        SourceProblem: there is nothing in these rows, or what the options ask for makes no sense.
    """
    if options.header not in (None, 0, 1, 2):
        raise SourceProblem(_("A header has 0, 1 or 2 rows."))
    if options.skip is not None and options.skip < 0:
        raise SourceProblem(_("The number of rows above the header cannot be negative."))
    start = options.skip if options.skip is not None else _titles(rows)
    while start < len(rows) and not _filled(rows[start]):
        start += 1
    if start >= len(rows):
        raise SourceProblem(_("The file is empty. It needs a header row and at least one row below it."))
    rest = [row for row in rows[start:] if _filled(row)][:LOOKED_AT]
    header = options.header
    if header is None:
        header = 0 if _is_data(rest[0], rest[1:]) else 2 if _is_double(rest) else 1
    width = max(_last_filled(row) for row in rest)
    return Layout(start, header, width)


def column_names(rows: Sequence[Cells], width: int) -> list[str]:
    """The names of the columns from the rows of the header; `column 3` where a column has none.

    Of two rows the upper one spans columns: `연락처` above `전화` and `메일` gives `연락처 전화` and `연락처 메일`. A name
    that stands twice gets a number: `이름`, `이름 (2)`.

    Raises:
        SourceProblem: there are more columns than can be read.
    """
    if width > MOST_COLUMNS:
        raise SourceProblem(
            _("The header row has too many columns; at most %(limit)s are read.") % {"limit": MOST_COLUMNS}
        )
    padded = [
        [" ".join(_UNUSABLE.sub("\ufffd", cell).split()) for cell in row] + [""] * (width - len(row))
        for row in rows
    ]
    if len(padded) == 2:
        names = _joined(*padded)
    else:
        names = padded[0] if padded else [""] * width
    return _distinct([name or f"column {place}" for place, name in enumerate(names[:width], start=1)])


def _joined(upper: Cells, lower: Cells) -> list[str]:
    names, group = [], ""
    for above, below in zip(upper, lower, strict=True):
        if above:
            group = above if below else ""
        over = above or (group if below else "")
        names.append(over if over == below else f"{over} {below}".strip())
    return names


def _distinct(names: list[str]) -> list[str]:
    taken = set(names)
    seen: set[str] = set()
    given = []
    for name in names:
        if name in seen:
            count = 2
            while f"{name} ({count})" in taken:
                count += 1
            name = f"{name} ({count})"
            taken.add(name)
        seen.add(name)
        given.append(name)
    return given


def _filled(row: Cells) -> int:
    return sum(1 for cell in row if cell.strip())


def _last_filled(row: Cells) -> int:
    return next((place for place in range(len(row), 0, -1) if row[place - 1].strip()), 0)


def _titles(rows: Sequence[Cells]) -> int:
    """How many rows stand above the table: lines with one or two cells above much wider ones."""
    counts = [_filled(row) for row in rows]
    widths = [count for count in counts if count][:LOOKED_AT]
    if not widths:
        return 0
    # Titles stand at the top, so the lower half tells how wide the table is, also in a short file.
    lower = widths[len(widths) // 2 :]
    usual, most = median_low(lower), median_high(lower)
    for place, count in enumerate(counts):
        if not count or (count == 1 and (usual >= 2 or most >= 3)) or (count == 2 and most >= 5):
            continue
        return place
    return 0


def _kind(cell: str) -> str:
    text = (cell if cell.isascii() else unicodedata.normalize("NFKC", cell)).strip()
    if not text:
        return ""
    if not any(letter.isdigit() for letter in text):
        return "contact" if _CONTACT.fullmatch(text) else "text"
    if _YEAR.fullmatch(text):
        return "year"
    for kind, pattern in (("number", _NUMBER), ("date", _DATE), ("contact", _CONTACT)):
        if pattern.fullmatch(text):
            return kind
    return "text"


def _column_kinds(body: Sequence[Cells], width: int) -> list[str]:
    """What stands in each column: "text", "data", "year", or "" where it is empty or mixed."""
    kinds = []
    for place in range(width):
        found = [kind for row in body if place < len(row) and (kind := _kind(row[place]))]
        texts = found.count("text")
        if not found:
            kinds.append("")
        elif texts * 5 <= len(found):
            kinds.append("year" if found.count("year") * 2 > len(found) else "data")
        else:
            kinds.append("text" if texts * 5 >= len(found) * 4 else "")
    return kinds


def _votes(row: Cells, columns: Sequence[str]) -> tuple[int, int]:
    """In how many columns a row differs from what stands below as a header does, and in how many it is alike."""
    differs = alike = 0
    numbers = [cell.strip() for cell in row if cell.strip().isdecimal()]
    counts_up = len(numbers) > 2 and all(int(after) - int(before) == 1 for before, after in pairwise(numbers))
    for cell, column in zip(row, columns, strict=False):
        kind = _kind(cell)
        if column not in ("data", "year") or not kind:
            continue
        if kind == "text":
            differs += 1
        elif not (kind == "year" and column == "data") and not (counts_up and cell.strip().isdecimal()):
            alike += 1
    return differs, alike


def _is_data(row: Cells, body: Sequence[Cells]) -> bool:
    """Whether the first row is one of the table's rows, not its header."""
    differs, alike = _votes(row, _column_kinds(body, len(row)))
    return alike > 2 * differs


def _is_double(rows: Sequence[Cells]) -> bool:
    """Whether the first two rows are a header with merged cells in its upper row."""
    if len(rows) < 3:
        return False
    width = max(len(row) for row in rows)
    upper, lower = ([*row, *[""] * (width - len(row))] for row in rows[:2])
    body = rows[2:]
    if any(_kind(cell) not in ("", "text", "year") for cell in (*upper, *lower)):
        return False
    spans = [
        place
        for place in range(1, width)
        if lower[place].strip()
        and lower[place - 1].strip()
        and upper[place - 1].strip()
        and upper[place].strip() in ("", upper[place - 1].strip())
    ]
    if not spans:
        return False
    differs, alike = _votes(lower, _column_kinds(body, width))
    if alike:
        return False
    if differs:
        return True
    # Names alone: cells that are merged downwards are empty in the lower row, and filled in the rows below.
    below = [place for place in range(width) if upper[place].strip() and not lower[place].strip()]
    return bool(below) and all(
        sum(place < len(row) and bool(row[place].strip()) for row in body) * 2 > len(body) for place in below
    )
