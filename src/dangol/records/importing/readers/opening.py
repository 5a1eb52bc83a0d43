"""Opening a file by what is in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from django.utils.translation import gettext_lazy as _

from dangol.records.importing.errors import SourceProblem, Text
from dangol.records.importing.readers import containers, sniffing
from dangol.records.importing.readers.base import SourceDescription, SourceOptions, Table
from dangol.records.importing.readers.containers import Container
from dangol.records.importing.readers.delimited import DelimitedTable
from dangol.records.importing.readers.encoding import decided_encoding, known_encoding, shown_encoding
from dangol.records.importing.readers.headers import Layout, found_layout
from dangol.records.importing.readers.lines import Lines

SAMPLE_ROWS = 200
_FOREIGN = (
    (b"PK\x03\x04", _("This is a ZIP or Excel file. Save it as CSV (UTF-8) and try again.")),
    (b"\xd0\xcf\x11\xe0", _("This is an old Excel file. Save it as CSV (UTF-8) and try again.")),
    (b"%PDF", _("This is a PDF. Save the table as CSV (UTF-8) and try again.")),
)


@dataclass
class _Found:
    """What is known about an open file."""

    container: Container
    options: SourceOptions
    layout: Layout
    sheets: list[str] = field(default_factory=list)
    notes: list[Text] = field(default_factory=list)


def describe(path: Path, options: SourceOptions | None = None) -> SourceDescription:
    """Find out how a file is to be read, and read its first 200 rows.

    Args:
        options: what somebody decided already; the rest is found out.

    Raises:
        SourceProblem: there is no such file, it is empty, or it is of a kind that cannot be read.
    """
    with _file(path) as raw:
        found = _recognised(raw, options or SourceOptions())
        table = _table(raw, found)
        try:
            sample = list(islice(table, SAMPLE_ROWS))
        finally:
            table.close()
        return SourceDescription(
            found.options,
            found.container.compression,
            table.header,
            sample,
            found.sheets,
            found.container.members,
            found.notes,
        )


@contextmanager
def open_table(path: Path, options: SourceOptions | None = None) -> Iterator[Table]:
    """Open a table file. What `options` leave open is found out as `describe` does.

    Raises:
        SourceProblem: there is no such file, it is empty, or it is of a kind that cannot be read.
    """
    with _file(path) as raw:
        table = _table(raw, _recognised(raw, options or SourceOptions()))
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


def _recognised(raw: BinaryIO, options: SourceOptions) -> _Found:
    container = containers.opened(raw, os.fstat(raw.fileno()).st_size, options)
    start = container.fresh().read(8)
    for magic, message in _FOREIGN:
        if start.startswith(magic):
            raise SourceProblem(message)
    return _text(container, replace(options, member=container.member))


def _text(container: Container, options: SourceOptions) -> _Found:
    notes: list[Text] = []
    if options.encoding:
        encoding = known_encoding(options.encoding)
    else:
        encoding, is_mixed = decided_encoding(container.fresh())
        shown = {"encoding": shown_encoding(encoding)}
        if is_mixed:
            notes.append(_("Some rows are not %(encoding)s as the others are. They are rejected.") % shown)
        elif encoding != "utf-8":
            notes.append(_("Read as %(encoding)s.") % shown)
    sample = "".join(islice(Lines(container.fresh(), encoding), 2 * SAMPLE_ROWS))
    delimiter = options.delimiter or sniffing.sniffed_delimiter(sample)
    layout = found_layout(sniffing.first_rows(sample, delimiter), options)
    notes += _layout_notes(layout, options)
    decided = replace(
        options,
        format="delimited",
        encoding=encoding,
        delimiter=delimiter,
        header=layout.header,
        skip=layout.skip,
    )
    return _Found(container, decided, layout, notes=notes)


def _layout_notes(layout: Layout, options: SourceOptions) -> list[Text]:
    notes: list[Text] = []
    if layout.skip and options.skip is None:
        notes.append(_("%(count)s rows above the header were passed over.") % {"count": layout.skip})
    if options.header is None and layout.header == 2:
        notes.append(_("Two header rows were joined."))
    if options.header is None and layout.header == 0:
        notes.append(_("There is no header row; the columns are numbered."))
    return notes


def _table(raw: BinaryIO, found: _Found) -> Table:
    options = found.options
    return DelimitedTable(
        found.container.fresh(),
        position=raw.tell,
        encoding=options.encoding or "utf-8",
        delimiter=options.delimiter or ",",
        layout=found.layout,
    )
