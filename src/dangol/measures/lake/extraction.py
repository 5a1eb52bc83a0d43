"""Bringing the facts from PostgreSQL into Parquet files: all of them, or what changed since the lake before.

All datasets are read in one repeatable-read transaction, so the lake is one moment of the company. What changed is
found by transaction: every row knows which one wrote it last, and a lake knows the oldest one that ran when it was
read. All before that one are in it; rows of that one and of later ones are read (again). So a transaction that commits
late is not lost, as it would be by a cursor over times or ids.

New files stand beside the old ones until the manifest names them: a run killed at any point leaves the lake before it.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import connection
from psycopg.conninfo import make_conninfo

from dangol.measures.lake import compaction, manifest
from dangol.measures.lake.datasets import Dataset, registered
from dangol.measures.lake.drafts import draft_folder, hand_over, new_snapshot
from dangol.measures.lake.engine import files_relation, open_engine, quoted
from dangol.measures.lake.manifest import Delta, Manifest, Part
from dangol.measures.lake.merging import merged
from dangol.measures.lake.storage import store
from dangol.measures.lake.writing import Counted, copy, keep, write

Progress = Callable[[str, int], None]
"""Called with the name of the dataset and the rows copied so far, about once a second and when it is complete."""

MOST_TOUCHED: Final = 0.3
"""Above this share of changed rows copying everything is as quick, and leaves a tidy base."""


def extract(*, full: bool = True, progress: Progress | None = None) -> Manifest:
    """Copy every registered dataset and make the copy the current lake.

    The caller holds `manifest.exclusive()`. Reads committed data only, over a connection of its own.

    Args:
        full: everything anew; otherwise only what changed since the current lake, where that can be told. A dataset
            that is new, declared differently, or whose tables were emptied or restored is copied in full even so.
        progress: told about the rows.

    Returns:
        The manifest of the new lake.

    Raises:
        adbc_driver_manager.Error: the database cannot be read; the lake before stays current.
    """
    before = _before()
    snapshot = new_snapshot()
    with draft_folder(snapshot) as draft, _opened() as (source, engine):
        with closing(source):
            with source.cursor() as cursor:
                # The first statement of the transaction; ADBC has begun it.
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                cursor.execute(f"SET LOCAL TIME ZONE {quoted(settings.TIME_ZONE)}")
            taken_at = datetime.now(UTC).isoformat(timespec="seconds")
            oldest, origin, tables = _moment(source)
            usable = before if not full and before and _continues(before, origin, oldest) else None
            copier = _Copier(source, engine, draft, snapshot, tables, progress)
            parts = {
                dataset.name: copier.part(dataset, usable.datasets.get(dataset.name), usable.oldest)
                if usable
                else copier.whole(dataset)
                for dataset in registered()
            }
            source.rollback()
        if usable:
            parts = {
                name: compaction.part_compact(engine, part, draft / name, f"{name}/{snapshot}")
                if compaction.is_due(part)
                else part
                for name, part in parts.items()
            }
    published = Manifest(
        snapshot=snapshot,
        taken_at=taken_at,
        zone=settings.TIME_ZONE,
        datasets=parts,
        previous=before.snapshot if before else "",
        oldest=oldest,
        source=origin,
    )
    manifest.publish(published, before)
    return published


def refresh(*, progress: Progress | None = None) -> Manifest:
    """Bring the lake up to date by what changed; the first time, copy everything. Otherwise as `extract`."""
    return extract(full=False, progress=progress)


def database_address() -> str:
    """The database Django uses, for libpq."""
    parameters = connection.get_connection_params()
    wanted = (
        "host",
        "port",
        "user",
        "password",
        "dbname",
        "sslmode",
        "sslrootcert",
        "sslcert",
        "sslkey",
        "service",
    )
    return make_conninfo(**{name: parameters[name] for name in wanted if parameters.get(name)})


@contextmanager
def _opened() -> Iterator[tuple[Any, Any]]:
    """A connection to the database, which the caller closes, and an engine. Either takes its time: both at once."""
    from adbc_driver_postgresql import dbapi

    address = database_address()
    with ThreadPoolExecutor(max_workers=1) as aside:
        connecting = aside.submit(dbapi.connect, address)
        with closing(open_engine()) as engine:
            yield connecting.result(), engine


class _Copier:
    """Copies datasets over one transaction into files of one snapshot."""

    def __init__(
        self,
        source: Any,
        engine: Any,
        draft: Path,
        snapshot: str,
        tables: dict[str, int],
        progress: Progress | None,
    ) -> None:
        self.source = source
        self.engine = engine
        self.draft = draft
        self.snapshot = snapshot
        self.tables = tables
        self.progress = progress

    def part(self, dataset: Dataset, before: Part | None, since: int) -> Part:
        """The dataset by what changed since the part before, or in full where that is not to be had."""
        if before is None or not dataset.follows or before.definition != dataset.definition():
            return self.whole(dataset)
        if dict(before.tables) != self._tables_of(dataset) or not all(before.tables.values()):
            return self.whole(dataset)
        most = max(1000, int(MOST_TOUCHED * before.rows))
        with self.source.cursor() as cursor:
            cursor.execute(dataset.changed(since, most + 1))
            batches = Counted(cursor.fetch_record_batch())
            if batches.is_empty():
                return before
            columns = f"touched, {_typed(dataset)}"
            keep(self.engine, batches, columns, "changed", progress=self._teller(dataset.name))
        if batches.rows > most:
            self.engine.execute("DROP TABLE changed")
            return self.whole(dataset)
        part = self._with_delta(before, self.draft / dataset.name, f"{dataset.name}/{self.snapshot}")
        self.engine.execute("DROP TABLE changed")
        return part

    def _with_delta(self, before: Part, folder: Path, place: str) -> Part:
        """The part with the rows of the engine's table `changed` as its last delta."""
        there = f"FROM changed WHERE {before.key} IS NOT NULL"
        known = merged(before, files_relation(), only="SELECT touched FROM changed")
        ((touched, written, replaced),) = self.engine.execute(
            f"SELECT count(*), count({before.key}), (SELECT count(*) FROM ({known})) FROM changed"  # noqa: S608
        ).fetchall()
        folder.mkdir()
        keys, rows = folder / "keys.parquet", folder / "rows.parquet"
        write(self.engine, "SELECT touched AS key FROM changed", keys, None)
        names = {keys: f"{place}/keys.parquet"}
        if written:
            write(self.engine, f"SELECT {', '.join(before.columns)} {there}", rows, None)
            names[rows] = f"{place}/rows.parquet"
        store().put(names.items())
        delta = Delta(rows=written, touched=touched, file=names.get(rows, ""), keys=names[keys])
        return replace(before, rows=before.rows - replaced + written, deltas=(*before.deltas, delta))

    def whole(self, dataset: Dataset) -> Part:
        folder = self.draft / dataset.name
        folder.mkdir()
        with self.source.cursor() as cursor:
            cursor.execute(dataset.query())
            batches = Counted(cursor.fetch_record_batch())
            copy(
                self.engine,
                batches,
                _typed(dataset),
                folder,
                month_of=dataset.month_of,
                progress=self._teller(dataset.name),
            )
        return Part(
            rows=batches.rows,
            columns={column.name: column.engine_type for column in dataset.columns},
            files=hand_over(folder, f"{dataset.name}/{self.snapshot}"),
            key=dataset.key,
            month_of=dataset.month_of,
            definition=dataset.definition(),
            tables=self._tables_of(dataset),
        )

    def _teller(self, name: str) -> Callable[[int], None]:
        def tell(rows: int) -> None:
            if self.progress:
                self.progress(name, rows)

        return tell

    def _tables_of(self, dataset: Dataset) -> dict[str, int]:
        return {each.table: self.tables.get(each.table, 0) for each in dataset.follows}


