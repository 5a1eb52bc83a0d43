"""Which kind of table a text is, and how to open it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext_lazy as _

from dangol.records.importing.errors import SourceProblem, Text
from dangol.records.importing.readers import columns, jsonlines, pages, sniffing
from dangol.records.importing.readers.base import SourceOptions, Table
from dangol.records.importing.readers.containers import Container
from dangol.records.importing.readers.delimited import DelimitedTable
from dangol.records.importing.readers.encoding import decided_encoding, known_encoding, shown_encoding
from dangol.records.importing.readers.grid import GridRow, GridTable, first_cells
from dangol.records.importing.readers.headers import Layout, found_layout
from dangol.records.importing.readers.lines import Lines

START = 1 << 16
_LOOKED_AT = 50
_UNEVEN = 0.6

Position = Callable[[], int]


@dataclass
class Found:
    """What is known about an open file, and how to open its table."""

    options: SourceOptions
    make: Callable[[], Table]
    sheets: list[str] = field(default_factory=list)
    notes: list[Text] = field(default_factory=list)
    late_notes: Callable[[], list[Text]] = list
    """What shows only once rows have been read."""


def text_table(container: Container, options: SourceOptions, position: Position) -> Found:
    """Recognise a text.

    Raises:
        SourceProblem: its encoding cannot be told, it is empty, or it is not what the options say.
    """
    start = container.fresh().read(START)
    is_page = options.format == "html" or (options.format is None and pages.is_page(start))
    encoding, notes = _encoding(container, options, pages.declared_encoding(start) if is_page else None)
    options = replace(options, encoding=encoding)
    if is_page:
        return _page(container, options, position, notes)
    lines = Lines(container.fresh(), encoding).first_lines()
    kind = options.format or _kind(lines, options, encoding)
    if kind == "jsonl":
        is_array = next((line.lstrip() for line in lines if line.strip()), "").startswith("[")
        return Found(
            replace(options, format=kind, header=0, skip=0),
            lambda: jsonlines.JsonTable(
                Lines(container.fresh(), encoding), position=position, is_array=is_array
            ),
            notes=notes,
        )
    if kind == "blanks":
        notes.append(_("The columns are separated by blanks."))
        return grid_found(
            replace(options, format=kind),
            lambda: columns.blank_rows(Lines(container.fresh(), encoding)),
            position,
            notes,
            is_ragged=False,
        )
    if kind == "fixed":
        return _fixed(container, options, position, notes, lines)
    if kind != "delimited":
        raise SourceProblem(_("The file is not of the format %(format)s.") % {"format": kind})
    return _delimited(container, options, position, notes, lines)


def grid_found(
    options: SourceOptions,
    rows: Callable[[], Iterator[GridRow]],
    position: Position,
    notes: list[Text],
    *,
    is_ragged: bool = True,
) -> Found:
    """What is known about a file whose rows come apart by themselves."""
    layout = found_layout(first_cells(rows()), options)
    return Found(
        replace(options, header=layout.header, skip=layout.skip),
        lambda: GridTable(rows(), layout=layout, position=position, is_ragged=is_ragged),
        notes=notes + layout_notes(layout, options),
    )


def layout_notes(layout: Layout, options: SourceOptions) -> list[Text]:
    """What was decided about the header and should be looked at."""
    notes: list[Text] = []
    if layout.skip and options.skip is None:
        notes.append(_("%(count)s rows above the header were passed over.") % {"count": layout.skip})
    if options.header is None and layout.header == 2:
        notes.append(_("Two header rows were joined."))
    if options.header is None and layout.header == 0:
        notes.append(_("There is no header row; the columns are numbered."))
    return notes


def _encoding(container: Container, options: SourceOptions, declared: str | None) -> tuple[str, list[Text]]:
    """The encoding that was asked for, or what the bytes show; what a page says of itself only where they do not."""
    if options.encoding:
        return known_encoding(options.encoding), []
    try:
        encoding, is_mixed = decided_encoding(container.fresh())
    except SourceProblem:
        if not declared:
            raise
        encoding, is_mixed = known_encoding(declared), True
    shown = {"encoding": shown_encoding(encoding)}
    if is_mixed:
        return encoding, [_("Some rows are not %(encoding)s as the others are. They are rejected.") % shown]
    return encoding, [] if encoding == "utf-8" else [_("Read as %(encoding)s.") % shown]


def _kind(lines: list[str], options: SourceOptions, encoding: str) -> str:
    if options.widths:
        return "fixed"
    if options.delimiter:
        return "delimited"
    if jsonlines.is_json(lines):
        return "jsonl"
    first = [line for line in lines if line.strip()][:_LOOKED_AT]
    if sniffing.delimiter_and_share("\n".join(first))[1] < _UNEVEN:
        if columns.has_blank_columns(first):
            return "blanks"
        if columns.found_widths(first, encoding):
            return "fixed"
    return "delimited"


def _delimited(
    container: Container, options: SourceOptions, position: Position, notes: list[Text], lines: list[str]
) -> Found:
    delimiter = options.delimiter or sniffing.sniffed_delimiter("\n".join(lines))
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise SourceProblem(_("The delimiter must be one character and no quotation mark."))
    layout = found_layout(sniffing.first_rows(lines, delimiter), options)
    encoding = options.encoding or "utf-8"
    return Found(
        replace(options, format="delimited", delimiter=delimiter, header=layout.header, skip=layout.skip),
        lambda: DelimitedTable(
            container.fresh(), position=position, encoding=encoding, delimiter=delimiter, layout=layout
        ),
        notes=notes + layout_notes(layout, options),
    )


def _fixed(
    container: Container, options: SourceOptions, position: Position, notes: list[Text], lines: list[str]
) -> Found:
    encoding = options.encoding or "utf-8"
    widths = options.widths
    if widths is None:
        first = [line for line in lines if line.strip()][:_LOOKED_AT]
        widths = columns.found_widths(first, encoding)
        if widths is None:
            raise SourceProblem(_("The widths of the columns cannot be told. Say how wide each column is."))
        notes.append(
            _("Columns of fixed width were found: %(widths)s.") % {"widths": ", ".join(map(str, widths))}
        )
    given = widths
    return grid_found(
        replace(options, format="fixed", widths=given),
        lambda: columns.fixed_rows(Lines(container.fresh(), encoding), given),
        position,
        notes,
    )


def _page(container: Container, options: SourceOptions, position: Position, notes: list[Text]) -> Found:
    encoding = options.encoding or "utf-8"
    sizes = pages.table_sizes(container.fresh(), encoding)
    if not sizes:
        raise SourceProblem(_("The web page has no table."))
    if options.sheet is None:
        table = max(sizes, key=lambda number: (sizes[number], -number))
    elif options.sheet.isdecimal() and int(options.sheet) in sizes:
        table = int(options.sheet)
    else:
        raise SourceProblem(
            _("The web page has no table %(name)s. It has: %(tables)s.")
            % {"name": options.sheet, "tables": ", ".join(map(str, sizes))[:500]}
        )
    notes.append(_("The file is a web page (HTML), whatever its name says. Its table is read."))
    found = grid_found(
        replace(options, format="html", sheet=str(table)),
        lambda: pages.page_rows(container.fresh(), encoding, table),
        position,
        notes,
    )
    found.sheets = [str(number) for number in sizes] if len(sizes) > 1 else []
    return found
