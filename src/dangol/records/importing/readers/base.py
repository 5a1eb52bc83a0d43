"""What a reader gives, whatever the format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from dangol.records.importing.errors import Problem, Text

MOST_COLUMNS = 2_000
"""More columns than this are no table that somebody means to import."""
SHOWN = 200
"""Characters of a value that a problem quotes."""


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """How to read a file. None means: find out.

    Args:
        format: "delimited", "blanks" (columns separated by runs of blanks), "fixed", "xlsx", "xls", "html", "jsonl".
        encoding: a Python codec's name: "utf-8", "cp949", "utf-16-le" …
        delimiter: one character.
        sheet: the name of a sheet; of a web page the number of the table, counted from 1.
        member: the name of a file inside a ZIP file.
        header: how many rows name the columns: 0, 1 or 2.
        skip: rows above the header.
        widths: of the columns of a fixed-width file, in characters (in bytes for CP949, where Hangul takes two).
    """

    format: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    member: str | None = None
    header: int | None = None
    skip: int | None = None
    widths: tuple[int, ...] | None = None


class Row(NamedTuple):
    """One row as it stands in the file.

    `number` counts as a spreadsheet does: a header in the first row is row 1, blank rows count. `problem` is set
    when the row cannot be taken apart; `cells` then holds what could be read of it.
    """

    number: int
    cells: list[str]
    problem: Problem | None


@dataclass(frozen=True, slots=True)
class SourceDescription:
    """What `describe` found in a file.

    Args:
        options: everything decided; opening the file with it reads it the same way.
        compression: "", "gzip" or "zip".
        header: the names of the columns.
        sample: the first 200 rows.
        sheets: the sheets of a workbook, the tables of a web page when there are several.
        members: the files inside a ZIP file.
        notes: what a person should know or look at, such as "Read as CP949."
    """

    options: SourceOptions
    compression: str
    header: list[str]
    sample: list[Row]
    sheets: list[str]
    members: list[str]
    notes: list[Text]


class Source(Protocol):
    """Something to read bytes from."""

    def read(self, size: int = -1, /) -> bytes: ...


class Table(Protocol):
    """An open file with a header. Iterating gives its rows once, in order, with flat memory."""

    header: list[str]

    def __iter__(self) -> Iterator[Row]: ...

    def bytes_read(self) -> int:
        """How far into the file on disk reading has come, for progress."""
        ...

    def close(self) -> None: ...
