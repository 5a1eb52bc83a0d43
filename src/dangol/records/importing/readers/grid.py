"""Rows that come apart by themselves – of sheets, web pages and texts in columns – under a header."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
from typing import NamedTuple

from dangol.records.importing.errors import Problem
from dangol.records.importing.readers.base import Row
from dangol.records.importing.readers.delimited import CUT, columns_problem
from dangol.records.importing.readers.headers import LOOKED_AT, Layout, column_names


class Fault(NamedTuple):
    """What is wrong with one cell; the name of its column is known only under a header."""

    place: int
    problem: Problem


class GridRow(NamedTuple):
    """A row as a format gives it, header or not. Blank rows may be left out, their numbers not."""

    number: int
    cells: list[str]
    faults: list[Fault]
    was_cut: bool = False


def first_cells(rows: Iterator[GridRow]) -> list[list[str]]:
    """The cells of the first rows, blank rows in their places, as `found_layout` takes them."""
    found: list[list[str]] = []
    filled = 0
    for row in rows:
        if row.number > 10 * LOOKED_AT and filled:
            break
        found.extend([] for _blank in range(len(found) + 1, min(row.number, 1_000)))
        found.append(row.cells)
        filled += any(row.cells)
        if filled > LOOKED_AT:
            break
    return found


class GridTable:
    """A table over rows that are taken apart already.

    Args:
        rows: from the top of the file, titles and header among them.
        is_ragged: a row may be shorter than the header, as on sheets, where empty cells at the end do not exist.
    """

    def __init__(
        self,
        rows: Iterator[GridRow],
        *,
        layout: Layout,
        position: Callable[[], int],
        is_ragged: bool,
    ) -> None:
        self._position = position
        self._is_ragged = is_ragged
        top: list[list[str]] = []
        self._rows = rows
        for row in rows:
            if row.number <= layout.skip or (not top and not any(row.cells)):
                continue
            if len(top) == layout.header:
                self._rows = chain([row], rows)
                break
            top.append(row.cells)
        self.header = column_names(top, layout.width)

    def bytes_read(self) -> int:
        return self._position()

    def close(self) -> None:
        """Stop reading; what the rows hold open is closed with them."""
        self._rows = iter(())

    def __iter__(self) -> Iterator[Row]:
        width = len(self.header)
        for number, cells, faults, was_cut in self._rows:
            found = len(cells)
            if found > width and not any(cells[width:]):
                del cells[width:]
            elif found < width and self._is_ragged:
                cells.extend([""] * (width - found))
            if not any(cells):
                continue
            yield Row(number, cells, self._problem(cells, faults, was_cut))

    def _problem(self, cells: list[str], faults: list[Fault], was_cut: bool) -> Problem | None:
        if was_cut:
            return CUT
        width = len(self.header)
        if len(cells) != width:
            return columns_problem(len(cells), width)
        if not faults:
            return None
        place, problem = faults[0]
        return replace(problem, column=self.header[place]) if place < width else problem
