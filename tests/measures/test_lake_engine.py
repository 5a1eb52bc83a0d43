"""The same metrics on another engine; what is missing is said."""

import importlib.util

import pytest
from django.core.exceptions import ImproperlyConfigured

from dangol.measures import lake, metrics

HAS_SPARK = importlib.util.find_spec("pyspark") is not None


@pytest.mark.skipif(HAS_SPARK, reason="Spark is installed")
def test_spark_without_its_library_says_what_to_install(shop, settings):
    lake.refresh()
    settings.DANGOL_ENGINE = "spark-local"
    with pytest.raises(ImproperlyConfigured, match=r"dangol\[spark\]"):
        lake.connect()


def test_an_engine_nobody_knows_is_refused(shop, settings):
    lake.refresh()
    settings.DANGOL_ENGINE = "abacus"
    with pytest.raises(ImproperlyConfigured, match=r"abacus.*spark-local"):
        lake.connect()


@pytest.mark.spark
@pytest.mark.skipif(not HAS_SPARK, reason="pyspark is not installed (dangol[spark])")
def test_spark_computes_the_same_as_duckdb(shop, settings):
    customer = shop.customer()
    shop.order(customer, "2026-10-20", "1.5", 2)
    lake.refresh()
    shop.order(customer, "2026-11-20", 4)
    lake.refresh()

    def revenue():
        with lake.connect() as opened:
            table = metrics.by_month(opened, [metrics.get("revenue")], currency="KRW")
            return sorted(map(str, opened.read(table).to_pylist()))

    by_duckdb = revenue()
    settings.DANGOL_ENGINE = "spark-local"
    assert revenue() == by_duckdb
