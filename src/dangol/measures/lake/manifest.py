"""Which files are the lake now. One small file says so; replacing it is the moment a new lake appears."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from django.db import connection

from dangol.measures.lake.storage import DRAFT, folder, store
from dangol.measures.models import LakeSnapshot

VERSION: Final = 2
FILE: Final = "manifest.json"
LOCK: Final = 4_711_001
"""Advisory lock of whoever writes the lake and the scores computed from it."""
_REMEMBERED: Final = 20
"""How many lakes the database remembers; the current one and the one before are what counts."""


class LakeMissing(LookupError):
    """There is no lake yet, or it lacks a dataset that this release reads: a refresh is needed first."""


@dataclass(frozen=True, slots=True)
class Delta:
    """What one refresh added to a dataset: rows new or written anew, and the keys of all rows that it touched.

    A key that was touched and has no row here is gone. `file` is empty where nothing but removals came.
    """

    rows: int
    touched: int
    file: str
    keys: str


@dataclass(frozen=True, slots=True)
class Part:
    """The files of one dataset, base and deltas in order, by name in the store; column types by name.

    `rows` is how many there are when all is merged. `month_of` is the column that
    cuts base files by month, `definition` a digest of what the dataset was declared as;
    `tables` are the files that held its tables in PostgreSQL, which change when a table is emptied or restored.
    """

    rows: int
    columns: Mapping[str, str]
    files: tuple[str, ...]
    key: str = "id"
    month_of: str | None = None
    deltas: tuple[Delta, ...] = ()
    definition: str = ""
    tables: Mapping[str, int] = field(default_factory=dict)

    def names(self) -> set[str]:
        """Every file that it is made of."""
        found = set(self.files)
        for delta in self.deltas:
            found |= {delta.file, delta.keys} - {""}
        return found


@dataclass(frozen=True, slots=True)
class Manifest:
    """A complete, unchanging lake. `taken_at` is when its rows were read (ISO, UTC), `zone` whose days its dates are.

    `oldest` is the oldest transaction that ran when they were read: all before it are in, what it and later ones wrote
    may not be. `source` names the database: its cluster, timeline and number.
    """

    snapshot: str
    taken_at: str
    zone: str
    datasets: Mapping[str, Part]
    previous: str = ""
    oldest: int = 0
    source: str = ""

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.datasets.values())

    def names(self) -> set[str]:
        """Every file of the lake."""
        return set().union(*(part.names() for part in self.datasets.values()))


def current() -> Manifest:
    """The lake that is current.

    Raises:
        LakeMissing: nothing has been extracted yet, or by a release whose format this one does not read.
    """
    try:
        data: dict[str, Any] = json.loads(store().read(FILE))
    except FileNotFoundError:
        raise LakeMissing("there is no lake yet: run `dangol refresh`") from None
    if data.pop("version", None) != VERSION:
        raise LakeMissing("the lake was written by another release: run `dangol refresh`")
    return Manifest(datasets={name: _part(part) for name, part in data.pop("datasets").items()}, **data)


def _part(data: dict[str, Any]) -> Part:
    deltas = tuple(Delta(**delta) for delta in data.pop("deltas"))
    return Part(files=tuple(data.pop("files")), deltas=deltas, **data)


def publish(manifest: Manifest, before: Manifest | None = None) -> None:
    """Make this lake the current one, atomically and lasting, then remove what nobody reads any more.

    The files of the lake before it stay for readers that opened it; older ones and leavings of killed runs go. The
    caller holds `exclusive()`.
    """
    LakeSnapshot.objects.create(name=manifest.snapshot)
    store().replace(FILE, json.dumps({"version": VERSION, **asdict(manifest)}, indent=1))
    sweep(kept=manifest.names() | (before.names() if before else set()))
    known = LakeSnapshot.objects.order_by("-name").values("name")[:_REMEMBERED]
    LakeSnapshot.objects.exclude(name__in=known).delete()


def is_ours(manifest: Manifest) -> bool:
    """Whether the database remembers having been copied into this lake. One query."""
    return LakeSnapshot.objects.filter(name=manifest.snapshot).exists()


def sweep(*, kept: set[str]) -> None:
    """Remove files that are not among `kept`, and drafts of runs that were killed."""
    place = store()
    place.remove(name for name in place.names() if name != FILE and name not in kept)
    for entry in folder().glob(f"{DRAFT}*"):
        if entry.is_dir():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)


@contextmanager
def exclusive() -> Iterator[None]:
    """Wait until nobody else writes the lake, and keep others out; a killed holder lets go by itself."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


__all__ = [
    "DRAFT",
    "FILE",
    "LOCK",
    "Delta",
    "LakeMissing",
    "Manifest",
    "Part",
    "current",
    "exclusive",
    "folder",
    "publish",
]
