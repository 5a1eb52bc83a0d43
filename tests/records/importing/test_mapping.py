"""A mapping is refused with the place of the mistake; a right one turns rows into values."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from dangol.records.fields import Locale
from dangol.records.importing.errors import CellProblem, MappingProblem
from dangol.records.importing.mapping import compile_mapping, read_mapping
from dangol.records.importing.mapping.transforms import make_transform


def order(**fields: Any) -> dict[str, Any]:
    return {"records": [{"type": "order", "key": ["number"], "fields": {"number": "No", **fields}}]}


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ([], ""),
        ({}, "records"),
        ({"records": [], "more": 1}, "more"),
        ({"records": [{"type": "spaceship", "fields": {}}]}, "records[0].type"),
        ({"records": [{"type": "customer", "fields": {}}]}, "records[0].fields"),
        ({"records": [{"type": "customer", "fields": {"wings": "A"}}]}, "records[0].fields.wings"),
        ({"records": [{"type": "customer", "fields": {"id": "A"}}]}, "records[0].fields.id"),
        ({"records": [{"type": "customer", "key": ["phone"], "fields": {"name": "A"}}]}, "records[0].key[0]"),
        (order(kind={"columm": "K"}), "records[0].fields.kind"),
        (order(kind={"column": "K", "transform": ["bend"]}), "records[0].fields.kind.transform[0]"),
        (
            order(ordered_at={"column": "D", "transform": [{"datetime": {"time_zone": "Mars/Base"}}]}),
            "records[0].fields.ordered_at.transform[0].datetime.time_zone",
        ),
        (
            order(kind={"first": [{"when": {"column": "K"}, "constant": "sale"}]}),
            "records[0].fields.kind.first[0].when",
        ),
        (order(customer={"record": "customer"}), "records[0].fields.customer.record"),
        (order(kind={"column": "K", "existing": "perhaps"}), "records[0].fields.kind.existing"),
        ({"source": {"delimiter": "ab"}, **order()}, "source.delimiter"),
        ({"source": {"encoding": "klingon"}, **order()}, "source.encoding"),
        ({"time_zone": "Nowhere", **order()}, "time_zone"),
    ],
)
def test_a_wrong_mapping_names_the_place(data: Any, path: str) -> None:
    with pytest.raises(MappingProblem) as refused:
        read_mapping(data)
    assert refused.value.path == path
    assert str(refused.value)


def test_a_column_that_is_not_in_the_file_is_named() -> None:
    with pytest.raises(MappingProblem) as refused:
        compile_mapping(read_mapping(order()), ["Nummer"], Locale())
    assert "No" in str(refused.value)
    assert "Nummer" in str(refused.value)


@pytest.mark.parametrize(
    ("step", "text", "value"),
    [
        ("strip", " a ", "a"),
        ("integer_text", "17850.0", "17850"),
        ("integer_text", "17850", "17850"),
        ("decimal", "1,250.50", Decimal("1250.50")),
        ({"decimal": {"mark": ",", "group": "."}}, "1.250,50", Decimal("1250.50")),
        ({"decimal": {"strip": "$ "}}, "$22,700.00", Decimal("22700.00")),
        ("decimal", "１２", Decimal(12)),
        ({"choices": {"Y": "yes", "*": "no"}}, "y", "yes"),
        ({"choices": {"Y": "yes", "*": "no"}}, "?", "no"),
        ({"prefixes": {"C": "return", "": "sale"}}, "C536", "return"),
        ({"prefixes": {"C": "return", "": "sale"}}, "536", "sale"),
        ({"empty_if": ["-", "NULL"]}, "null", None),
        (
            {"datetime": {"format": "%Y-%m-%d %H:%M:%S", "time_zone": "Europe/London"}},
            "2011-07-01 09:00:00",
            datetime(2011, 7, 1, 8, tzinfo=UTC),
        ),
        (
            {"datetime": {"format": "%d %b, %Y %H:%M:%S", "time_zone": "UTC"}},
            "15 Apr, 2021 00:03:00",
            datetime(2021, 4, 15, 0, 3, tzinfo=UTC),
        ),
    ],
)
def test_steps_turn_text_into_values(step: Any, text: str, value: Any) -> None:
    assert make_transform(step, None)(text) == value


@pytest.mark.parametrize(
    ("step", "text", "code"),
    [
        ("integer_text", "17850.5", "integer_text"),
        ("decimal", "1e5", "number"),
        ("decimal", "NaN", "number"),
        ("decimal", "twelve", "number"),
        ({"decimal": {"mark": ",", "group": "."}}, "", "number"),
        ({"date": {}}, "2011-02-30", "date"),
        ({"datetime": {"time_zone": "Europe/London"}}, "2011-03-27 01:30:00", "no_such_time"),
        ({"choices": {"Y": "yes"}}, "N", "choice"),
        ({"prefixes": {"C": "return"}}, "536", "prefix"),
    ],
)
def test_steps_refuse_what_they_cannot_read(step: Any, text: str, code: str) -> None:
    with pytest.raises(CellProblem) as refused:
        make_transform(step, None)(text)
    assert refused.value.code == code
