"""A whole import taken back, also after others have worked with its records."""

from __future__ import annotations

from typing import Any

import pytest

from dangol.commerce.models import Order, OrderLine, OrderTotal, Product
from dangol.customers.models import Contact, Customer
from dangol.identity.actors import Actor
from dangol.records import registry, writing
from dangol.records.importing import runs, undoing
from dangol.records.importing.errors import ImportProblem
from dangol.records.models import Change, ImportRun, SearchEntry, UndoState
from tests.records.importing.conftest import SYSTEM, Importer
from tests.records.importing.test_engine import FLAT, LINES

FIRST = "No,Name,City\n1,한빛정밀,서울\n2,두리상사,부산\n3,세종무역,대전\n"
SECOND = "No,Name,City\n1,한빛정밀,인천\n2,두리상사,부산\n4,네모테크,광주\n"

PLACES: dict[str, Any] = {
    "name": "places",
    "records": [
        {
            "type": "customer",
            "key": ["external_id"],
            "fields": {"external_id": "No", "name": "Name", "city": "City"},
        }
    ],
}


@pytest.fixture
def customer() -> Any:
    return registry.get("customer")


def undone(run: ImportRun, actor: Actor = SYSTEM) -> ImportRun:
    undoing.require_undoable(run, actor)
    return undoing.undo(run, actor)


def cities() -> dict[str, str]:
    return dict(Customer.objects.values_list("external_id", "city"))


def test_what_the_import_made_goes_and_what_it_changed_is_as_before(bring_in: Importer) -> None:
    bring_in(FIRST, PLACES)
    second = bring_in(SECOND, PLACES, chunk_rows=1)
    assert cities() == {"1": "인천", "2": "부산", "3": "대전", "4": "광주"}

    run = undone(second)

    assert cities() == {"1": "서울", "2": "부산", "3": "대전"}
    assert run.undo == UndoState.DONE
    assert run.undone["removed"] == {"customer": 1}
    assert run.undone["put_back"] == {"customer": 1}


def test_the_file_can_come_in_again_after_it_was_undone(bring_in: Importer) -> None:
    undone(bring_in(FIRST, PLACES))
    assert not Customer.objects.exists()
    assert not SearchEntry.objects.exists()
    again = bring_in(FIRST, PLACES)
    assert again.created == {"customer": 3}
    assert again.rejected == 0


def test_several_record_types_of_one_file_go_together(bring_in: Importer) -> None:
    run = bring_in(FLAT, LINES, chunk_rows=2)
    assert OrderLine.objects.exists()
    run = undone(run)
    assert run.undone["kept"] == {}
    for model in (Customer, Product, Order, OrderLine, OrderTotal):
        assert not model.objects.exists(), model


def test_what_somebody_changed_since_is_kept_and_named(bring_in: Importer, customer: Any) -> None:
    bring_in(FIRST, PLACES)
    second = bring_in(SECOND, PLACES)
    changed = Customer.objects.get(external_id="1")
    made = Customer.objects.get(external_id="4")
    for record, values in ((changed, {"city": "수원"}), (made, {"name": "네모테크(주)"})):
        writing.update(customer, record.pk, values, actor=SYSTEM)

    run = undone(second)

    assert cities() == {"1": "수원", "2": "부산", "3": "대전", "4": "광주"}
    assert run.undo == UndoState.PARTLY
    assert run.undone["kept"] == {"customer": 2}
    assert {example["id"] for example in run.undone["kept_examples"]} == {changed.pk, made.pk}


def test_what_others_point_at_is_kept(bring_in: Importer) -> None:
    run = bring_in(FIRST, PLACES)
    used = Customer.objects.get(external_id="2")
    writing.create(registry.get("contact"), {"name": "김하나", "customer": used.pk}, actor=SYSTEM)

    run = undone(run)

    assert cities() == {"2": "부산"}
    assert "담당자" in run.undone["kept_examples"][0]["why"]
    assert Contact.objects.get().customer == used


def test_a_record_changed_by_two_chunks_gets_its_first_values_back(bring_in: Importer) -> None:
    bring_in("No,Name,City\n1,한빛정밀,서울\n", PLACES)
    run = bring_in("No,Name,City\n1,한빛정밀,인천\n1,한빛테크,수원\n", PLACES, chunk_rows=1)
    undone(run)
    record = Customer.objects.get()
    assert (record.name, record.city) == ("한빛정밀", "서울")


def test_history_tells_of_the_undoing(bring_in: Importer) -> None:
    bring_in(FIRST, PLACES)
    run = undone(bring_in(SECOND, PLACES))
    origins = Change.objects.filter(record_id=Customer.objects.get(external_id="1").pk).order_by("id")
    assert list(origins.values_list("origin", flat=True)) == ["import", "undo"]
    gone = Change.objects.get(action="delete")
    assert gone.request_id == f"undo-{run.key.hex}"
    assert gone.changes["*"][0]["name"] == "네모테크"


def test_an_undoing_that_died_goes_on(bring_in: Importer, monkeypatch: pytest.MonkeyPatch) -> None:
    run = bring_in(FIRST, PLACES, chunk_rows=1)
    whole = undoing._take_back
    calls = []

    def dying(*given: Any) -> Any:
        calls.append(given)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return whole(*given)

    monkeypatch.setattr(undoing, "_take_back", dying)
    with pytest.raises(KeyboardInterrupt):
        undone(run)
    run.refresh_from_db()
    assert run.undone["removed"] == {"customer": 1}
    monkeypatch.setattr(undoing, "_take_back", whole)
    run = undoing.undo(run, SYSTEM)
    assert run.undone["removed"] == {"customer": 3}
    assert run.undo == UndoState.DONE
    assert not Customer.objects.exists()


def test_nothing_outside_of_ones_reach_is_undone(bring_in: Importer, outsider: Any) -> None:
    run = bring_in(FIRST, PLACES)
    run = undoing.undo(run, outsider.actor)
    assert run.undo == UndoState.PARTLY
    assert run.undone["kept"] == {"customer": 3}
    assert Customer.objects.count() == 3


def test_only_what_changed_something_can_be_undone_and_only_once(bring_in: Importer) -> None:
    bring_in(FIRST, PLACES)
    again = bring_in(FIRST, PLACES)
    with pytest.raises(ImportProblem, match="되돌릴"):
        undoing.require_undoable(again, SYSTEM)
    run = bring_in(SECOND, PLACES)
    runs.run_undo(run=run, actor=SYSTEM)
    with pytest.raises(ImportProblem, match="이미"):
        runs.run_undo(run=run, actor=SYSTEM)
