"""Spark as the engine that reads the lake, for more than one machine can hold; needs the extra `dangol[spark]`.

Imported only where `DANGOL_ENGINE` names a Spark. A cluster must reach the lake by the same addresses as this machine:
a shared disk, or an object store whose Hadoop library its Spark has.
"""

import os
import shutil
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir
from django.core.exceptions import ImproperlyConfigured
from ibis.backends.pyspark import Backend
from pyspark.sql import SparkSession

from dangol.measures.lake.manifest import Manifest
from dangol.measures.lake.merging import merged
from dangol.measures.lake.storage import store

if TYPE_CHECKING:
    import pyarrow as pa

# Whoever asks Ibis for an engine by name registers its options; the class alone does not, and floating-point columns ask for one.
ibis.pyspark  # noqa: B018

_lock = threading.Lock()
_lakes = 0
"""How many lakes this process has open; the last one that is closed ends the Spark application."""


class SparkLake(Backend):  # type: ignore[misc]
    """The Spark backend of Ibis, with results, kept tables and tables made in memory going by Arrow.

    Ibis 12 takes them through pandas, where integers that may be missing become floating-point numbers.
    """

    def to_pyarrow(self, expr: ir.Expr, /, **options: Any) -> "pa.Table":
        """Run an expression. The whole result comes to this process at once."""
        import pyarrow as pa

        table = expr.as_table()
        found = self._frame(table, **options).toArrow()
        # Moments in Spark are in UTC; Ibis takes them for moments without a zone.
        kinds = [
            given if pa.types.is_timestamp(given.type) and pa.types.is_timestamp(meant.type) else meant
            for given, meant in zip(found.schema, table.schema().to_pyarrow(), strict=True)
        ]
        return found.cast(pa.schema(kinds))

    def to_pyarrow_batches(
        self, expr: ir.Expr, /, *, chunk_size: int = 50_000, **options: Any
    ) -> "pa.RecordBatchReader":
        """The same in pieces; Spark has no stream to hand over, so memory grows with the result."""
        import pyarrow as pa

        table = self.to_pyarrow(expr, **options)
        return pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=chunk_size))

    def create_table(
        self, name: str, /, obj: Any = None, *, temp: bool | None = None, **options: Any
    ) -> ir.Table:
        """A temporary table is kept in the memory of the cluster, on its disks where that is short, until it is read
        no more: `disconnect` lets it go."""
        if not temp:
            return super().create_table(name, obj, temp=temp, **options)
        frame = self._frame(obj).cache()
        frame.createOrReplaceTempView(name)
        self._cached_dataframes[name] = frame
        return self.table(name)

    def disconnect(self) -> None:
        """Let go what was kept; the last lake of the process ends the Spark application."""
        global _lakes
        for frame in self._cached_dataframes.values():
            frame.unpersist()
        self._cached_dataframes.clear()
        with _lock:
            _lakes -= 1
            if not _lakes:
                self._session.stop()

    def _frame(self, expr: ir.Expr, **options: Any) -> Any:
        self._run_pre_execute_hooks(expr)
        return self._session.sql(self.compile(expr, **options))

    def _register_in_memory_table(self, op: Any) -> None:
        rows = op.data.to_pyarrow(op.schema)
        self._session.createDataFrame(rows).createOrReplaceTempView(op.name)


def connect(name: str, of: Manifest) -> SparkLake:
    """An Ibis backend on the Spark that `DANGOL_ENGINE` names, in which each dataset of the lake is a view.

    Lakes of one process share an application, and see only their own views.

    Raises:
        ImproperlyConfigured: there is no Java.
    """
    backend = opened(name)
    try:
        session, place = backend._session, store()
        views: dict[tuple[str, ...], str] = {}

        def relation(files: Iterable[str]) -> str:
            listed = tuple(place.address(file) for file in files)
            if listed not in views:
                views[listed] = f"lake_files_{len(views)}"
                session.read.parquet(*listed).createOrReplaceTempView(views[listed])
            return views[listed]

        for dataset, part in of.datasets.items():
            session.sql(_words(merged(part, relation))).createOrReplaceTempView(dataset)
    except BaseException:
        backend.disconnect()
        raise
    return backend


def opened(name: str) -> SparkLake:
    """A session without tables on that Spark; whoever asks must `disconnect` it. Raises as `connect`."""
    global _lakes
    if not os.environ.get("JAVA_HOME") and not shutil.which("java"):
        raise ImproperlyConfigured(
            f"DANGOL_ENGINE={name!r} needs Java 17 or newer: install it, or set JAVA_HOME"
        )
    builder = SparkSession.builder.appName("dangol").config("spark.ui.enabled", "false")
    if name == "spark-local":
        builder = builder.master("local[*]")
        for key, value in _alone().items():
            builder = builder.config(key, value)
    else:
        builder = builder.master(name)
    with _lock:
        session = builder.getOrCreate().newSession()
        _lakes += 1
    backend = SparkLake()
    backend.do_connect(session)
    return backend


def _alone() -> dict[str, str]:
    """Settings of a Spark within this machine: it listens to nobody outside, and cuts its work for few cores."""
    return {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.shuffle.partitions": str(2 * (os.cpu_count() or 1)),
    }


def _words(query: str) -> str:
    """The statement in Spark's words: its text type has another name."""
    return query.replace(" AS VARCHAR)", " AS STRING)").replace(" AS TIMESTAMPTZ)", " AS TIMESTAMP)")
