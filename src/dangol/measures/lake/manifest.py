"""Which files are the lake now. One small file says so; replacing it is the moment a new lake appears."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import connection

VERSION: Final = 1
FILE: Final = "manifest.json"
DRAFT: Final = ".draft-"
_LOCK: Final = 4_711_001
"""Advisory lock of whoever writes the lake and the scores computed from it."""


class LakeMissing(LookupError):
    """There is no lake yet, or it lacks a dataset that this release reads: a refresh is needed first."""


@dataclass(frozen=True, slots=True)
class Part:
    """The files of one dataset: paths relative to the lake's folder, column types by name."""

    rows: int
    columns: Mapping[str, str]
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """A complete, unchanging lake. `taken_at` is when its rows were read (ISO, UTC), `zone` whose days its dates are."""

    snapshot: str
    taken_at: str
    zone: str
    datasets: Mapping[str, Part]
    previous: str = ""

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.datasets.values())


def folder() -> Path:
    """Where the lake lies in the data folder."""
    return Path(settings.DATA) / "lake"


def current() -> Manifest:
    """The lake that is current.

    Raises:
        LakeMissing: nothing has been extracted yet, or by a release whose format this one does not read.
    """
    try:
        data: dict[str, Any] = json.loads((folder() / FILE).read_text())
    except FileNotFoundError:
        raise LakeMissing("there is no lake yet: run `dangol refresh`") from None
    if data.pop("version", None) != VERSION:
        raise LakeMissing("the lake was written by another release: run `dangol refresh`")
    parts = {
        name: Part(rows=part["rows"], columns=part["columns"], files=tuple(part["files"]))
        for name, part in data.pop("datasets").items()
    }
    return Manifest(datasets=parts, **data)


def publish(manifest: Manifest) -> None:
    """Make this lake the current one, atomically and lasting, then remove what nobody reads any more.

    The lake before it stays for readers that opened it; older ones and drafts of killed runs go. The caller holds
    `exclusive()`.
    """
    root = folder()
    draft = root / f"{FILE}.{manifest.snapshot}"
    with draft.open("w") as file:
        json.dump({"version": VERSION, **asdict(manifest)}, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(root / FILE)
    sync_folder(root)
    sweep(kept={manifest.snapshot, manifest.previous})


def sweep(*, kept: set[str]) -> None:
    """Remove snapshots that are not among `kept`, and leavings of runs that were killed."""
    for entry in folder().iterdir():
        if entry.name.startswith(DRAFT):
            shutil.rmtree(entry, ignore_errors=True)
        elif entry.name.startswith(f"{FILE}."):
            entry.unlink(missing_ok=True)
        elif entry.is_dir():
            for snapshot in entry.iterdir():
                if snapshot.name not in kept:
                    shutil.rmtree(snapshot, ignore_errors=True)


def sync_folder(path: Path) -> None:
    """Make the names in a folder outlive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def exclusive() -> Iterator[None]:
    """Wait until nobody else writes the lake, and keep others out; a killed holder lets go by itself."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
