"""XLSX, read as a stream: memory holds the shared texts and a few rows, whatever the number of rows.

No library of the field does all of this: calamine loads the whole sheet and gives cells with errors as empty ones,
openpyxl is several times slower. The format itself is small: cells with a type, a style that makes numbers dates, and
a list of shared texts.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Callable, Iterator
from typing import BinaryIO
from xml.parsers import expat

from django.utils.translation import gettext_lazy as _

from dangol.records.importing.errors import Problem, SourceProblem
from dangol.records.importing.readers.base import MOST_COLUMNS, Source
from dangol.records.importing.readers.containers import archive_of, member_stream
from dangol.records.importing.readers.grid import Fault, GridRow
from dangol.records.importing.readers.lines import LONGEST_LINE
from dangol.records.importing.readers.xlsx_values import format_kind, moment_text, number_text, unescaped

_BLOCK = 1 << 17
_MOST_TEXT = 768 << 20
"""Unpacked bytes of the shared texts, which are held in memory."""
_LONGEST_TAG = 16 << 20
"""Bytes that the parser may hold back because a tag has no end."""
_MOST_PARTS = 64 << 20
"""Unpacked bytes of the lists of sheets and styles."""

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]


class Workbook:
    """An open XLSX file.

    Raises:
        SourceProblem: it is damaged, or far larger unpacked than a workbook can be.
    """

    def __init__(self, raw: BinaryIO) -> None:
        self._archive = archive_of(raw)
        self._paths: dict[str, str] = {}
        self._is_1904 = False
        self._read_sheets()
        self._styles: list[str] = self._read_styles()
        self._texts: list[str] | None = None
        self.has_percent = False
        """Whether a cell read so far was shown as a percentage."""

    @property
    def sheets(self) -> list[str]:
        """The names of the sheets with cells, hidden ones last."""
        return list(self._paths)

    def rows(self, sheet: str) -> Iterator[GridRow]:
        """The rows of a sheet from the top, each time from the start.

        Raises:
            SourceProblem: there is no such sheet, or it is damaged.
        """
        if sheet not in self._paths:
            raise SourceProblem(
                _("The workbook has no sheet %(name)s. It has: %(sheets)s.")
                % {"name": sheet, "sheets": ", ".join(self._paths)[:500]}
            )
        if self._texts is None:
            self._texts = self._read_texts()
        source = self._part(self._paths[sheet], None)
        if source is None:
            raise _damaged()
        return _SheetReader(self, self._texts, self._styles, is_1904=self._is_1904).read(source)

    def _part(self, path: str, most: int | None) -> Source | None:
        # Some programs write the names of the parts in letters of another size.
        wanted = path.lower()
        for info in self._archive.infolist():
            if info.filename.lower() == wanted:
                return member_stream(self._archive, info, most)
        return None

    def _read_sheets(self) -> None:
        targets: dict[str, str] = {}
        found: list[tuple[bool, str, str]] = []

        def relation(name: str, attributes: dict[str, str]) -> None:
            if _local(name) == "Relationship" and attributes.get("Type", "").endswith("/worksheet"):
                target = attributes.get("Target", "")
                path = target[1:] if target.startswith("/") else posixpath.normpath("xl/" + target)
                targets[attributes.get("Id", "")] = path

        def sheet(name: str, attributes: dict[str, str]) -> None:
            local = _local(name)
            if local == "workbookPr":
                self._is_1904 = attributes.get("date1904") in ("1", "true")
            elif local == "sheet":
                relation_id = next(
                    (value for key, value in attributes.items() if key.endswith(":id")),
                    attributes.get("id", ""),
                )
                is_hidden = attributes.get("state", "visible") != "visible"
                found.append((is_hidden, attributes.get("name", ""), relation_id))

        _parse(self._part("xl/_rels/workbook.xml.rels", _MOST_PARTS), relation)
        _parse(self._part("xl/workbook.xml", _MOST_PARTS), sheet)
        for _hidden, name, relation_id in sorted(found, key=lambda entry: entry[0]):
            if relation_id in targets:
                self._paths[name] = targets[relation_id]
        if not self._paths:
            raise SourceProblem(_("The workbook has no sheet with cells."))

    def _read_styles(self) -> list[str]:
        source = self._part("xl/styles.xml", _MOST_PARTS)
        if source is None:
            return []
        codes: dict[int, str] = {}
        kinds: list[str] = []
        inside = False

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal inside
            local = _local(name)
            if local == "numFmt":
                codes[int(attributes.get("numFmtId", 0))] = attributes.get("formatCode", "")
            elif local == "cellXfs":
                inside = True
            elif local == "xf" and inside:
                number = int(attributes.get("numFmtId", 0))
                kinds.append(format_kind(number, codes.get(number)))

        def end(name: str) -> None:
            nonlocal inside
            if _local(name) == "cellXfs":
                inside = False

        _parse(source, start, end)
        return kinds

    def _read_texts(self) -> list[str]:
        source = self._part("xl/sharedStrings.xml", _MOST_TEXT)
        if source is None:
            return []
        texts: list[str] = []
        parts: list[str] = []
        collecting = phonetic = False

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal collecting, phonetic
            local = _local(name)
            if local == "t":
                collecting = not phonetic
            elif local == "rPh":
                phonetic = True

        def end(name: str) -> None:
            nonlocal collecting, phonetic
            local = _local(name)
            if local == "t":
                collecting = False
            elif local == "rPh":
                phonetic = False
            elif local == "si":
                texts.append(unescaped("".join(parts)))
                parts.clear()

        def characters(text: str) -> None:
            if collecting:
                parts.append(text)

        _parse(source, start, end, characters)
        return texts


class _SheetReader:
    """Cells to rows. One object reads one sheet once; its methods are called some five times for each cell."""

    __slots__ = (
        "_book", "_cells", "_collecting", "_columns", "_faults", "_is_1904", "_kind", "_number", "_parts",
        "_phonetic", "_place", "_ref", "_rows", "_style", "_styles", "_texts",
    )  # fmt: skip

    def __init__(self, book: Workbook, texts: list[str], styles: list[str], *, is_1904: bool) -> None:
        self._book = book
        self._texts = texts
        self._styles = styles
        self._is_1904 = is_1904
        self._columns: dict[str, int] = {}
        self._rows: list[GridRow] = []
        self._cells: list[str] = []
        self._faults: list[Fault] = []
        self._parts: list[str] = []
        self._number = 0
        self._place = -1
        self._kind = self._style = self._ref = ""
        self._collecting = self._phonetic = False

    def read(self, source: Source) -> Iterator[GridRow]:
        parser = _new_parser()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        rows = self._rows
        for _block in _fed(parser, source):
            if len(self._parts) > 4 and sum(map(len, self._parts)) > LONGEST_LINE:
                raise _damaged()
            yield from rows
            rows.clear()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if ":" in name:
            name = _local(name)
        if name == "c":
            self._kind = attributes.get("t", "n")
            self._style = attributes.get("s", "")
            self._parts.clear()
            self._ref = ref = attributes.get("r", "")
            letters = ref.rstrip("0123456789")
            if not letters:
                self._place += 1
                return
            place = self._columns.get(letters)
            if place is None:
                place = self._columns[letters] = _place_of(letters)
            self._place = place
        elif name in {"v", "t"}:
            self._collecting = not self._phonetic
        elif name == "row":
            given = attributes.get("r", "")
            self._number = max(int(given) if given else 0, self._number + 1)
            self._place = -1
            self._cells, self._faults = [], []
        elif name == "rPh":
            self._phonetic = True

    def _end(self, name: str) -> None:
        if ":" in name:
            name = _local(name)
        if name in {"v", "t"}:
            self._collecting = False
        elif name == "c":
            if self._parts and self._place <= MOST_COLUMNS:
                self._end_cell()
        elif name == "row":
            self._rows.append(GridRow(self._number, self._cells, self._faults))
        elif name == "rPh":
            self._phonetic = False

    def _characters(self, text: str) -> None:
        if self._collecting:
            self._parts.append(text)

    def _end_cell(self) -> None:
        parts, cells, place = self._parts, self._cells, self._place
        text = self._value(parts[0] if len(parts) == 1 else "".join(parts))
        gap = place - len(cells)
        if gap > 0:
            cells.extend([""] * gap)
        if gap < 0:
            cells[place] = text
        else:
            cells.append(text)
        if self._kind == "e":
            self._faults.append(_error(place, self._ref, text))

    def _value(self, raw: str) -> str:
        kind = self._kind
        if kind == "s":
            try:
                return self._texts[int(raw)]
            except IndexError as error:
                raise _damaged() from error
        if kind == "n":
            shown = self._shown()
            if not shown:
                return number_text(raw)
            if shown == "percent":
                self._book.has_percent = True
                return number_text(raw)
            return moment_text(raw, shown, is_1904=self._is_1904)
        if kind == "b":
            return "FALSE" if raw.strip() == "0" else "TRUE"
        if kind == "d":
            return raw.replace("T00:00:00", "").replace("T", " ").removesuffix("Z")
        return unescaped(raw)

    def _shown(self) -> str:
        if not self._style or not self._styles:
            return ""
        place = int(self._style)
        return self._styles[place] if place < len(self._styles) else ""


def is_workbook(archive: zipfile.ZipFile) -> bool:
    """Whether a ZIP file is an XLSX workbook."""
    return "xl/workbook.xml" in archive.namelist()


def _place_of(letters: str) -> int:
    place = 0
    for letter in letters.upper():
        place = place * 26 + ord(letter) - 64
    return place - 1


def _error(place: int, ref: str, text: str) -> Fault:
    return Fault(
        place,
        Problem(
            "cell_error",
            _("Cell %(cell)s shows the error %(error)s. Correct the formula or enter the value.")
            % {"cell": ref, "error": text},
            value=text,
        ),
    )


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _damaged() -> SourceProblem:
    return SourceProblem(
        _("The Excel file is damaged. Open it in Excel, save it again and start the import once more.")
    )


def _new_parser() -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse(*_declaration: object) -> None:
        # Workbooks declare nothing; entities that grow when they are replaced are an attack.
        raise _damaged()

    parser.StartDoctypeDeclHandler = refuse
    return parser


def _fed(parser: expat.XMLParserType, source: Source) -> Iterator[None]:
    """Give a parser all of a source; yields after each block."""
    fed = 0
    try:
        while block := source.read(_BLOCK):
            parser.Parse(block, False)
            fed += len(block)
            if fed - parser.CurrentByteIndex > _LONGEST_TAG:
                raise _damaged()
            yield
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError) as error:
        # What should be a number is none, or the XML has no sense.
        raise _damaged() from error
    yield


def _parse(
    source: Source | None,
    start: Start,
    end: End | None = None,
    characters: Callable[[str], None] | None = None,
) -> None:
    if source is None:
        raise _damaged()
    parser = _new_parser()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    for _block in _fed(parser, source):
        pass
