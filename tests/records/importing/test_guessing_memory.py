"""How columns of earlier files were used helps with the next one."""

from __future__ import annotations

import pytest

from dangol.records.importing.guessing import remember
from dangol.records.importing.mapping import read_mapping
from dangol.records.models import ImportMemory
from tests.records.importing.conftest import Importer
from tests.records.importing.test_guessing_columns import goes, of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_remembered(db: None) -> None:
    """Imports of other tests that are committed leave something behind."""
    ImportMemory.objects.all().delete()


REMEMBERED = {
    "records": [
        {
            "type": "customer",
            "key": ["external_id"],
            "fields": {
                "external_id": {"column": "우리 번호"},
                "name": "우리 이름",
                "since": {"column": "언제부터", "transform": [{"date": {"order": "dmy"}}]},
            },
        }
    ]
}


def test_a_file_like_an_earlier_one_is_understood_by_itself() -> None:
    remember(read_mapping(REMEMBERED), ["우리 번호", "우리 이름", "언제부터", "이메일"])
    found = of(
        "customer", ["우리 이름", "우리  번호", "언제부터", "이메일"], ["가", "1", "03/04/2021", "a@b.kr"]
    )
    assert goes(found) == {"우리 이름": "name", "우리  번호": "external_id", "언제부터": "since"}
    assert {item.why for item in found.columns} == {"memory", ""}
    assert found.questions == []
    assert found.columns[2].transforms == [{"date": {"order": "dmy"}}]


def test_what_is_remembered_does_not_outweigh_what_stands_there() -> None:
    remember(read_mapping(REMEMBERED))
    found = of("customer", ["언제부터"], ["12/25/2021"])
    assert found.columns[0].transforms == [{"date": {"order": "mdy"}}]


def test_the_last_use_of_a_column_counts_and_uses_are_counted() -> None:
    remember(read_mapping(REMEMBERED))
    changed = {"records": [{"type": "customer", "fields": {"name": "우리 번호"}}]}
    remember(read_mapping(changed))
    memory = ImportMemory.objects.get(column="우리 번호")
    assert memory.use == {"field": "name"}
    assert memory.times == 2
    assert ImportMemory.objects.get(column="우리 이름").times == 1


def test_a_memory_of_a_field_that_is_gone_is_passed_over() -> None:
    ImportMemory.objects.create(record_type="customer", column="이름", use={"field": "wings"})
    assert goes(of("customer", ["이름"])) == {"이름": "name"}


def test_an_import_that_is_done_is_remembered(bring_in: Importer) -> None:
    bring_in("우리 번호,우리 이름,언제부터,x\n1,가,03/04/2021,y\n", read_mapping(REMEMBERED))
    found = of("customer", ["우리 번호", "우리 이름", "언제부터", "x"], ["2", "나", "05/06/2021", "z"])
    assert goes(found) == {"우리 번호": "external_id", "우리 이름": "name", "언제부터": "since"}
    assert found.questions == []
    assert not ImportMemory.objects.filter(column="x").exists()


def test_what_is_more_than_a_choice_is_not_remembered() -> None:
    fields = {"name": {"column": "이름표", "transform": ["upper"]}, "phone": {"template": "{번호표}"}}
    remember(read_mapping({"records": [{"type": "customer", "fields": fields}]}))
    assert not ImportMemory.objects.exists()


def test_a_column_whose_name_no_database_keeps_is_no_trouble() -> None:
    header = ["이름", "a\0b", "\udcff"]
    remember(read_mapping({"records": [{"type": "customer", "fields": {"name": "이름"}}]}), header)
    assert goes(of("customer", header)) == {"이름": "name"}
    assert ImportMemory.objects.count() == 1
