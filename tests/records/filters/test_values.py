"""Numbers in filters, as people write them, to their last digit."""

from decimal import Decimal

import pytest

from dangol.records.filters.values import amount


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("49000000000000140000000000.0001", "49000000000000140000000000.0001"),
        ("-9,999,999,999,999,999,999,999,999,999.9999", "-9999999999999999999999999999.9999"),
        ("1234567890123456789012345678.5k", "1234567890123456789012345678500"),
        ("1.2억", "120000000"),
        ("9" * 41, None),
    ],
)
def test_a_number_is_read_to_its_last_digit(text, meant):
    assert amount(text) == (None if meant is None else Decimal(meant))
