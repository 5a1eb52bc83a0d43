"""Imports that look for what may be there already under another key."""

from __future__ import annotations

from typing import Any

import pytest

from dangol.customers.models import Customer
from dangol.records import registry, writing
from dangol.records.importing.errors import MappingProblem
from dangol.records.importing.mapping import read_mapping
from dangol.records.models import DuplicatePair, MatchingRule
from dangol.records.writing import Change
from tests.cast import Person
from tests.records.importing.conftest import CUSTOMERS, HEADER, SYSTEM, Importer

FILE = HEADER + (
    "C-1,한빛전자 주식회사,company,02-345-6789,\nC-2,두루상사,company,02-999-1111,\nC-3,온새미로,company,031-222-3333,\n"
    "C-4,누리소프트,company,02-777-8888,\nC-5,(주)온새미로,company,031-222-3333,\n"
)


@pytest.fixture
def hanbit(db: None) -> int:
    row = {"kind": "company", "name": "㈜한빛전자", "phone": "02-345-6789", "external_id": "OLD-1"}
    return writing.write(registry.get("customer"), [Change(row)], actor=SYSTEM).created[0]


def mapping(similar: str) -> dict[str, Any]:
    return {"name": "customers", "records": [{**CUSTOMERS["records"][0], "similar": similar}]}


def pairs() -> set[tuple[str, str]]:
    name = dict(Customer.objects.values_list("pk", "external_id"))
    return {(name[pair.left], name[pair.right]) for pair in DuplicatePair.objects.all()}


def test_unasked_nothing_is_looked_for(bring_in: Importer, hanbit: int) -> None:
    assert bring_in(FILE).imported == 5
    assert pairs() == set()


def test_similar_ones_go_in_and_stand_in_the_queue(bring_in: Importer, hanbit: int) -> None:
    run = bring_in(FILE, mapping("queue"))
    assert (run.imported, run.rejected) == (5, 0)
    assert pairs() == {("OLD-1", "C-1"), ("C-3", "C-5")}
    assert set(DuplicatePair.objects.values_list("found_by", "state")) == {("import", "open")}


@pytest.mark.parametrize("chunk_rows", [2, 10])
def test_similar_ones_are_turned_away(bring_in: Importer, hanbit: int, chunk_rows: int) -> None:
    """What is there stays; of two in the file the first goes in, whether or not a chunk ends between them."""
    run = bring_in(FILE, mapping("reject"), chunk_rows=chunk_rows)
    assert (run.imported, run.rejected) == (3, 2)
    assert list(run.rejects.order_by("number").values_list("number", "code")) == [
        (2, "similar"),
        (6, "similar"),
    ]
    assert pairs() == set()


def test_the_same_key_is_the_same_record_and_not_similar(bring_in: Importer, hanbit: int) -> None:
    bring_in(FILE, mapping("queue"))
    DuplicatePair.objects.all().delete()
    run = bring_in(FILE, mapping("queue"))
    assert run.unchanged == 5
    assert pairs() == set()


def test_what_another_team_has_is_not_told_where_rules_forbid_it(
    bring_in: Importer, hanbit: int, manager: Person
) -> None:
    MatchingRule.objects.create(record_type="customer", tells_of_others=False)
    run = bring_in(FILE, mapping("reject"), actor=manager.actor)
    assert list(run.rejects.values_list("number", flat=True)) == [6]


def test_records_that_are_not_compared_cannot_be_looked_for() -> None:
    data = {"name": "x", "records": [{"type": "product", "similar": "queue", "fields": {"name": "이름"}}]}
    with pytest.raises(MappingProblem):
        read_mapping(data)