def _typed(dataset: Dataset) -> str:
    return ", ".join(f"{column.name}::{column.engine_type} AS {column.name}" for column in dataset.columns)


def _before() -> Manifest | None:
    try:
        return manifest.current()
    except manifest.LakeMissing:
        return None


def _continues(before: Manifest, origin: str, oldest: int) -> bool:
    """Whether what changed since that lake can be told: it must be of this very database, and of its past."""
    return before.source == origin and 0 < before.oldest <= oldest and manifest.is_ours(before)


def _moment(source: Any) -> tuple[int, str, dict[str, int]]:
    """Of the transaction's snapshot: the oldest transaction that runs, which database this is, and its tables' files."""
    with source.cursor() as cursor:
        cursor.execute("""
            SELECT pg_snapshot_xmin(pg_current_snapshot())::text,
                   (SELECT system_identifier FROM pg_control_system())::text || '/'
                   || (SELECT timeline_id FROM pg_control_checkpoint())::text || '/'
                   || (SELECT oid FROM pg_database WHERE datname = current_database())::text
        """)
        oldest, origin = cursor.fetchone()
        tables = sorted({each.table for dataset in registered() for each in dataset.follows})
        found: dict[str, int] = {}
        if tables:
            listed = ", ".join(quoted(table) for table in tables)
            cursor.execute(
                "SELECT name, coalesce(pg_relation_filenode(to_regclass(name))::bigint, 0) "  # noqa: S608
                f"FROM unnest(ARRAY[{listed}]::text[]) name"
            )
            found = {name: int(node) for name, node in cursor.fetchall()}
    return int(oldest), origin, found
