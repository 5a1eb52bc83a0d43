"""Cells from a spreadsheet's clipboard: a grid, errors beside the cell, and a run with undo."""

from __future__ import annotations

import re
from typing import Any

import pytest

from dangol.customers.models import Customer
from dangol.records import registry, writing
from dangol.records.models import ImportRun
from tests.cast import Person

pytestmark = pytest.mark.django_db
CELLS = "고객 번호\t고객명\t도시\t단계\nC-1\t한빛정밀\t부산\t유지\nC-2\t두리상사\t서울\t없는 단계\n"


def pasted(person: Person, cells: str, **more: str) -> Any:
    return person.client.post("/customers/paste/", {"cells": cells, **more})


def grid(person: Person, address: str) -> str:
    return person.client.get(address).content.decode()


def chosen(page: str) -> dict[str, str]:
    """What the form of the grid would send as it stands."""
    found = {}
    for name, options in re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        value = re.search(r'value="([^"]*)" selected', options)
        found[name] = value.group(1) if value else ""
    return found


def test_pasted_cells_are_shown_with_their_errors_and_brought_in(manager: Person) -> None:
    answer = pasted(manager, CELLS)
    assert answer.status_code == 302
    page = grid(manager, answer.url)
    told = chosen(page)
    assert [told[f"f{at}"] for at in range(4)] == ["external_id", "name", "city", "stage"]
    assert told["key"] == "external_id"
    bad = re.search(r'<td class="bad">없는 단계<span class="err">([^<]+)</span>', page)
    assert bad, "the error stands beside its cell"
    assert "유지" in bad.group(1), "it says what would be right"
    assert not Customer.objects.exists(), "looking changes nothing"
    result = manager.client.post(answer.url, {**told, "step": "run"})
    run = ImportRun.objects.get()
    assert result.url == f"/imports/{run.key}/"
    assert (run.state, run.imported, run.rejected) == ("finished", 1, 1)
    assert Customer.objects.get().name == "한빛정밀"
    manager.client.post(f"/imports/{run.key}/undo/")
    run.refresh_from_db()
    assert run.undo == "running"


def test_records_are_changed_by_their_key(manager: Person) -> None:
    writing.create(
        registry.get("customer"),
        {"name": "한빛정밀", "external_id": "C-1", "city": "부산"},
        actor=manager.actor,
    )
    answer = pasted(manager, "고객 번호\t도시\nC-1\t인천\nC-9\t대구")
    told = chosen(grid(manager, answer.url))
    manager.client.post(answer.url, {**told, "missing": "skip", "step": "run"})
    assert list(Customer.objects.values_list("external_id", "city")) == [("C-1", "인천")]


def test_a_column_goes_elsewhere_and_rows_without_heading_are_rows(manager: Person) -> None:
    answer = pasted(manager, "한빛정밀\t창원\n두리상사\t부산", header="no")
    told = chosen(grid(manager, answer.url))
    told |= {"f0": "name", "f1": "city"}
    manager.client.post(answer.url, {**told, "step": "look"})
    manager.client.post(answer.url, {**chosen(grid(manager, answer.url)), "step": "run"})
    assert set(Customer.objects.values_list("name", "city")) == {("한빛정밀", "창원"), ("두리상사", "부산")}


def test_quoted_cells_hold_line_breaks_and_tabs(manager: Person) -> None:
    answer = pasted(manager, '고객명\t설명\n한빛\t"첫 줄\n둘째 줄"\n')
    manager.client.post(answer.url, {**chosen(grid(manager, answer.url)), "step": "run"})
    assert Customer.objects.get().description == "첫 줄\n둘째 줄"


@pytest.mark.parametrize("cells", ["", "  \n\t\n ", "이름\n" * 5_002])
def test_nothing_or_too_much_is_said_at_once(manager: Person, cells: str) -> None:
    answer = pasted(manager, cells)
    assert answer.status_code == 422
    assert 'id="cells-error"' in answer.content.decode()
    assert not ImportRun.objects.exists()


def test_only_who_may_import_pastes_and_drafts_are_ones_own(
    manager: Person, insider: Person, administrator: Person
) -> None:
    assert pasted(insider, CELLS).status_code == 404
    assert "data-paste" not in insider.client.get("/customers/").content.decode()
    assert "data-paste" in manager.client.get("/customers/").content.decode()
    address = pasted(administrator, CELLS).url
    assert manager.client.get(address).status_code == 404
    assert manager.client.post(address, {"step": "run"}).status_code == 404
    assert administrator.client.get(address.replace("customers", "contacts")).status_code == 404
