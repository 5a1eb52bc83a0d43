"""A program: the cells of a workbook as JSON lines. Run with a path, and the name of a sheet for its rows.

calamine aborts the whole process where a damaged or hostile file makes it reserve more memory than there is, so it runs
in one of its own, with a limit. It uses nothing of Dangol, to start fast.

The first line is `{"sheets": […]}` or `{"error": "password" | "sheet" | "damaged"}`; then each row is an array of texts,
numbers, truth values, `{"moment": ISO}` and `{"milliseconds": n}`.
"""

from __future__ import annotations

import datetime as dt
import json
import resource
import sys
from typing import Any

MOST_MEMORY = 2 << 30


def main(path: str, sheet: str | None) -> None:
    """Write what a workbook holds to standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from python_calamine import (
        CalamineError,
        CalamineWorkbook,
        PasswordError,
        SheetTypeEnum,
        WorksheetNotFound,
    )

    write = sys.stdout.write
    try:
        book = CalamineWorkbook.from_path(path)
        names = [found.name for found in book.sheets_metadata if found.typ == SheetTypeEnum.WorkSheet]
        rows = book.get_sheet_by_name(sheet).iter_rows() if sheet is not None else []
    except PasswordError:
        write('{"error": "password"}\n')
        return
    except WorksheetNotFound:
        write(json.dumps({"error": "sheet", "sheets": names}) + "\n")
        return
    except (CalamineError, OSError, ValueError):
        write('{"error": "damaged"}\n')
        return
    write(json.dumps({"sheets": names}) + "\n")
    for row in rows:
        write(json.dumps([_plain(cell) for cell in row]) + "\n")


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        if value.time() == dt.time():
            return {"moment": value.date().isoformat()}
        return {"moment": value.isoformat(" ", "milliseconds" if value.microsecond else "seconds")}
    if isinstance(value, dt.date | dt.time):
        return {"moment": value.isoformat()}
    if isinstance(value, dt.timedelta):
        return {"milliseconds": round(value / dt.timedelta(milliseconds=1))}
    return value


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None)
