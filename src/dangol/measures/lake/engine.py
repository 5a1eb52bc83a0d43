"""The one place that knows which engine reads the lake."""

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from dangol.measures.lake import manifest
from dangol.measures.lake.manifest import LakeMissing, Manifest
from dangol.measures.lake.merging import Relation, merged
from dangol.measures.lake.storage import DRAFT, folder, store

if TYPE_CHECKING:
    import duckdb
    import ibis.expr.types as ir
    import pyarrow as pa

MEMORY = "1500MB"
"""What the engine may use before it spills to disk; the analytics worker stays below 3 GB."""


@contextmanager
def _quiet() -> Iterator[None]:
    """Ibis 12 calls functions of DuckDB 2 by their old names; nothing that we could change."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"fetch_\w+\(\) is deprecated", category=DeprecationWarning)
        yield


@dataclass(frozen=True, slots=True)
class Lake:
    """An open lake: `backend` is an Ibis backend in which each dataset is a table."""

    backend: Any
    manifest: Manifest

    def table(self, name: str) -> "ir.Table":
        """One dataset as an Ibis table.

        Raises:
            LakeMissing: the lake was extracted before this dataset was declared.
        """
        if name not in self.manifest.datasets:
            raise LakeMissing(f"the lake has no {name} yet: run `dangol refresh`")
        with _quiet():
            return self.backend.table(name)

    def read(self, expression: "ir.Table") -> "pa.Table":
        """Run an expression and hand back all rows; for results that are small."""
        with _quiet():
            return self.backend.to_pyarrow(expression)

    def statement(self, expression: "ir.Table") -> tuple[str, "pa.Schema"] | None:
        """The expression as SQL and what it gives, to be run more than once; None where the engine takes no SQL from us."""
        if self.backend.name != "duckdb":
            return None
        return self.backend.compile(expression), expression.schema().to_pyarrow()

    def run(self, sql: str, schema: "pa.Schema") -> "pa.Table":
        """Run a statement that `statement` gave and hand back all rows; for results that are small."""
        return self.backend.con.sql(sql).to_arrow_reader(50_000).cast(schema).read_all()

    def batches(self, expression: "ir.Table", size: int = 50_000) -> "pa.RecordBatchReader":
        """Run an expression and stream its rows; memory does not grow with the result.

        An expression that joins a table made in memory must be kept first. Read one stream to its end before the next.
        """
        if self.backend.name != "duckdb":
            return self.backend.to_pyarrow_batches(expression, chunk_size=size)
        # Ibis 12 asks DuckDB for a stream in a way that DuckDB 2 no longer has.
        batches = self.backend.con.sql(self.backend.compile(expression)).to_arrow_reader(size)
        return batches.cast(expression.schema().to_pyarrow())

    def keep(self, name: str, expression: "ir.Table") -> "ir.Table":
        """Compute an expression once, for expressions that build on it more than once."""
        with _quiet():
            return self.backend.create_table(name, expression, temp=True)

    def keeps(self, name: str) -> bool:
        """Whether something was kept under this name."""
        if self.backend.name != "duckdb":
            return name in self.backend.list_tables()
        found = self.backend.con.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = ?", [name])
        return bool(found.fetchall())

    def kept(self, name: str) -> "ir.Table":
        """What was kept under this name."""
        with _quiet():
            return self.backend.table(name)

    def close(self) -> None:
        self.backend.disconnect()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def connect(of: Manifest | None = None) -> Lake:
    """Open the current lake (or the one given).

    Raises:
        LakeMissing: nothing has been extracted yet.
        ImproperlyConfigured: `DANGOL_ENGINE` names an engine this installation does not have.
    """
    import ibis

    of = of or manifest.current()
    if engine_name() != "duckdb":
        return Lake(_spark().connect(engine_name(), of), of)
    engine = open_engine()
    backend = ibis.duckdb.from_connection(engine)
    for name, part in of.datasets.items():
        engine.execute(f"CREATE VIEW {name} AS {merged(part, files_relation())}")
    return Lake(backend, of)


def engine_name() -> str:
    """What reads the lake: `duckdb`, or the address of a Spark.

    Raises:
        ImproperlyConfigured: neither.
    """
    name: str = getattr(settings, "DANGOL_ENGINE", "duckdb")
    if name != "duckdb" and name != "spark-local" and not name.startswith("spark://"):
        raise ImproperlyConfigured(f"DANGOL_ENGINE={name!r}: write duckdb, spark-local or spark://host:port")
    return name


def _spark() -> Any:
    try:
        from dangol.measures.lake import spark
    except ImportError as error:
        raise ImproperlyConfigured(
            f"DANGOL_ENGINE={engine_name()!r} needs Spark, which is not installed ({error}): "
            "pip install 'dangol[spark]'"
        ) from error
    return spark


def open_engine() -> "duckdb.DuckDBPyConnection":
    """A fresh DuckDB in this process, bounded in memory, that reaches for the network only where the lake lies there."""
    import duckdb

    spill = folder() / f"{DRAFT}spill"
    engine = duckdb.connect(
        config={
            "memory_limit": MEMORY,
            "temp_directory": str(spill),
            "preserve_insertion_order": "false",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
    )
    store().attach(engine)
    return engine


def files_relation() -> Relation:
    """How DuckDB reads files of the store."""
    place = store()

    def relation(files: Iterable[str]) -> str:
        listed = ", ".join(quoted(place.address(file)) for file in files)
        return f"read_parquet([{listed}], hive_partitioning = false)"

    return relation


def quoted(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


__all__ = ["Lake", "LakeMissing", "connect", "open_engine"]
