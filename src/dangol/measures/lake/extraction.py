"""Copying the facts from PostgreSQL into Parquet files.

All datasets are read in one repeatable-read transaction, so the lake is one moment of the company. Rows stream from
`COPY … (FORMAT binary)` through Arrow batches into the files; memory does not grow with the data. Files are written
into a draft folder and appear all at once: a run killed at any point leaves the lake before it untouched.
"""

import os
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import connection
from psycopg.conninfo import make_conninfo

from dangol.measures.lake import manifest
from dangol.measures.lake.datasets import Dataset, registered
from dangol.measures.lake.engine import open_engine

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

Progress = Callable[[str, int], None]
"""Called with the name of the dataset and the rows copied so far, about once a second and when it is complete."""

PROGRESS_SECONDS: Final = 1.0


def extract(*, progress: Progress | None = None) -> manifest.Manifest:
    """Copy every registered dataset in full and make the copy the current lake.

    The caller holds `manifest.exclusive()`. Reads committed data only, over a connection of its own.

    Returns:
        The manifest of the new lake.

    Raises:
        adbc_driver_manager.Error: the database cannot be read; the lake before stays current.
    """
    from adbc_driver_postgresql import dbapi

    root = manifest.folder()
    root.mkdir(parents=True, exist_ok=True)
    snapshot = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
    draft = root / f"{manifest.DRAFT}{snapshot}"
    draft.mkdir()
    counts: dict[str, int] = {}
    with closing(dbapi.connect(database_address())) as source, closing(open_engine()) as engine:
        with source.cursor() as cursor:
            # The first statement of the transaction; ADBC has begun it.
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute(f"SET LOCAL TIME ZONE {_quoted(settings.TIME_ZONE)}")
        taken_at = datetime.now(UTC).isoformat(timespec="seconds")
        for dataset in registered():
            counts[dataset.name] = _copy(source, engine, dataset, draft / dataset.name, progress)
        source.rollback()
    parts = {}
    for dataset in registered():
        files = _settle(draft / dataset.name, root / dataset.name / snapshot)
        parts[dataset.name] = manifest.Part(
            rows=counts[dataset.name],
            columns={column.name: column.engine_type for column in dataset.columns},
            files=tuple(str(path.relative_to(root)) for path in files),
        )
    draft.rmdir()
    published = manifest.Manifest(
        snapshot=snapshot,
        taken_at=taken_at,
        zone=settings.TIME_ZONE,
        datasets=parts,
        previous=_snapshot_before(),
    )
    manifest.publish(published)
    return published


def _snapshot_before() -> str:
    try:
        return manifest.current().snapshot
    except manifest.LakeMissing:
        return ""


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


def _copy(
    source: Any,
    engine: "duckdb.DuckDBPyConnection",
    dataset: Dataset,
    target: Path,
    progress: Progress | None,
) -> int:
    """Write one dataset below `target`; returns the rows written."""
    import pyarrow as pa

    target.mkdir(parents=True)
    rows = 0

    def counted(batches: "pa.RecordBatchReader") -> Iterator["pa.RecordBatch"]:
        nonlocal rows
        for batch in batches:
            rows += batch.num_rows
            yield batch

    with source.cursor() as cursor:
        cursor.execute(dataset.query())
        batches = cursor.fetch_record_batch()
        reader = pa.RecordBatchReader.from_batches(batches.schema, counted(batches))
        columns = ", ".join(
            f"{column.name}::{column.engine_type} AS {column.name}" for column in dataset.columns
        )
        options = "FORMAT parquet, COMPRESSION zstd"
        place = str(target / "part.parquet")
        if dataset.month_of:
            columns += f", coalesce(strftime({dataset.month_of}, '%Y-%m'), 'none') AS month"
            options += ", PARTITION_BY (month)"
            place = str(target)
        statement = f"COPY (SELECT {columns} FROM incoming) TO {_quoted(place)} ({options})"  # noqa: S608
        engine.register("incoming", reader)
        try:
            # The engine pulls the batches in threads of its own; progress is told from the caller's, whose
            # database connection it may use.
            with ThreadPoolExecutor(max_workers=1) as worker:
                copying = worker.submit(engine.execute, statement)
                while wait([copying], timeout=PROGRESS_SECONDS).not_done:
                    if progress:
                        progress(dataset.name, rows)
                copying.result()
        finally:
            engine.unregister("incoming")
    if progress:
        progress(dataset.name, rows)
    return rows


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _settle(draft: Path, place: Path) -> list[Path]:
    """Move a dataset's finished files to where they stay, safe against a power cut; returns them in order."""
    for path in draft.rglob("*.parquet"):
        with path.open("rb") as file:
            os.fsync(file.fileno())
    place.parent.mkdir(parents=True, exist_ok=True)
    draft.rename(place)
    manifest.sync_folder(place.parent)
    return sorted(place.rglob("*.parquet"))
