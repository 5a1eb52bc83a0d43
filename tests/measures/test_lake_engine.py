"""Which engine reads the lake; what is missing is said. What Spark reads is in `test_lake_spark`."""

import importlib.util

import pytest
from django.core.exceptions import ImproperlyConfigured

from dangol.measures import lake

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
