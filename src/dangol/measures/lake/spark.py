"""Spark as the engine that reads the lake, for more than one machine can hold; needs the extra `dangol[spark]`."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from dangol.measures.lake.manifest import Manifest
from dangol.measures.lake.merging import merged
from dangol.measures.lake.storage import store


def connect(name: str, of: Manifest) -> Any:
    """An Ibis backend on the Spark that `DANGOL_ENGINE` names, in which each dataset of the lake is a view.

    Raises:
        ImproperlyConfigured: the extra is not installed.
    """
    try:
        from pyspark.sql import SparkSession  # type: ignore[import-not-found,unused-ignore]
    except ImportError as error:
        raise ImproperlyConfigured(
            f"DANGOL_ENGINE={name!r} needs Spark, which is not installed: pip install 'dangol[spark]'"
        ) from error
    import ibis

    master = "local[*]" if name == "spark-local" else name
    session = (
        SparkSession.builder.master(master)
        .appName("dangol")
        # Moments are kept in UTC, as DuckDB reads them.
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.ui.enabled", "false")
        .getOrCreate()
    )
    backend = ibis.pyspark.connect(session)
    place = store()
    views: dict[tuple[str, ...], str] = {}

    def relation(files: Iterable[str]) -> str:
        listed = tuple(place.address(file) for file in files)
        if listed not in views:
            views[listed] = f"lake_files_{len(views)}"
            session.read.parquet(*listed).createOrReplaceTempView(views[listed])
        return views[listed]

    for dataset, part in of.datasets.items():
        session.sql(_words(merged(part, relation))).createOrReplaceTempView(dataset)
    return backend


def _words(query: str) -> str:
    """The statement in Spark's words: its text type has another name."""
    return query.replace(" AS VARCHAR)", " AS STRING)").replace(" AS TIMESTAMPTZ)", " AS TIMESTAMP)")
