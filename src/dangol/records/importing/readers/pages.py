"""Tables of web pages: what Korean banks and business programs send as `.xls` is often HTML."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser

from django.utils.translation import gettext_lazy as _

from dangol.records.importing.errors import SourceProblem
from dangol.records.importing.readers.base import MOST_COLUMNS, Source
from dangol.records.importing.readers.columns import checked
from dangol.records.importing.readers.encoding import bom_of, errors_of
from dangol.records.importing.readers.grid import GridRow
from dangol.records.importing.readers.lines import LONGEST_LINE, has_misfits

_BLOCK = 1 << 16
_MARKUP = re.compile(rb"<!doctype html|<html|<table|<head|<meta|<style|<body", re.IGNORECASE)
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_\-]+)", re.IGNORECASE)
_UNSEEN = ("script", "style", "head", "title")
_MOST_HELD = 16 << 20
"""Characters that the parser may hold back because a tag has no end."""


def is_page(start: bytes) -> bool:
    """Whether a text is a web page with a table."""
    head = start.removeprefix(codecs.BOM_UTF8).lstrip()[:2_000]
    return head.startswith(b"<") and bool(_MARKUP.search(head)) and b"<table" in start.lower()


def declared_encoding(start: bytes) -> str | None:
    """The encoding a page says it is in."""
    found = _CHARSET.search(start[:4_096])
    return found[1].decode("ascii") if found else None


def table_sizes(source: Source, encoding: str, most: int = 1 << 20) -> dict[int, int]:
    """How many cells each table near the start of a page has, by its number counted from 1."""
    sizes: Counter[int] = Counter()
    parser = _Parser()
    read = 0
    for _block in _fed(parser, source, encoding):
        for table, row in parser.rows:
            sizes[table] += sum(map(bool, row))
        parser.rows.clear()
        read += _BLOCK
        if read >= most:
            break
    return {table: sizes[table] for table in sorted(sizes) if sizes[table]}


def page_rows(source: Source, encoding: str, table: int) -> Iterator[GridRow]:
    """The rows of one table of a page.

    Raises:
        SourceProblem: the page is no HTML that can be followed.
    """
    parser = _Parser()
    number = 0
    for _block in _fed(parser, source, encoding):
        for of, cells in parser.rows:
            if of == table:
                number += 1
                is_suspicious = any("\0" in cell or has_misfits(cell) for cell in cells)
                yield GridRow(number, *checked(cells, encoding, is_suspicious=is_suspicious))
        parser.rows.clear()


def _fed(parser: _Parser, source: Source, encoding: str) -> Iterator[None]:
    decoder = codecs.getincrementaldecoder(encoding)(errors=errors_of(encoding))
    block = source.read(_BLOCK)
    block = block[bom_of(block, encoding) :]
    while block:
        parser.feed(decoder.decode(block))
        if len(parser.rawdata) > _MOST_HELD:
            raise SourceProblem(_("The web page cannot be read: a tag in it has no end."))
        yield
        block = source.read(_BLOCK)
    parser.close()
    parser.end_row()
    yield


class _Parser(HTMLParser):
    """Rows of all tables, each with the number of its table. Cells over several columns or rows stand in the first."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[tuple[int, list[str]]] = []
        self._count = 0
        self._open: list[int] = []
        self._unseen = 0
        self._cells: list[str] | None = None
        self._text: list[str] | None = None
        self._length = 0
        self._columns = 1
        self._down: dict[int, int] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += tag in ("script", "style", "title")
        elif tag == "table":
            self.end_row()
            self._count += 1
            self._open.append(self._count)
            self._down.clear()
        elif tag == "tr":
            self.end_row()
            self._cells = []
        elif tag in ("td", "th"):
            self._end_cell()
            self._start_cell(dict(attrs))
        elif tag in ("br", "p", "div") and self._text:
            self._text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style", "title"):
            self._unseen = max(0, self._unseen - 1)
        elif tag in ("td", "th"):
            self._end_cell()
        elif tag == "tr":
            self.end_row()
        elif tag == "table":
            self.end_row()
            if self._open:
                self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._text is not None and not self._unseen and self._length <= LONGEST_LINE:
            self._length += len(data)
            self._text.append(data)

    def _start_cell(self, attributes: dict[str, str | None]) -> None:
        if self._cells is None:
            self._cells = []
        self._skip_merged()
        self._text, self._length = [], 0
        self._columns = _span(attributes.get("colspan"))
        rows = _span(attributes.get("rowspan"))
        if rows > 1:
            for place in range(len(self._cells), len(self._cells) + self._columns):
                self._down[place] = rows

    def _skip_merged(self) -> None:
        """Leave the places empty that a cell of an upper row reaches down into."""
        cells = self._cells
        while cells is not None and self._down.get(len(cells), 0) > 0:
            cells.append("")

    def _end_cell(self) -> None:
        if self._text is None or self._cells is None:
            return
        lines = (" ".join(line.split()) for line in "".join(self._text).split("\n"))
        self._cells.append("\n".join(lines).strip())
        self._cells.extend([""] * (self._columns - 1))
        self._text = None
        del self._cells[MOST_COLUMNS + 1 :]

    def end_row(self) -> None:
        """Give the row that is being read, if there is one."""
        self._end_cell()
        if self._cells is None:
            return
        self._skip_merged()
        self._down = {place: rows - 1 for place, rows in self._down.items() if rows > 1}
        self.rows.append((self._open[-1] if self._open else 0, self._cells))
        self._cells = None


def _span(text: str | None) -> int:
    return min(int(text), MOST_COLUMNS) if text and text.isdecimal() and int(text) > 0 else 1
