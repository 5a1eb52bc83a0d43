"""What a file leaves open: references that may stay empty, and rows without a number of their own."""

from __future__ import annotations

from typing import Any

import pytest

from dangol.commerce.models import OrderLine, Product
from dangol.customers.models import Customer
from dangol.interactions.models import Interaction
from dangol.records.importing.errors import MappingProblem
from dangol.records.importing.mapping import read_mapping
from tests.records.importing.conftest import Importer

pytestmark = pytest.mark.django_db

TASKS: dict[str, Any] = {
    "name": "tasks",
    "records": [
        {
            "type": "interaction",
            "key": ["external_id"],
            "fields": {
                "external_id": {"ordinal": ["Who", "Day"], "template": "{Who} {Day} #{#}"},
                "kind": {"constant": "task"},
                "subject": "Subject",
                "occurred_at": "Day",
            },
        }
    ],
}
LINES: dict[str, Any] = {
    "name": "lines",
    "records": [
        {
            "type": "order_line",
            "key": ["external_id"],
            "fields": {
                "external_id": "Id",
                "ordinal": "Id",
                "description": "Product",
                "product": {"column": "Product", "lookup": "name", "unmatched": "empty"},
                "quantity": {"constant": 1},
                "unit_price": {"constant": 5},
            },
        }
    ],
}
ROWS = "Id,Product\n1,축받이\n2,나사\n3,없는 것\n4,2026\n"


def test_rows_without_a_number_are_known_by_their_place_among_their_like(bring_in: Importer) -> None:
    rows = "Who,Day,Subject\n김,2026-11-01,전화\n김,2026-11-01,전화\n이,2026-11-01,전화\n김,2026-11-02,방문\n"
    run = bring_in(rows, TASKS, chunk_rows=2)
    assert (run.imported, run.rejected) == (4, 0)
    assert set(Interaction.objects.values_list("external_id", flat=True)) == {
        "김 2026-11-01 #1",
        "김 2026-11-01 #2",
        "이 2026-11-01 #1",
        "김 2026-11-02 #1",
    }
    again = bring_in(rows, TASKS, chunk_rows=3)
    assert (again.unchanged, again.imported) == (4, 0)


def test_a_number_too_long_for_its_field_rejects_its_row_only(bring_in: Importer) -> None:
    run = bring_in(f"Who,Day,Subject\n{'가' * 64},2026-11-01,전화\n이,2026-11-01,전화\n", TASKS)
    assert (run.imported, run.rejected) == (1, 1)


def test_a_name_that_nothing_or_two_things_have_leaves_the_reference_empty(bring_in: Importer) -> None:
    for code, name in (("A", "축받이"), ("B", "나사"), ("C", "나사"), ("D", "2026")):
        Product.objects.create(code=code, name=name)
    run = bring_in(ROWS, LINES)
    assert (run.imported, run.rejected) == (4, 0)
    assert dict(OrderLine.objects.values_list("description", "product__code")) == {
        "축받이": "A",
        "나사": None,
        "없는 것": None,
        "2026": "D",
    }, "also a name of digits is a name"
    again = bring_in(ROWS, LINES)
    assert (again.unchanged, again.imported) == (4, 0)


def test_without_that_leave_a_name_must_be_of_one_record(bring_in: Importer) -> None:
    for code, name in (("A", "축받이"), ("B", "나사"), ("C", "나사"), ("D", "2026")):
        Product.objects.create(code=code, name=name)
    fields = LINES["records"][0]["fields"]
    strict = {**LINES["records"][0], "fields": {**fields, "product": {"column": "Product", "lookup": "name"}}}
    run = bring_in(ROWS, {"name": "strict", "records": [strict]})
    assert (run.imported, run.rejected) == (2, 2)
    assert not OrderLine.objects.filter(product=None).exists()


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"name": {"column": "Name", "unmatched": "empty"}}, "records[0].fields.name.unmatched"),
        ({"name": {"ordinal": ["Name"], "template": "{Name}"}}, "records[0].fields.name.template"),
        ({"name": {"ordinal": ["Name"], "template": "{#}"}}, "records[0].fields.name.template"),
        ({"since": {"ordinal": ["Name"], "template": "{Name} {#}"}}, "records[0].fields.since.template"),
        ({"owner": {"column": "Name", "unmatched": "guess"}}, "records[0].fields.owner.unmatched"),
    ],
)
def test_a_mapping_that_asks_for_what_cannot_be_is_refused_with_its_place(fields: Any, path: str) -> None:
    with pytest.raises(MappingProblem) as problem:
        read_mapping({"name": "x", "records": [{"type": "customer", "fields": fields}]})
    assert problem.value.path == path
    assert not Customer.objects.exists()
