"""Looking at the files of a move: header, first rows, what stands in key columns. Also unpacks a ZIP into files of our own."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Final

from django.utils.translation import gettext as _

from dangol.records.importing import storage
from dangol.records.importing.errors import ImportProblem, SourceProblem
from dangol.records.importing.readers import SourceOptions, describe, open_table
from dangol.records.importing.readers.base import Source
from dangol.records.importing.readers.containers import Counted

MOST_FILES: Final = 200
KEYS_READ: Final = 50_000
"""Rows of which the values of columns are read to find relations."""
BLOCK: Final = 1 << 20
MOST_UNPACKED: Final = 16 << 30
"""Bytes that may come out of all files of a ZIP together."""
ENDINGS: Final = (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".jsonl", ".json", ".gz")


@dataclass(frozen=True, slots=True)
class Given:
    """A file that was handed in: what it is called, and where it lies. `stored`: it is ours, and goes with the move."""

    name: str
    path: Path
    stored: bool = False


@dataclass(slots=True)
class Looked:
    """A file as it was looked at. `problem` says why it cannot be read; then all else is empty."""

    name: str
    path: Path
    stored: bool
    size: int = 0
    sha256: str = ""
    header: list[str] = field(default_factory=list)
    sample: list[list[str]] = field(default_factory=list)
    options: SourceOptions = field(default_factory=SourceOptions)
    problem: str = ""

    def rows(self, most: int | None = None) -> Iterator[dict[str, str]]:
        """Its rows by column, at most so many; those that cannot be taken apart are passed over."""
        with open_table(self.path, self.options) as table:
            for row in islice(table, most):
                if row.problem is None:
                    yield dict(zip(table.header, row.cells, strict=False))

    def values(self, column: str, most: int = KEYS_READ) -> set[str]:
        """The different values of a column that are not empty, from its first rows."""
        return {text for row in self.rows(most) if (text := row.get(column, "").strip())}


def look(given: Given) -> Looked:
    """Look at one file. What is wrong with it stands in `problem`."""
    found = Looked(given.name, given.path, given.stored)
    try:
        found.size, found.sha256 = storage.measure(given.path)
        described = describe(given.path)
    except SourceProblem as problem:
        found.problem = str(problem)
        return found
    found.header = described.header
    found.sample = [row.cells for row in described.sample if row.problem is None]
    found.options = described.options
    return found


def files_in(folder: Path) -> list[Given]:
    """The tables in a folder (or the ZIP file, or the one file), by name. Raises ImportProblem where there are none."""
    if folder.is_file():
        return unpacked(Given(folder.name, folder))
    if not folder.is_dir():
        raise ImportProblem(_("There is no folder %(name)s.") % {"name": str(folder)})
    paths = sorted(path for path in folder.iterdir() if path.is_file() and _is_table(path.name))
    if not paths:
        raise ImportProblem(_("There are no tables in %(name)s.") % {"name": str(folder)})
    return _few([Given(path.name, path.absolute()) for path in paths])


def unpacked(given: Given) -> list[Given]:
    """The files in a ZIP, stored under names of our own; a file that is none is itself the only one.

    Sizes are counted while unpacking, whatever the archive says; folders and hidden files are passed over. Raises
    ImportProblem.
    """
    if not zipfile.is_zipfile(given.path) or given.name.casefold().endswith(".xlsx"):
        return [given]
    made: list[Given] = []
    total = 0
    try:
        with zipfile.ZipFile(given.path) as archive:
            members = [one for one in archive.infolist() if not one.is_dir() and _is_table(one.filename)]
            if not members:
                raise ImportProblem(_("There are no tables in %(name)s.") % {"name": given.name})
            for member in members[: MOST_FILES + 1]:
                with archive.open(member) as stream:
                    counted = Counted(stream, member.compress_size, storage.largest_upload())
                    path, size, _digest = storage.keep_upload(_blocks(counted))
                total += size
                made.append(Given(PurePosixPath(member.filename).name, path, stored=True))
                if total > MOST_UNPACKED:
                    raise ImportProblem(
                        _("Out of %(name)s come more bytes than can be taken.") % {"name": given.name}
                    )
        return _few(made)
    except (zipfile.BadZipFile, RuntimeError, EOFError) as error:
        forget(made)
        raise ImportProblem(_("The ZIP file %(name)s cannot be unpacked.") % {"name": given.name}) from error
    except BaseException:
        forget(made)  # also where the disk is full
        raise


def _blocks(stream: Source) -> Iterator[bytes]:
    while block := stream.read(BLOCK):
        yield block


def forget(files: Sequence[Given]) -> None:
    """Remove those that are ours."""
    for one in files:
        if one.stored:
            one.path.unlink(missing_ok=True)


def _few(files: list[Given]) -> list[Given]:
    if len(files) > MOST_FILES:
        raise ImportProblem(_("At most %(count)s files can be moved in at once.") % {"count": MOST_FILES})
    return files


def _is_table(name: str) -> bool:
    plain = PurePosixPath(name).name
    return not plain.startswith((".", "~$", "__")) and plain.casefold().endswith(ENDINGS)
