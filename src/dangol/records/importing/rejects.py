"""The rows that did not go in, as a file that can be corrected and imported again."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from django.utils import translation
from django.utils.translation import gettext as _

from dangol.records.fields.resident import blacked_out
from dangol.records.formulas import guarded
from dangol.records.importing.errors import Problem
from dangol.records.importing.mapping.compiling import ordinal_columns
from dangol.records.models import ImportReject, ImportRun

REPLACED = str.maketrans({chr(code): "\ufffd" for code in range(0xD800, 0xE000)} | {"\0": "\ufffd"})


_NUMBER = re.compile(r"[-+]?[\d.,]*", re.ASCII)


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; numbers stay as they are, whatever their sign."""
    return cell if _NUMBER.fullmatch(cell) else guarded(cell)


def make_reject(
    run: ImportRun, number: int, cells: Sequence[str], problem: Problem, ordinals: Sequence[int] = ()
) -> ImportReject:
    """The reject of one row, not saved yet. The reason is put into the active language.

    Resident registration numbers are blacked out: a row that is refused for one must not keep it.
    """
    return ImportReject(
        run=run,
        number=number,
        field=problem.field[:120],
        column=problem.column.translate(REPLACED)[:250],
        value=blacked_out(problem.value.translate(REPLACED)),
        code=problem.code[:40],
        reason=str(problem.message).translate(REPLACED),
        cells=json.dumps([[blacked_out(cell) for cell in cells], list(ordinals)], ensure_ascii=True),
    )


def reject_cells(reject: ImportReject) -> tuple[list[str], list[int]]:
    """The original row and its ordinals."""
    cells, ordinals = json.loads(reject.cells)
    return cells, ordinals


def rejects_csv(run: ImportRun, header: Sequence[str], slots: int) -> Iterator[bytes]:
    """The rejects file, line by line: row number, field, value and reason, then the original columns.

    Bytes that were not UTF-8 come out as they were. The file starts with a byte order mark, for Excel.

    Args:
        header: the columns of the file.
        slots: how many ordinals the mapping counts.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")

    def line(cells: Sequence[object]) -> bytes:
        writer.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in cells])
        text = buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
        return text.encode(errors="surrogateescape")

    own = ordinal_columns(slots)
    with translation.override(run.language):
        first = [_("Row number"), _("Field"), _("Value"), _("Reason")]
    # A rejects file that is imported again may yield a second one: its own columns are not repeated.
    is_second = list(header[:4]) == first
    places = [
        index
        for index, name in enumerate(header)
        if name not in own and not (is_second and index < len(first))
    ]
    yield b"\xef\xbb\xbf" + line([*first, *own, *(header[index] for index in places)])
    for reject in run.rejects.order_by("number").iterator(chunk_size=1_000):
        cells, ordinals = reject_cells(reject)
        kept = [cells[index] if index < len(cells) else "" for index in places] + cells[len(header) :]
        numbers = [ordinals[slot] if slot < len(ordinals) else "" for slot in range(slots)]
        yield line(
            [reject.number, reject.column or reject.field, reject.value, reject.reason, *numbers, *kept]
        )


def write_rejects(run: ImportRun, header: Sequence[str], slots: int, path: Path) -> None:
    """Write the rejects file to disk, readable for the owner only."""
    with path.open("wb") as target:
        path.chmod(0o600)
        target.writelines(rejects_csv(run, header, slots))
