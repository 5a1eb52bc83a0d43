"""How a text is laid out: which delimiter, blanks between columns, or columns of fixed width."""

from __future__ import annotations

import csv

DELIMITERS = (",", "\t", ";", "|")
SNIFFED_LINES = 50
_SAMPLE = 1 << 16
_NOTHING = (0.0, 0)


def sniffed_delimiter(sample: str) -> str:
    """The delimiter that takes the first lines apart most evenly; a comma when none does."""
    return delimiter_and_share(sample)[0]


def delimiter_and_share(sample: str) -> tuple[str, float]:
    """The best delimiter, and the share of lines that it takes apart alike; 0 when it takes none apart."""
    lines = [line + "\n" for line in sample[:_SAMPLE].splitlines()[:SNIFFED_LINES]]
    if len(lines) > 1 and len(sample) > _SAMPLE:
        # The last line may be cut.
        lines.pop()
    best, best_score = ",", _NOTHING
    for delimiter in DELIMITERS:
        try:
            widths = [len(cells) for cells in csv.reader(lines, delimiter=delimiter) if any(cells)]
        except csv.Error:
            continue
        if not widths:
            continue
        # Titles above the table are narrower than its rows.
        width = max(set(widths), key=lambda count: (count > 1, widths.count(count), count))
        if width > 1:
            score = (widths.count(width) / len(widths), width)
            if score > best_score:
                best, best_score = delimiter, score
    return best, best_score[0]


def first_rows(lines: list[str], delimiter: str, most: int = 200) -> list[list[str]]:
    """The first rows of a delimited text, read leniently: enough to see where the header stands."""
    ended = [line + "\n" for line in lines[: most * 2]]
    rows: list[list[str]] = []
    try:
        for cells in csv.reader(ended, delimiter=delimiter):
            rows.append(cells)
            if len(rows) >= most:
                break
    except csv.Error:
        # What came before tells enough; reading the table itself says what is wrong.
        return rows
    return rows
