"""XLSX, row by row: the library keeps one row in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from dangol.records.exporting.cells import Cell, Output, plain_number
from dangol.records.exporting.losses import Losses
from dangol.records.exporting.selecting import Row

SHEET_ROWS = 1_048_576
LONGEST_TEXT = 32_767
EXACT_DIGITS = 15
SHEET_NAME = 28
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))


def write_xlsx(
    path: Path, title: str, columns: Sequence[Output], batches: Iterable[Sequence[Row]], losses: Losses
) -> None:
    """Write the table; more rows than a sheet holds go on further sheets, each with the header.

    Text is text: nothing becomes a formula, a link or a number. A number of more than 15 digits, which a spreadsheet
    cannot hold exactly, is written as text. A text of more than 32,767 characters is cut and counted.
    """
    import xlsxwriter  # type: ignore[import-untyped]

    book = xlsxwriter.Workbook(
        str(path),
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
            "tmpdir": str(path.parent),
        },
    )
    try:
        sheets = _Sheets(book, title, columns)
        number = 1
        for batch in batches:
            for row in batch:
                number += 1
                sheets.write([item.cell(row) for item in columns], number, losses)
    finally:
        book.close()


class _Sheets:
    def __init__(self, book: Any, title: str, columns: Sequence[Output]) -> None:
        self.book = book
        self.title = title.translate(_FORBIDDEN).strip()[:SHEET_NAME] or "1"
        self.columns = columns
        self.bold = book.add_format({"bold": True})
        self.day = book.add_format({"num_format": "yyyy-mm-dd"})
        self.moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self.count = 0
        self._open()

    def _open(self) -> None:
        self.count += 1
        name = self.title if self.count == 1 else f"{self.title} {self.count}"
        self.sheet = self.book.add_worksheet(name)
        self.sheet.freeze_panes(1, 0)
        for at, item in enumerate(self.columns):
            self.sheet.set_column(at, at, {"moment": 20, "date": 12, "number": 14}.get(item.kind, 18))
            self.sheet.write_string(0, at, item.header, self.bold)
        self.row = 1

    def write(self, cells: Sequence[Cell], number: int, losses: Losses) -> None:
        if self.row >= SHEET_ROWS:
            self._open()
        sheet, row = self.sheet, self.row
        for at, cell in enumerate(cells):
            if cell is None:
                continue
            if isinstance(cell, str):
                if len(cell) > LONGEST_TEXT:
                    losses.shorten(number, self.columns[at].header, cell)
                    cell = cell[:LONGEST_TEXT]
                sheet.write_string(row, at, cell)
            elif isinstance(cell, datetime):
                self._moment(row, at, cell)
            elif isinstance(cell, date):
                if cell.year < 1900:
                    sheet.write_string(row, at, cell.isoformat())
                else:
                    sheet.write_datetime(row, at, cell, self.day)
            else:
                _write_number(sheet, row, at, cell)
        self.row += 1

    def _moment(self, row: int, at: int, cell: datetime) -> None:
        # A spreadsheet's clock knows thousandths of a second. What is edited and brought back must not lose more.
        if cell.year < 1900 or (cell.microsecond % 1000 and self.columns[at].field.editable):
            self.sheet.write_string(row, at, cell.isoformat(" "))
        else:
            self.sheet.write_datetime(row, at, cell, self.moment)


def _write_number(sheet: Any, row: int, at: int, value: int | Decimal) -> None:
    text = plain_number(value)
    digits = text.lstrip("-0.").replace(".", "")
    if len(digits) > EXACT_DIGITS:
        sheet.write_string(row, at, text)
    else:
        sheet.write_number(row, at, float(text))
