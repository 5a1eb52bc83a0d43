"""Text with a delimiter: CSV, TSV and their kin."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from dangol.records.formulas import restored
from dangol.records.importing.errors import Problem, SourceProblem
from dangol.records.importing.readers.base import MOST_COLUMNS, SHOWN, Row, Source
from dangol.records.importing.readers.encoding import original_text, shown_encoding
from dangol.records.importing.readers.headers import Layout, column_names
from dangol.records.importing.readers.lines import LONGEST_LINE, Lines, has_misfits

csv.field_size_limit(LONGEST_LINE)

CUT = Problem(
    "line_too_long",
    format_lazy(
        _("The line is longer than {limit} characters. Only its beginning is kept here."), limit=LONGEST_LINE
    ),
)


def columns_problem(found: int, expected: int) -> Problem:
    """A row of the wrong width."""
    return Problem(
        "columns",
        _("The row has %(found)s columns; the header has %(expected)s.")
        % {"found": found, "expected": expected},
    )


def value_problem(header: list[str], cells: list[str], encoding: str) -> Problem | None:
    """NUL, or bytes that do not fit the encoding, in a row. Such cells are put back to the bytes of the file."""
    problem = None
    for place, cell in enumerate(cells):
        name = header[place] if place < len(header) else ""
        if "\0" in cell:
            problem = problem or Problem(
                "nul",
                _("The value contains a NUL character. Remove it and try again."),
                column=name,
                value=cell[:SHOWN],
            )
        if has_misfits(cell):
            cells[place] = original_text(cell, encoding)
            problem = problem or Problem(
                "encoding",
                _("The value is not UTF-8 text. Save the row in UTF-8 and try again.")
                if encoding == "utf-8"
                else _(
                    "The value is not %(encoding)s text as the rest of the file. Correct it and try again."
                )
                % {"encoding": shown_encoding(encoding)},
                column=name,
                value=cells[place][:SHOWN],
            )
    return problem


class DelimitedTable:
    """Rows of a delimited text, one at a time.

    A row that cannot be taken apart is given with its `problem`, and reading goes on with the next line: an
    opening quote without end costs one row and not the rest of the file.
    """

    def __init__(
        self, source: Source, *, position: Callable[[], int], encoding: str, delimiter: str, layout: Layout
    ) -> None:
        self._position = position
        self._lines = Lines(source, encoding)
        self._iterator = iter(self._lines)
        self._back: deque[str] = deque()
        self._pending: list[str] = []
        self._has_cut = False
        self._number = 0
        self.delimiter = delimiter
        self.header = self._read_header(layout)

    def bytes_read(self) -> int:
        return self._position()

    def close(self) -> None:
        """Nothing is held open here; whoever opened the file closes it."""

    def _feed(self) -> Iterator[str]:
        """Lines for the csv module, remembered until the row they belong to is complete."""
        while True:
            if self._back:
                line = self._back.popleft()
            else:
                following = next(self._iterator, None)
                if following is None:
                    return
                line = following
                if self._lines.cut:
                    self._has_cut = True
            self._pending.append(line)
            yield line

    def _read_header(self, layout: Layout) -> list[str]:
        feed = self._feed()
        # Titles above the table may hold quotation marks of their own.
        for _cells in islice(csv.reader(feed, delimiter=self.delimiter), layout.skip):
            self._number += 1
        rows: list[list[str]] = []
        self._pending.clear()
        if layout.header:
            try:
                for cells in csv.reader(feed, delimiter=self.delimiter, strict=True):
                    self._number += 1
                    self._pending.clear()
                    if rows or any(cell.strip() for cell in cells):
                        rows.append(cells)
                    if len(rows) == layout.header:
                        break
                else:
                    raise SourceProblem(
                        _("The file is empty. It needs a header row and at least one row below it.")
                    )
            except csv.Error as error:
                raise SourceProblem(
                    _("The header row cannot be read: a quotation mark is not closed.")
                ) from error
        if self._has_cut:
            raise SourceProblem(
                _("The header row has too many columns; at most %(limit)s are read.")
                % {"limit": MOST_COLUMNS}
            )
        return column_names(rows, max(map(len, rows), default=layout.width))

    def __iter__(self) -> Iterator[Row]:
        width = len(self.header)
        lines = self._lines
        pending = self._pending
        while True:
            reader = csv.reader(self._feed(), delimiter=self.delimiter, strict=True)
            try:
                for cells in reader:
                    if lines.is_guarded:
                        cells = [restored(cell) for cell in cells]
                    if len(cells) == width and cells[0] and not lines.is_suspicious and not self._has_cut:
                        pending.clear()
                        self._number += 1
                        yield Row(self._number, cells, None)
                        continue
                    if len(cells) > width and not any(cells[width:]):
                        # Spreadsheets like to write empty cells behind the last column.
                        del cells[width:]
                    if len(pending) > 1 and len(cells) != width:
                        # A quoted value over several lines in a row of the wrong width: the quotes are wrong.
                        yield self._reject_first_line()
                        break
                    pending.clear()
                    self._number += 1
                    if any(cells):
                        yield Row(self._number, cells, self._problem(cells))
                    self._has_cut = False
                else:
                    return
            except csv.Error as error:
                yield self._reject_first_line(str(error))

    def _problem(self, cells: list[str]) -> Problem | None:
        misfit = (
            value_problem(self.header, cells, self._lines.encoding) if self._lines.is_suspicious else None
        )
        if self._has_cut:
            return CUT
        if len(cells) != len(self.header):
            return columns_problem(len(cells), len(self.header))
        return misfit

    def _reject_first_line(self, error: str = "") -> Row:
        """Give up the first line of what was read for this row and read the other lines again."""
        first, *rest = self._pending
        self._pending.clear()
        self._back.extendleft(reversed(rest))
        was_cut, self._has_cut = self._has_cut and not rest, False
        self._number += 1
        if was_cut:
            problem = CUT
        elif "new-line character" in error:
            problem = Problem(
                "line_break", _("The row contains a stray line break. Remove it and try again.")
            )
        else:
            problem = Problem(
                "quotes",
                _("A quotation mark is not closed or stands in the wrong place. Check the quotation marks."),
            )
        cells = first.rstrip("\n").split(self.delimiter)
        if self._lines.is_suspicious:
            value_problem(self.header, cells, self._lines.encoding)
        return Row(self._number, cells, problem)
