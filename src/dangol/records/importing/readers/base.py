"""What a reader gives, whatever the format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from dangol.records.importing.errors import Problem


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """How to read a file. None means: find out.

    `encoding` is the name of a Python codec, `delimiter` one character, `member` a file inside a ZIP, `header` the
    number of header rows (0, 1, 2), `skip` the rows above them, `widths` those of columns of fixed width.
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

    `number` counts as a spreadsheet does: the header is row 1, blank rows count. `problem` is set when the row
    cannot be taken apart; `cells` then holds what could be read of it.
    """

    number: int
    cells: list[str]
    problem: Problem | None


class Table(Protocol):
    """An open file with a header. Iterating gives its rows once, in order, with flat memory."""

    header: list[str]

    def __iter__(self) -> Iterator[Row]: ...

    def bytes_read(self) -> int:
        """How far into the file on disk reading has come, for progress."""
        ...

    def close(self) -> None: ...
