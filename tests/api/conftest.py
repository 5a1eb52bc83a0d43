import pytest

from dangol.records import registry


@pytest.fixture
def product_types():
    """The record types that users get, without those of the tests."""
    return [item for item in registry.all_types() if item.model.__module__.startswith("dangol.")]
