"""Rows into bytes: sent while they are read, or written to a file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django.utils import translation
from django.utils.translation import gettext as _

from dangol.records.exporting import cells, runs, storage
from dangol.records.exporting.asking import Asked
from dangol.records.exporting.delimited import csv_pieces
from dangol.records.exporting.errors import ExportCancelled, ExportProblem
from dangol.records.exporting.losses import Losses
from dangol.records.exporting.machine import json_pieces
from dangol.records.exporting.selecting import Row, Selection
from dangol.records.looks.taking import Place, here, is_personal, write
from dangol.records.models import ExportRun, ExportState

REPORT_EVERY = 1.0
Report = Callable[[int], None]


@dataclass(slots=True)
class _Making:
    """One export on its way: what it reads, how far it is, what got lost. Whose data goes out is logged batch by batch."""

    asked: Asked
    selection: Selection
    report: Report | None = None
    act: str = "export"
    place: Place = field(default_factory=here)
    about: str = ""
    rows: int = 0
    losses: Losses = field(default_factory=Losses)

    def batches(self) -> Iterator[Sequence[Row]]:
        for batch in self.selection.batches():
            self.rows += len(batch)
            if is_personal(self.asked.record_type):
                ids = [row[0] for row in batch]
                line = (self.act, self.asked.record_type.name, self.about, ids, len(ids))
                write([line], actor=self.asked.actor, place=self.place)
            yield batch
            if self.report is not None:
                self.report(self.rows)

    def outputs(self) -> list[cells.Output]:
        with translation.override(self.asked.actor.language):
            return cells.outputs(self.selection.columns, self.asked.record_type, self.asked.locale)

    def pieces(self) -> Iterator[bytes]:
        if self.asked.format.name == "jsonl":
            return json_pieces(self.selection.columns, self.batches())
        return csv_pieces(self.outputs(), self.batches(), self.asked.encoding, self.losses)

    def write(self, path: Path) -> None:
        match self.asked.format.name:
            case "xlsx":
                from dangol.records.exporting.workbook import write_xlsx

                with translation.override(self.asked.actor.language):
                    title = str(self.asked.record_type.label_plural)
                write_xlsx(path, title, self.outputs(), self.batches(), self.losses)
            case "parquet":
                from dangol.records.exporting.parquet import write_parquet

                write_parquet(path, self.selection.columns, self.batches())
            case _:
                with path.open("wb") as target:
                    target.writelines(self.pieces())


def stream(run: ExportRun, asked: Asked) -> Iterator[bytes]:
    """The file while it is read. However it ends – done, broken off by the reader, failed – the run says how far it came."""
    return _streamed(run, asked, here())  # the request is over when the file is read


def _streamed(run: ExportRun, asked: Asked, place: Place) -> Iterator[bytes]:
    making = _Making(asked, asked.selection(), act="download", place=place, about=run.reason)
    state, size = ExportState.FAILED, 0
    try:
        for piece in making.pieces():
            size += len(piece)
            yield piece
        state = ExportState.FINISHED
    except GeneratorExit:
        state = ExportState.CANCELLED
        raise
    finally:
        runs.run_close(run, actor=asked.actor, state=state, rows=making.rows, losses=making.losses, size=size)


def make(
    run: ExportRun,
    asked: Asked,
    report: Report | None = None,
    *,
    keep: bool = True,
    lossless: bool = False,
) -> Path:
    """Write the file. Its row says so when it is whole; nothing is left of one that is not.

    Args:
        report: called with the number of rows behind each batch; may raise ExportCancelled.
        keep: the file is kept with the run for a week; else it is the caller's to send and to remove, unless something
            got lost in it – then it is kept, so that its owner hears of that first.
        lossless: a file in which something got lost is refused instead.

    Raises:
        ExportProblem: something would get lost.
        ExportCancelled: somebody asked the run to stop.
    """
    path = storage.new_file()
    making = _Making(asked, asked.selection(), report, act="export" if keep else "download", about=run.reason)
    try:
        making.write(path)
        if lossless and making.losses:
            raise _lossy(making.losses)
    except BaseException as error:
        path.unlink(missing_ok=True)
        state = ExportState.CANCELLED if isinstance(error, ExportCancelled) else ExportState.FAILED
        runs.run_close(run, actor=asked.actor, state=state, rows=0, losses=making.losses)
        raise
    path.chmod(0o600)
    runs.run_close(
        run,
        actor=asked.actor,
        state=ExportState.FINISHED,
        rows=making.rows,
        losses=making.losses,
        path=path if keep or making.losses else None,
        size=path.stat().st_size,
    )
    return path


def _lossy(losses: Losses) -> ExportProblem:
    if losses.replaced:
        text = _("%(count)s characters in %(cells)s cells do not exist in CP949. Take UTF-8.")
        return ExportProblem("encoding", text % {"count": losses.replaced, "cells": losses.cells}, "lossy")
    text = _("%(count)s texts are longer than a spreadsheet's cell. Take CSV or JSON lines.")
    return ExportProblem("format", text % {"count": losses.shortened}, "lossy")


class Progress:
    """Notes once a second how far a run is, and stops it when somebody asked for that."""

    def __init__(self, run: ExportRun) -> None:
        self.run = run
        self.started = self.said = time.monotonic()

    def __call__(self, rows: int) -> None:
        now = time.monotonic()
        if now - self.said < REPORT_EVERY:
            return
        self.said = now
        found = ExportRun.objects.filter(pk=self.run.pk)
        found.update(rows=rows, seconds=now - self.started)
        if found.values_list("cancel_requested", flat=True).first() is not False:
            raise ExportCancelled
