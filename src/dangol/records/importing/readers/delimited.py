"""Text with a delimiter: CSV, TSV and their kin."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Iterator

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from dangol.records.importing.errors import Problem, SourceProblem
from dangol.records.importing.readers.base import Row, SourceOptions
from dangol.records.importing.readers.lines import LONGEST_LINE, Lines, Source

DELIMITERS = (",", "\t", ";", "|")
SNIFFED_LINES = 50
MOST_COLUMNS = 2_000
SHOWN = 200

csv.field_size_limit(LONGEST_LINE)

_CUT = Problem(
    "line_too_long",
    format_lazy(
        _("The line is longer than {limit} characters. Only its beginning is kept here."), limit=LONGEST_LINE
    ),
)


class DelimitedTable:
    """Rows of a delimited text, one at a time.

    A row that cannot be taken apart is given with its `problem`, and reading goes on with the next line: an
    opening quote without end costs one row and not the rest of the file.
    """

    def __init__(self, source: Source, *, position: Callable[[], int], options: SourceOptions) -> None:
        self._position = position
        self._lines = Lines(source)
        self._iterator = iter(self._lines)
        self._back: deque[str] = deque()
        self._pending: list[str] = []
        self._has_cut = False
        self._number = 0
        self.delimiter = options.delimiter or sniffed_delimiter(self._lines.sample)
        self.header = self._read_header()

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

    def _read_header(self) -> list[str]:
        feed = self._feed()
        try:
            for cells in csv.reader(feed, delimiter=self.delimiter, strict=True):
                self._number += 1
                self._pending.clear()
                if any(cell.strip() for cell in cells):
                    if len(cells) > MOST_COLUMNS or self._has_cut:
                        break
                    return [cell.strip() for cell in cells]
            else:
                raise SourceProblem(
                    _("The file is empty. It needs a header row and at least one row below it.")
                )
        except csv.Error as error:
            raise SourceProblem(
                _("The header row cannot be read: a quotation mark is not closed.")
            ) from error
        raise SourceProblem(
            _("The header row has too many columns; at most %(limit)s are read.") % {"limit": MOST_COLUMNS}
        )

    def __iter__(self) -> Iterator[Row]:
        width = len(self.header)
        lines = self._lines
        pending = self._pending
        while True:
            reader = csv.reader(self._feed(), delimiter=self.delimiter, strict=True)
            try:
                for cells in reader:
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
        width = len(self.header)
        if self._has_cut:
            return _CUT
        if len(cells) != width:
            return Problem(
                "columns",
                _("The row has %(found)s columns; the header has %(expected)s.")
                % {"found": len(cells), "expected": width},
            )
        if not self._lines.is_suspicious:
            return None
        for name, cell in zip(self.header, cells, strict=True):
            if "\0" in cell:
                return Problem(
                    "nul",
                    _("The value contains a NUL character. Remove it and try again."),
                    column=name,
                    value=cell[:SHOWN],
                )
            if not cell.isascii() and any("\ud800" <= character <= "\udfff" for character in cell):
                return Problem(
                    "encoding",
                    _("The value is not UTF-8 text. Save the row in UTF-8 and try again."),
                    column=name,
                    value=cell[:SHOWN],
                )
        return None

    def _reject_first_line(self, error: str = "") -> Row:
        """Give up the first line of what was read for this row and read the other lines again."""
        first, *rest = self._pending
        self._pending.clear()
        self._back.extendleft(reversed(rest))
        was_cut, self._has_cut = self._has_cut and not rest, False
        self._number += 1
        if was_cut:
            problem = _CUT
        elif "new-line character" in error:
            problem = Problem(
                "line_break", _("The row contains a stray line break. Remove it and try again.")
            )
        else:
            problem = Problem(
                "quotes",
                _("A quotation mark is not closed or stands in the wrong place. Check the quotation marks."),
            )
        return Row(self._number, first.rstrip("\n").split(self.delimiter), problem)


def sniffed_delimiter(sample: str) -> str:
    """The delimiter that takes the first lines apart most evenly; a comma when none does."""
    lines = [line + "\n" for line in sample[: 1 << 16].splitlines()[:SNIFFED_LINES]]
    if len(lines) > 1 and len(sample) > 1 << 16:
        # The last line may be cut.
        lines.pop()
    best, best_score = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        try:
            widths = [len(cells) for cells in csv.reader(lines, delimiter=delimiter) if cells]
        except csv.Error:
            continue
        if widths and widths[0] > 1:
            score = (sum(width == widths[0] for width in widths) / len(widths), widths[0])
            if score > best_score:
                best, best_score = delimiter, score
    return best
