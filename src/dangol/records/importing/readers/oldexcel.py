"""XLS, and the workbooks that are neither XLS nor XLSX (XLSB, ODS), through calamine in a process of its own.

An XLS sheet has at most 65,536 rows; of the others no more is unpacked than memory can hold. Cells that show an error
come from this library as empty cells.
"""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from django.utils.translation import gettext_lazy as _

from dangol.records.importing.errors import SourceProblem
from dangol.records.importing.readers.columns import checked
from dangol.records.importing.readers.containers import member_stream
from dangol.records.importing.readers.grid import GridRow
from dangol.records.importing.readers.xlsx_values import clock_text, number_text

OLE = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_MOST_UNPACKED = 512 << 20
_PROGRAM = Path(__file__).with_name("loading.py")


def is_other_workbook(archive: zipfile.ZipFile) -> bool:
    """Whether a ZIP file is an XLSB or ODS workbook."""
    names = archive.namelist()
    if "xl/workbook.bin" in names:
        return True
    if "mimetype" not in names:
        return False
    return b"opendocument.spreadsheet" in member_stream(archive, archive.getinfo("mimetype")).read(200)


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
    """A workbook that another process reads.

    Raises:
        SourceProblem: it is damaged, no workbook at all, or a password protects it.
    """

    def __init__(self, raw: BinaryIO) -> None:
        raw.seek(0)
        if _ENCRYPTED in raw.read(1 << 20):
            raise _protected()
        self._path = raw.name
        self.sheets: list[str] = next(self._lines(None))["sheets"]

    def rows(self, sheet: str) -> Iterator[GridRow]:
        """The rows of a sheet from the top.

        Raises:
            SourceProblem: there is no such sheet, or it is damaged.
        """
        lines = self._lines(sheet)
        next(lines)
        for number, cells in enumerate(lines, start=1):
            texts = [_text(cell) for cell in cells]
            yield GridRow(number, *checked(texts, "utf-8", is_suspicious=any("\0" in text for text in texts)))

    def _lines(self, sheet: str | None) -> Iterator[Any]:
        """What the program says, line by line. It ends when nobody listens any more."""
        command = [sys.executable, "-I", str(_PROGRAM), self._path, *([sheet] if sheet is not None else [])]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            assert process.stdout is not None
            try:
                said = json.loads(process.stdout.readline() or '{"error": "damaged"}')
                _refuse(said, sheet)
                yield said
                yield from map(json.loads, process.stdout)
                if process.wait():
                    raise _unreadable()
            finally:
                process.kill()


def _refuse(said: dict[str, Any], sheet: str | None) -> None:
    error = said.get("error")
    if error == "password":
        raise _protected()
    if error == "sheet":
        raise SourceProblem(
            _("The workbook has no sheet %(name)s. It has: %(sheets)s.")
            % {"name": sheet, "sheets": ", ".join(said["sheets"])[:500]}
        )
    if error:
        raise _unreadable()


def _protected() -> SourceProblem:
    return SourceProblem(
        _("A password protects the Excel file. Open it in Excel, save it without password and try again.")
    )


def _unreadable() -> SourceProblem:
    return SourceProblem(_("This is no Excel file that can be read. Save it as XLSX or CSV and try again."))


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, dict):
        return value["moment"] if "moment" in value else clock_text(value["milliseconds"])
    return "" if value is None else number_text(repr(value))
