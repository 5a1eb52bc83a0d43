"""A bulk act taken back, also after others have worked with the records."""

from __future__ import annotations

import pytest

from dangol.customers.models import Contact, Customer
from dangol.records import registry, writing
from dangol.records.bulk import undoing
from dangol.records.bulk.errors import BulkProblem
from dangol.records.bulk.selection import Selection
from dangol.records.models import BulkRun, Change, UndoState
from tests.cast import Person
from tests.records.bulk.conftest import change, done

pytestmark = pytest.mark.django_db
ALL = Selection()


def undone(run: BulkRun, person: Person) -> BulkRun:
    undoing.require_undoable(run, person.actor)
    return undoing.undo(run, person.actor)


def cities() -> list[str]:
    return list(Customer.objects.order_by("pk").values_list("city", flat=True))


def test_every_record_gets_its_own_value_back(insider: Person, mine: list[int]) -> None:
    before = cities()
    run = done(
        insider.actor, ALL, settings=change(city={"set": "인천"}, stage={"set": "prospect"}), chunk_rows=3
    )
    run = undone(run, insider)
    assert cities() == before
    assert set(Customer.objects.values_list("stage", flat=True)) == {"active"}
    assert run.undo == UndoState.DONE
    assert run.undone["put_back"] == {"customer": 10}


def test_history_names_the_act_and_its_undoing(insider: Person, mine: list[int]) -> None:
    run = undone(done(insider.actor, ALL, settings=change(city={"set": "인천"})), insider)
    told = (
        Change.objects.filter(record_id=mine[0])
        .order_by("id")
        .values_list("origin", "request_id", "actor_id")
    )
    assert list(told) == [
        ("bulk", f"bulk-{run.key.hex}", insider.id),
        ("undo", f"bulkundo-{run.key.hex}", insider.id),
    ]
    page = insider.client.get(f"/customers/{mine[0]}/history/").content.decode()
    assert f"/bulk/{run.key}/" in page


def test_what_was_changed_since_stays_and_is_listed_and_other_fields_do_not_hinder(
    insider: Person, manager: Person, mine: list[int]
) -> None:
    run = done(insider.actor, ALL, settings=change(city={"set": "인천"}))
    kind = registry.get("customer")
    writing.update(kind, mine[0], {"city": "울산"}, actor=manager.actor)
    writing.update(kind, mine[1], {"description": "전화했음"}, actor=manager.actor)
    run = undone(run, insider)
    assert run.undo == UndoState.PARTLY
    assert run.undone["kept"] == {"customer": 1}
    kept = run.refusals.get(undoing=True)
    assert kept.record_id == mine[0]
    assert "최민준" in kept.reason
    assert cities()[:2] == ["울산", "서울"]
    assert Customer.objects.get(pk=mine[1]).description == "전화했음"


def test_deleted_records_come_back_with_what_went_along(insider: Person, mine: list[int]) -> None:
    contact = writing.create(
        registry.get("contact"), {"customer": mine[0], "name": "담당"}, actor=insider.actor
    )
    run = done(insider.actor, ALL, "delete", chunk_rows=4)
    assert run.changed == 10
    assert not Customer.objects.filter(deleted_at__isnull=True).exists()
    assert Contact.objects.get(pk=contact).deleted_at is not None
    run = undone(run, insider)
    assert run.undone["put_back"] == {"customer": 10}
    assert Customer.objects.filter(deleted_at__isnull=True).count() == 10
    assert Contact.objects.get(pk=contact).deleted_at is None


def test_restored_records_go_back_into_the_bin_unless_somebody_moved_them(
    insider: Person, mine: list[int]
) -> None:
    kind = registry.get("customer")
    writing.delete(kind, mine, actor=insider.actor)
    run = done(insider.actor, Selection(ids=tuple(mine[:4]), in_bin=True), "restore")
    assert run.changed == 4
    writing.delete(kind, [mine[0]], actor=insider.actor)
    writing.restore(kind, [mine[0]], actor=insider.actor)
    run = undone(run, insider)
    assert (run.undone["put_back"], run.undone["kept"]) == ({"customer": 3}, {"customer": 1})
    assert list(Customer.objects.filter(deleted_at__isnull=True).values_list("pk", flat=True)) == [mine[0]]


def test_what_was_deleted_by_somebody_else_since_is_not_touched(
    insider: Person, manager: Person, mine: list[int]
) -> None:
    run = done(insider.actor, ALL, settings=change(city={"set": "인천"}))
    writing.delete(registry.get("customer"), [mine[0]], actor=manager.actor)
    run = undone(run, insider)
    assert run.undone["kept"] == {"customer": 1}
    assert Customer.objects.get(pk=mine[0]).city == "인천"


def test_only_who_did_it_may_undo_it_and_only_once(
    insider: Person, manager: Person, administrator: Person, mine: list[int]
) -> None:
    run = done(insider.actor, ALL, settings=change(city={"set": "인천"}))
    with pytest.raises(BulkProblem):
        undoing.require_undoable(run, manager.actor)
    undoing.require_undoable(run, administrator.actor)
    run = undone(run, insider)
    with pytest.raises(BulkProblem):
        undoing.require_undoable(run, insider.actor)
    nothing = done(insider.actor, Selection(filter='city = "없음"'), settings=change(city={"set": "인천"}))
    with pytest.raises(BulkProblem):
        undoing.require_undoable(nothing, insider.actor)
