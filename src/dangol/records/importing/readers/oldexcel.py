"""XLS, and the workbooks that are neither XLS nor XLSX (XLSB, ODS), through calamine, which loads a whole sheet.

An XLS sheet has at most 65,536 rows; of the others no more is unpacked than memory can hold. Cells that show an error
come from this library as empty cells.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, BinaryIO

from django.utils.translation import gettext_lazy as _

from dangol.records.importing.errors import SourceProblem
from dangol.records.importing.readers.containers import member_stream
from dangol.records.importing.readers.grid import GridRow
from dangol.records.importing.readers.xlsx_values import clock_text, number_text

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

OLE = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_MOST_UNPACKED = 512 << 20


def is_other_workbook(archive: zipfile.ZipFile) -> bool:
    """Whether a ZIP file is an XLSB or ODS workbook."""
    names = archive.namelist()
    if "xl/workbook.bin" in names:
        return True
    return "mimetype" in names and b"opendocument.spreadsheet" in archive.read("mimetype")[:200]


def check_unpacked(archive: zipfile.ZipFile) -> None:
    """Unpack everything once and keep nothing: calamine itself would trust the file.

    Raises:
        SourceProblem: it is larger than memory can hold.
    """
    left = _MOST_UNPACKED
    for info in archive.infolist():
        source = member_stream(archive, info, left)
        while block := source.read(1 << 20):
            left -= len(block)


class OldWorkbook:
    """An open workbook.

    Raises:
        SourceProblem: it is damaged, no workbook at all, or a password protects it.
    """

    def __init__(self, raw: BinaryIO) -> None:
        from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum

        raw.seek(0)
        if _ENCRYPTED in raw.read(1 << 20):
            raise _protected()
        raw.seek(0)
        try:
            self._book: CalamineWorkbook = CalamineWorkbook.from_filelike(raw)
        except PasswordError as error:
            raise _protected() from error
        except (CalamineError, OSError, ValueError) as error:
            raise SourceProblem(
                _("This is no Excel file that can be read. Save it as XLSX or CSV and try again.")
            ) from error
        self.sheets = [
            sheet.name for sheet in self._book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet
        ]

    def rows(self, sheet: str) -> Iterator[GridRow]:
        """The rows of a sheet from the top.

        Raises:
            SourceProblem: there is no such sheet, or it is damaged.
        """
        from python_calamine import CalamineError, WorksheetNotFound

        try:
            found = self._book.get_sheet_by_name(sheet)
        except WorksheetNotFound as error:
            raise SourceProblem(
                _("The workbook has no sheet %(name)s. It has: %(sheets)s.")
                % {"name": sheet, "sheets": ", ".join(self.sheets)[:500]}
            ) from error
        except CalamineError as error:
            raise SourceProblem(
                _(
                    "The Excel file is damaged. Open it in Excel, save it again and start the import once more."
                )
            ) from error
        for number, cells in enumerate(found.iter_rows(), start=1):
            yield GridRow(number, [_text(cell) for cell in cells], [])

    def close(self) -> None:
        self._book.close()


def _protected() -> SourceProblem:
    return SourceProblem(
        _("A password protects the Excel file. Open it in Excel, save it without password and try again.")
    )


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return number_text(repr(value))
    if isinstance(value, datetime):
        if value.time() == time():
            return value.date().isoformat()
        return value.isoformat(sep=" ", timespec="milliseconds" if value.microsecond else "seconds")
    if isinstance(value, timedelta):
        return clock_text(round(value / timedelta(milliseconds=1)))
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)
