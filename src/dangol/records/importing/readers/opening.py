"""Opening a file by what is in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from django.utils.translation import gettext_lazy as _

from dangol.records.importing.errors import SourceProblem, Text
from dangol.records.importing.readers import containers
from dangol.records.importing.readers.base import SourceDescription, SourceOptions, Table
from dangol.records.importing.readers.containers import EMPTY_ZIP, GZIP, ZIP, Container
from dangol.records.importing.readers.oldexcel import OLE, OldWorkbook, check_unpacked, is_other_workbook
from dangol.records.importing.readers.texts import START, Found, grid_found, text_table
from dangol.records.importing.readers.xlsx import Workbook, is_workbook

SAMPLE_ROWS = 200
_FORMATS = ("delimited", "blanks", "fixed", "xlsx", "xls", "html", "jsonl")
_PICTURE = _("This is a picture. Only tables can be imported.")
_OTHER_ARCHIVE = _("The file is packed in a way that cannot be read. Unpack it and import what is inside.")
_FOREIGN = (
    (b"%PDF", _("This is a PDF. Save the table as Excel or CSV and try again.")),
    (b"\x89PNG", _PICTURE),
    (b"\xff\xd8\xff", _PICTURE),
    (b"GIF8", _PICTURE),
    (b"7z\xbc\xaf", _OTHER_ARCHIVE),
    (b"Rar!", _OTHER_ARCHIVE),
    (b"BZh9", _OTHER_ARCHIVE),
    (b"\xfd7zXZ", _OTHER_ARCHIVE),
    (b"\x28\xb5\x2f\xfd", _OTHER_ARCHIVE),
    (b"{\\rtf", _("This is a text document. Save the table as Excel or CSV and try again.")),
    (b"SQLite format 3", _("This is a database. Export the table as CSV and try again.")),
    (b"PAR1", _("This is a Parquet file. Export the table as CSV and try again.")),
)
_XML_SHEET = b"urn:schemas-microsoft-com:office:spreadsheet"


def describe(path: Path, options: SourceOptions | None = None) -> SourceDescription:
    """Find out how a file is to be read, and read its first 200 rows.

    Args:
        options: what somebody decided already; the rest is found out.

    Raises:
        SourceProblem: there is no such file, it is empty, or it is of a kind that cannot be read.
    """
    with _file(path) as raw:
        container, found = _recognised(raw, options or SourceOptions())
        table = found.make()
        try:
            sample = list(islice(table, SAMPLE_ROWS))
        finally:
            table.close()
        notes = found.notes + found.late_notes()
        return SourceDescription(
            found.options,
            container.compression,
            table.header,
            sample,
            found.sheets,
            container.members,
            notes,
        )


@contextmanager
def open_table(path: Path, options: SourceOptions | None = None) -> Iterator[Table]:
    """Open a table file. What `options` leave open is found out as `describe` does.

    Raises:
        SourceProblem: there is no such file, it is empty, or it is of a kind that cannot be read.
    """
    with _file(path) as raw:
        table = _recognised(raw, options or SourceOptions())[1].make()
        try:
            yield table
        finally:
            table.close()


def _file(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise SourceProblem(
            _("The file %(name)s cannot be opened: %(why)s") % {"name": path.name, "why": error.strerror}
        ) from error


def _recognised(raw: BinaryIO, options: SourceOptions) -> tuple[Container, Found]:
    if options.format is not None and options.format not in _FORMATS:
        raise SourceProblem(_("The format %(format)s is not known.") % {"format": options.format})
    start = raw.read(8)
    size = os.fstat(raw.fileno()).st_size
    found = None
    if start.startswith(ZIP):
        archive = containers.archive_of(raw)
        if is_workbook(archive):
            found = _workbook(raw, options)
        elif is_other_workbook(archive):
            check_unpacked(archive)
            found = _old_workbook(raw, options, "xlsx")
        elif any(name.startswith(("word/", "ppt/")) for name in archive.namelist()):
            raise SourceProblem(_("This is a text document. Save the table as Excel or CSV and try again."))
    elif start.startswith(OLE):
        found = _old_workbook(raw, options, "xls")
    if found:
        if options.format not in (None, found.options.format):
            raise SourceProblem(_("The file is not of the format %(format)s.") % {"format": options.format})
        return Container("", lambda: raw), found
    container = containers.opened(raw, size, options)
    _refuse_foreign(container)
    return container, text_table(container, replace(options, member=container.member), raw.tell)


def _refuse_foreign(container: Container) -> None:
    start = container.fresh().read(START)
    if container.compression and start.startswith((ZIP, EMPTY_ZIP, GZIP, OLE)):
        raise SourceProblem(
            _("Inside the packed file lies a packed file or a workbook. Unpack it and import what is inside.")
        )
    for magic, message in _FOREIGN:
        if start.startswith(magic):
            raise SourceProblem(message)
    if start.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"<?xml") and _XML_SHEET in start:
        raise SourceProblem(
            _("This is an Excel file in XML. Open it in Excel, save it as XLSX and try again.")
        )


def _workbook(raw: BinaryIO, options: SourceOptions) -> Found:
    book = Workbook(raw)
    sheet = _sheet(book, options)

    def late_notes() -> list[Text]:
        return [_("Percentages are read as shares of one: 10% as 0.1.")] if book.has_percent else []

    notes = _sheet_notes(book.sheets, sheet, options)
    found = grid_found(
        replace(options, format="xlsx", sheet=sheet), lambda: book.rows(sheet), raw.tell, notes
    )
    found.sheets = book.sheets
    found.late_notes = late_notes
    return found


def _old_workbook(raw: BinaryIO, options: SourceOptions, kind: str) -> Found:
    book = OldWorkbook(raw)
    sheet = _sheet(book, options)
    found = grid_found(
        replace(options, format=kind, sheet=sheet),
        lambda: book.rows(sheet),
        raw.tell,
        _sheet_notes(book.sheets, sheet, options),
    )
    found.sheets = book.sheets
    return found


def _sheet(book: Workbook | OldWorkbook, options: SourceOptions) -> str:
    """The sheet asked for, else the first one that is not empty."""
    if options.sheet is not None:
        return options.sheet
    for sheet in book.sheets:
        if any(any(row.cells) for row in islice(book.rows(sheet), SAMPLE_ROWS)):
            return sheet
    raise SourceProblem(_("The workbook has no sheet with cells."))


def _sheet_notes(sheets: list[str], sheet: str, options: SourceOptions) -> list[Text]:
    if len(sheets) < 2 or options.sheet is not None:
        return []
    return [_("Of %(count)s sheets “%(name)s” is read.") % {"count": len(sheets), "name": sheet}]
