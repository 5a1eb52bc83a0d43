"""Opening a file by what is in it."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from django.utils.translation import gettext_lazy as _

from dangol.records.importing.errors import SourceProblem
from dangol.records.importing.readers.base import SourceOptions, Table
from dangol.records.importing.readers.delimited import DelimitedTable

_GZIP = b"\x1f\x8b"
_FOREIGN = (
    (b"PK\x03\x04", _("This is a ZIP or Excel file. Save it as CSV (UTF-8) and try again.")),
    (b"\xd0\xcf\x11\xe0", _("This is an old Excel file. Save it as CSV (UTF-8) and try again.")),
    (b"%PDF", _("This is a PDF. Save the table as CSV (UTF-8) and try again.")),
    (b"\xff\xfe", _("This file is UTF-16 text. Save it as CSV (UTF-8) and try again.")),
    (b"\xfe\xff", _("This file is UTF-16 text. Save it as CSV (UTF-8) and try again.")),
)


class _GzipSource:
    """A gzip stream whose damage is told in words a clerk understands."""

    def __init__(self, raw: BinaryIO) -> None:
        self._stream = gzip.GzipFile(fileobj=raw, mode="rb")

    def read(self, size: int = -1) -> bytes:
        try:
            return self._stream.read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise SourceProblem(
                _(
                    "The compressed file is damaged or incomplete. Fetch it again and start the import once more."
                )
            ) from error


@contextmanager
def open_table(path: Path, options: SourceOptions | None = None) -> Iterator[Table]:
    """Open a table file: delimited text, plain or gzip.

    Raises:
        SourceProblem: there is no such file, it is empty, or it is of a kind that cannot be read.
    """
    try:
        raw = path.open("rb")
    except OSError as error:
        raise SourceProblem(
            _("The file %(name)s cannot be opened: %(why)s") % {"name": path.name, "why": error.strerror}
        ) from error
    with raw:
        source: BinaryIO | _GzipSource = raw
        start = raw.read(4)
        raw.seek(0)
        if start.startswith(_GZIP):
            source = _GzipSource(raw)
        for magic, message in _FOREIGN:
            if start.startswith(magic):
                raise SourceProblem(message)
        yield DelimitedTable(source, position=raw.tell, options=options or SourceOptions())
