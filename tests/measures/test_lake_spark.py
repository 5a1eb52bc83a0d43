"""Spark reads from the lake what DuckDB reads from it."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given, settings
from hypothesis import strategies as st

from dangol.commerce.models import Order, OrderLine
from dangol.customers.models import Customer
from dangol.identity.actors import Actor
from dangol.insight import customer_value, services
from dangol.measures import lake, metrics
from dangol.measures.lake import datasets
from dangol.measures.models import Score, Series
from dangol.records.filters import FilterError
from tests.measures import test_lake_filters as by_duckdb
from tests.measures.test_lake_filters import lab_datasets, lab_registry, lab_tables, tables
from tests.records.filters.strategies import worlds
from tests.records.filters.test_meaning import fill
from tests.settling import settle

__all__ = ["lab_datasets", "lab_registry", "lab_tables", "tables"]

HAS_SPARK = importlib.util.find_spec("pyspark") is not None
HAS_JAVA = bool(os.environ.get("JAVA_HOME") or shutil.which("java"))

pytestmark = [
    pytest.mark.spark,
    pytest.mark.skipif(not HAS_SPARK, reason="pyspark is not installed (dangol[spark])"),
    # PySpark leaves the socket of a result to the garbage collector.
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]
needs_java = pytest.mark.skipif(not HAS_JAVA, reason="Spark needs Java")


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """A Spark that stays up for all tests here, which would each wait for one otherwise."""
    if not (HAS_SPARK and HAS_JAVA):
        pytest.skip("Spark needs pyspark and Java")
    from dangol.measures.lake import spark

    backend = spark.opened("spark-local")
    yield backend
    backend.disconnect()


@pytest.fixture
def engines(settings, spark) -> Callable[[Callable[[lake.Lake], Any]], list[Any]]:
    """What a question about the current lake is answered by DuckDB and by Spark, in this order."""

    def ask(question: Callable[[lake.Lake], Any]) -> list[Any]:
        answers = []
        for name in ("duckdb", "spark-local"):
            settings.DANGOL_ENGINE = name
            with lake.connect() as opened:
                answers.append(question(opened))
        settings.DANGOL_ENGINE = "duckdb"
        return answers

    return ask


def rows_of(opened: lake.Lake, name: str = "order_lines") -> tuple[list[Any], list[Any]]:
    """All rows of a dataset in order, and the types of their columns."""
    found = opened.read(opened.table(name))
    return sorted(found.to_pylist(), key=lambda row: row["id"]), list(found.schema.types)


def refresh() -> lake.Manifest:
    settle()
    return lake.refresh()


@needs_java
def test_spark_merges_base_and_deltas_as_duckdb_does(shop, engines):
    customer, other = shop.customer(), shop.customer(name="다른 곳", grade="vip")
    shop.order(customer, "2026-09-20", "1.5", 2)
    moved = shop.order(customer, "2026-10-20", "0.00000001", 8, at="23:59:59.123456")
    removed = shop.order(other, "2026-11-20", 16, 32)
    refresh()
    by_duck, by_spark = engines(rows_of)
    assert by_duck == by_spark
    assert len(by_spark[0]) == 6
    moved.lines.filter(ordinal=1).update(quantity=3)
    removed.lines.filter(ordinal=1).delete()
    Order.objects.filter(pk=moved.pk).update(customer=other, ordered_at="2026-12-31T15:00Z")
    refresh()
    OrderLine.objects.filter(order=moved, ordinal=1).delete()
    shop.order(None, "2026-11-20", 64)
    published = refresh()
    assert len(published.datasets["order_lines"].deltas) == 2
    by_duck, by_spark = engines(rows_of)
    assert by_duck == by_spark
    assert len(by_spark[0]) == 5
    lake.compact()
    assert engines(rows_of) == [by_duck, by_spark], "and the same again when folded"


@needs_java
def test_spark_reads_an_empty_lake(shop, engines):
    refresh()
    (by_duck, kinds), (by_spark, spark_kinds) = engines(rows_of)
    assert by_duck == by_spark == []
    assert kinds == spark_kinds


@needs_java
def test_spark_reads_a_dataset_that_was_declared_differently(shop, engines, monkeypatch):
    shop.order(shop.customer(), "2026-11-20", 1)
    refresh()
    shop.order(shop.customer(name="나"), "2026-11-20", 2)
    known = next(each for each in datasets.registered() if each.name == "customers")
    named = lake.Dataset(
        name="customers",
        record_type="customer",
        source=known.source,
        columns=(lake.Column("name", "text", "c.name"), *known.columns),
        follows=known.follows,
    )
    monkeypatch.setitem(datasets._datasets, "customers", named)
    refresh()
    Customer.objects.filter(name="나").update(name="다")
    refresh()
    by_duck, by_spark = engines(lambda opened: rows_of(opened, "customers"))
    assert by_duck == by_spark
    assert [row["name"] for row in by_spark[0]] == ["한빛정밀", "다"]


@needs_java
def test_spark_computes_the_same_metrics(shop, engines):
    customer = shop.customer()
    shop.order(customer, "2026-10-20", "1.5", 2)
    refresh()
    shop.order(customer, "2026-11-20", 4)
    shop.order(None, "2026-11-21", "-0.25", kind="return")
    refresh()

    def figures(opened, *, per_record):
        rows, kinds = [], []
        for table in metrics.by_month(opened, metrics.registered(), currency="KRW", per_record=per_record):
            batches = opened.batches(table)
            kinds.append(list(zip(batches.schema.names, batches.schema.types, strict=True)))
            rows += [str(row) for batch in batches for row in batch.to_pylist()]
        return sorted(rows), kinds

    for per_record in (False, True):
        by_duck, by_spark = engines(lambda opened, whole=per_record: figures(opened, per_record=whole))
        assert by_duck == by_spark
        assert by_spark[0]


@needs_java
def test_spark_scores_customers_as_duckdb_does(shop, engines):
    for number in range(12):
        customer = shop.customer(name=f"고객 {number}")
        for step in range(1 + number % 5):
            shop.order(customer, date(2026, 11, 20 - step * 3), "33.335", "1000", at=f"{step:02}:30")
        if number % 4 == 0:
            shop.order(customer, "2025-02-28", "-12.5", kind="return")
        if number % 6 == 0:
            shop.order(customer, "2026-11-19", 7, currency="USD")
    shop.order(shop.customer(name="반품만"), "2026-11-02", -5, kind="return")
    shop.order(None, "2026-11-03", "7.125")
    refresh()

    def scores(opened):
        table = customer_value.customer_scores(opened, as_of=date(2026, 11, 20), currency="KRW")
        found = opened.read(opened.keep("kept", table))
        return (
            sorted(found.to_pylist(), key=lambda row: row["record_id"]),
            found.schema,
            customer_value.facts(opened, date(2026, 11, 21)),
        )

    by_duck, by_spark = engines(scores)
    assert by_duck == by_spark
    assert len(by_spark[0]) == 13
    assert {row["rfm.segment"] for row in by_spark[0]} > {None}


@needs_java
def test_a_refresh_by_spark_publishes_what_one_by_duckdb_publishes(shop, settings, spark):
    for number in range(6):
        customer = shop.customer(name=f"고객 {number}")
        shop.order(customer, date(2026, 11, 1 + number), 1000 * (number + 1), "0.5")
    published = []
    for name in ("duckdb", "spark-local"):
        settings.DANGOL_ENGINE = name
        settle()
        services.refresh_all(actor=Actor.system("test"))
        published.append(
            [
                list(Score.objects.order_by("record_id", "name").values_list("record_id", "name", "value", "label")),
                list(
                    Series.objects.order_by("record_type", "record_id", "name", "period").values_list(
                        "record_type", "record_id", "name", "period", "value"
                    )
                ),
            ]
        )  # fmt: skip
        Score.objects.all().delete()
        Series.objects.all().delete()
    assert published[0] == published[1]
    assert all(published[1])


@needs_java
def test_closing_one_lake_leaves_the_others_of_the_process_open(shop, settings, spark):
    shop.order(None, "2026-11-20", 1)
    older = refresh()
    shop.order(None, "2026-11-20", 2)
    refresh()
    settings.DANGOL_ENGINE = "spark-local"
    with lake.connect(older) as before:
        with lake.connect() as now:
            assert len(rows_of(now)[0]) == 2
        assert len(rows_of(before)[0]) == 1


def keep(backend: Any, name: str, table: Any) -> None:
    backend._session.createDataFrame(table).createOrReplaceTempView(name)


@needs_java
@pytest.mark.parametrize("guarded", [False, True])
@pytest.mark.usefixtures("tables", "lab_datasets")
@settings(by_duckdb.QUIET, max_examples=6)
@given(data=st.data(), world=worlds)
def test_spark_finds_what_the_database_finds(spark, guarded, data, world):
    of = by_duckdb.opened(spark, fill(world), keep)
    for _again in range(3):
        try:
            by_duckdb.agrees(of, data, guarded)
        except FilterError as refused:
            # own fields are not read there, and that is said
            if refused.code != "lake":
                raise


def test_spark_without_java_says_what_to_install(shop, settings, monkeypatch):
    refresh()
    settings.DANGOL_ENGINE = "spark-local"
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(ImproperlyConfigured, match="Java 17"):
        lake.connect()
