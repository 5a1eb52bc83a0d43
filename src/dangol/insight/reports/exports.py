"""A pivot as a file: CSV or a spreadsheet, by the writers of the lists' export, noted down as every export is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.insight.reports.axes import Reading
from dangol.insight.reports.computing import ALL, Cell, compute
from dangol.insight.reports.showing import grid_of
from dangol.records.exporting import runs, storage
from dangol.records.exporting.asking import Asked, ask, may_export, needs_reason
from dangol.records.exporting.cells import Cell as Value
from dangol.records.exporting.cells import Output
from dangol.records.exporting.delimited import csv_pieces
from dangol.records.exporting.losses import Losses
from dangol.records.exporting.workbook import write_xlsx
from dangol.records.looks import taking as looks
from dangol.records.models import ExportRun, ExportState

FORMATS: Final = ("xlsx", "csv")
Row = tuple[Value, ...]


def can_export(actor: Actor, reading: Reading) -> bool:
    """Whether the actor may take anything of the type out. No query."""
    return may_export(actor, reading.record_type)


def asks_reason(reading: Reading) -> bool:
    """Whether the reason has to be given: for groups and numbers of records about people."""
    return needs_reason(reading.record_type, _fields(reading))


def _fields(reading: Reading) -> list[str]:
    """The fields of the record type that the pivot tells of."""
    paths = [axis.path[0] for axis in (reading.rows, reading.across) if axis is not None]
    return list(
        dict.fromkeys([*paths, *(one.field.name for one in reading.measures if one.field is not None)])
    )


def asked_for(reading: Reading, *, format_name: str, reason: str) -> Asked:
    """The export as the lists' export knows it. Raises ExportProblem: not allowed, no such format, no reason."""
    names = _fields(reading)
    asked = ask(
        actor=reading.actor,
        record_type=reading.record_type,
        tree=reading.tree,
        columns=names,
        format_name=format_name if format_name in FORMATS else "?",
        reason=reason,
    )
    return replace(asked, columns=tuple(names))


def export_make(reading: Reading, asked: Asked, *, title: str, origin: str = "page") -> tuple[Path, str]:
    """Write the file of what the actor may both see and export; the caller sends and removes it.

    Noted down before the first number is read, announced when it is whole, and in the log of looks.

    Returns:
        Where it lies, and the name under which it is to be saved.
    """
    path = storage.new_file()
    with noted(asked, origin=origin) as leaving:
        try:
            columns, rows = sheet(reading)
            if asked.format.name == "xlsx":
                write_xlsx(path, title, columns, [rows], leaving.losses)
            else:
                with path.open("wb") as target:
                    target.writelines(csv_pieces(columns, [rows], asked.encoding, leaving.losses))
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        leaving.rows, leaving.size = len(rows), path.stat().st_size
    path.chmod(0o600)
    looks.note("download", asked.record_type, (), about=asked.reason, count=leaving.rows)
    return path, leaving.run.file_name


@dataclass(slots=True)
class Leaving:
    """An export that is being made, and what is known of it when it is done."""

    run: ExportRun
    losses: Losses = field(default_factory=Losses)
    rows: int = 0
    size: int = 0


@contextmanager
def noted(asked: Asked, *, origin: str) -> Iterator[Leaving]:
    """Note an export down before its first number is read, and how it ended. Five queries."""
    leaving = Leaving(runs.run_create(asked, origin=origin))
    try:
        yield leaving
    except BaseException:
        runs.run_close(
            leaving.run, actor=asked.actor, state=ExportState.FAILED, rows=0, losses=leaving.losses
        )
        raise
    runs.run_close(
        leaving.run, actor=asked.actor, state=ExportState.FINISHED, rows=leaving.rows, losses=leaving.losses,
        size=leaving.size,
    )  # fmt: skip


def sheet(reading: Reading) -> tuple[list[Output], list[Row]]:
    """Columns and rows of the file: the groups' names, then a number for each column, measure and currency; totals last."""
    pivot = compute(reading, action="export")
    grid = grid_of(reading, pivot)
    headers = [reading.rows.label]
    places: list[tuple[str | None, int, str]] = []
    for column, head in grid.heads:
        for place, measure in enumerate(reading.measures):
            whole = pivot.at(ALL, column).values
            for currency in whole[place] if whole else ():
                places.append((column, place, currency))
                name = f"{head} · {measure.label}" if head else measure.label
                headers.append(f"{name} ({currency})" if currency else name)
    kinds = ["text", *("number" for _one in places)]
    columns = [
        Output(_distinct(headers, at), kinds[at], _getter(at), reading.rows.field)
        for at in range(len(headers))
    ]
    rows: list[Row] = []
    for line in (*grid.lines, grid.total):
        cells = (_number(pivot.at(line.key, column), place, currency) for column, place, currency in places)
        rows.append((line.name, *cells))
    return columns, rows


def _distinct(headers: list[str], at: int) -> str:
    again = headers[:at].count(headers[at])
    return f"{headers[at]} ({again + 1})" if again else headers[at]


def _getter(at: int) -> Callable[[Any], Value]:
    return lambda row: row[at]


def _number(cell: Cell, place: int, currency: str) -> Value:
    return cell.values[place].get(currency) if cell.values else None


def told(format_name: str) -> str:
    """What a format is called."""
    return {"xlsx": _("Excel (XLSX)"), "csv": _("CSV (UTF-8)")}[format_name]
