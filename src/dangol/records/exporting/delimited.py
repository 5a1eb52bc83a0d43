"""CSV, piece by piece."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal

from dangol.records.exporting.cells import Cell, Output, plain_number
from dangol.records.exporting.formats import UTF8
from dangol.records.exporting.losses import Losses
from dangol.records.exporting.selecting import Row
from dangol.records.formulas import guarded

BOM = b"\xef\xbb\xbf"


def csv_pieces(
    columns: Sequence[Output], batches: Iterable[Sequence[Row]], encoding: str, losses: Losses
) -> Iterator[bytes]:
    """The file as bytes, a piece for each batch of rows.

    UTF-8 begins with a byte order mark, for Excel. In CP949 a character that does not exist there becomes a question
    mark and is counted. Texts that a spreadsheet would take for a formula get an apostrophe; numbers do not.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    makers = [_maker(item) for item in columns]
    names = [item.header for item in columns]
    number = 1

    def taken() -> str:
        text = buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
        return text

    writer.writerow([guarded(name) for name in names])
    if encoding == UTF8:
        yield BOM + taken().encode()
        for batch in batches:
            writer.writerows([make(row) for make in makers] for row in batch)
            yield taken().encode()
        return
    yield taken().encode(encoding, "replace")
    for batch in batches:
        lines = [[make(row) for make in makers] for row in batch]
        writer.writerows(lines)
        text = taken()
        try:
            yield text.encode(encoding)
        except UnicodeEncodeError:
            _count(lines, names, number, encoding, losses)
            yield text.encode(encoding, "replace")
        number += len(lines)


def _maker(item: Output) -> Callable[[Row], str]:
    get = item.cell
    return lambda row: "" if (cell := get(row)) is None else written(cell)


def written(cell: Cell) -> str:
    """A cell as text: dates as 2026-11-21, moments as 2026-11-21 14:30:05, numbers with all their digits."""
    if isinstance(cell, str):
        return guarded(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, int | Decimal):
        return plain_number(cell)
    return ""


def _count(
    lines: Sequence[Sequence[str]], names: Sequence[str], before: int, encoding: str, losses: Losses
) -> None:
    for number, line in enumerate(lines, start=before + 1):
        for name, text in zip(names, line, strict=True):
            if text.isascii():
                continue
            missing = sum(1 for character in text if not _fits(character, encoding))
            if missing:
                losses.replace(number, name, text, missing)


def _fits(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
