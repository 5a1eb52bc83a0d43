"""Streams of rows into Parquet files; memory does not grow with them."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dangol.measures.lake.engine import quoted

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

PROGRESS_SECONDS: Final = 1.0
OPTIONS: Final = "FORMAT parquet, COMPRESSION zstd"


class Counted:
    """Batches on their way through, and how many rows they were."""

    def __init__(self, batches: "pa.RecordBatchReader") -> None:
        self.batches = batches
        self.rows = 0
        self._first: list[pa.RecordBatch] = []

    def is_empty(self) -> bool:
        """Whether there are no rows; waits for the first ones."""
        while not self._first:
            try:
                batch = self.batches.read_next_batch()
            except StopIteration:
                return True
            if batch.num_rows:
                self._first.append(batch)
        return False

    def reader(self) -> "pa.RecordBatchReader":
        import pyarrow as pa

        return pa.RecordBatchReader.from_batches(self.batches.schema, self._counting())

    def _counting(self) -> Iterator["pa.RecordBatch"]:
        for batch in chain(self._first, self.batches):
            self.rows += batch.num_rows
            yield batch


def copy(
    engine: "duckdb.DuckDBPyConnection",
    batches: Counted,
    columns: str,
    target: Path,
    *,
    month_of: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Write batches into the file `target`, or into files by month below the folder `target`.

    Args:
        columns: what to take of them, as SQL.
        month_of: the date column by whose months files are cut; a folder without it gets one file.
        progress: told the rows so far about once a second, in the caller's thread, and at the end.
    """
    query = f"SELECT {columns} FROM incoming"  # noqa: S608
    _pulled(engine, batches, lambda: write(engine, query, target, month_of), progress)


def keep(
    engine: "duckdb.DuckDBPyConnection",
    batches: Counted,
    columns: str,
    table: str,
    *,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Take batches into a temporary table of the engine, which spills to disk where memory is short; as `copy`."""
    query = f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT {columns} FROM incoming"  # noqa: S608
    _pulled(engine, batches, lambda: engine.execute(query), progress)


def _pulled(
    engine: "duckdb.DuckDBPyConnection",
    batches: Counted,
    take: Callable[[], object],
    progress: Callable[[int], None] | None,
) -> None:
    """Take the batches, which the engine sees as the relation `incoming`."""
    engine.register("incoming", batches.reader())
    try:
        # The engine pulls the batches in threads of its own; progress is told from the caller's, whose database
        # connection it may use.
        with ThreadPoolExecutor(max_workers=1) as worker:
            taking = worker.submit(take)
            while wait([taking], timeout=PROGRESS_SECONDS).not_done:
                if progress:
                    progress(batches.rows)
            taking.result()
    finally:
        engine.unregister("incoming")
    if progress:
        progress(batches.rows)


def write(engine: "duckdb.DuckDBPyConnection", query: str, target: Path, month_of: str | None) -> None:
    """Write the rows of a query as `copy` does."""
    options = OPTIONS
    if month_of:
        query = f"SELECT *, coalesce(strftime({month_of}, '%Y-%m'), 'none') AS month FROM ({query})"  # noqa: S608
        options += ", PARTITION_BY (month)"
    elif target.is_dir():
        target /= "part.parquet"
    engine.execute(f"COPY ({query}) TO {quoted(str(target))} ({options})")
