import pytest

from tests.measures.conftest import lake_folder, shop  # noqa: F401

pytest.register_assert_rewrite("tests.insight.retail_on_pages")
