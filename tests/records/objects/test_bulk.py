"""Acts on many records of own objects, cells that are pasted into them, and both taken back."""

from __future__ import annotations

import pytest

from dangol.records import registry, writing
from dangol.records.bulk import runs, undoing
from dangol.records.bulk.errors import BulkProblem
from dangol.records.bulk.selection import Selection
from dangol.records.importing import jobs as imports
from dangol.records.importing import runs as import_runs
from dangol.records.importing.errors import ImportProblem
from dangol.records.importing.undoing import require_undoable
from dangol.records.models import ImportRun, OwnObject
from dangol.records.objects import removing, services
from dangol.records.writing import Change
from tests.records.bulk.conftest import change, done
from tests.records.importing.conftest import own_folder
from tests.records.objects.conftest import SYSTEM

__all__ = ["own_folder"]

pytestmark = pytest.mark.django_db
ALL = Selection()


@pytest.fixture
def three(equipment, insider):
    rows = [Change({"name": f"설비 {n}", "x_state": "running", "x_maker": f"제조 {n}"}) for n in range(3)]
    return writing.write(equipment, rows, actor=insider.actor).created


def stored(record_type):
    rows = record_type.model.objects.order_by("pk")
    return [(row.name, row.number, row.own, row.owner_id, row.deleted_at is None) for row in rows]


def test_own_fields_are_edited_and_put_back(insider, equipment, three):
    before = stored(equipment)
    settings = change(x_state={"set": "stopped"}, x_maker={"clear": None}, x_installed={"set": "2026-11-22"})
    run = done(
        insider.actor, Selection(filter="x_state = running"), settings=settings, type_name="x_equipment"
    )
    assert (run.changed, run.refused) == (3, 0)
    assert {row.own["x_state"] for row in equipment.model.objects.all()} == {"stopped"}
    page = insider.client.get(f"/bulk/{run.key}/").content.decode()
    assert "가동 상태" in page
    undoing.require_undoable(run, insider.actor)
    undone = undoing.undo(run, insider.actor)
    assert (undone.undo, undone.undone["put_back"]) == ("done", {"x_equipment": 3})
    assert stored(equipment) == before


def test_they_are_deleted_restored_and_handed_over(insider, teammate, equipment, three):
    before = stored(equipment)
    deleted = done(insider.actor, Selection(ids=tuple(three[:2])), "delete", type_name="x_equipment")
    assert deleted.changed == 2
    assert [row[-1] for row in stored(equipment)] == [False, False, True]
    undoing.undo(deleted, insider.actor)
    assert stored(equipment) == before
    handed = done(
        insider.actor, ALL, settings=change(owner={"hand_over": teammate.id}), type_name="x_equipment"
    )
    assert handed.changed == 3
    assert {row[3] for row in stored(equipment)} == {teammate.id}


def test_the_page_of_the_list_offers_it_and_the_api_does_it(insider, equipment, three):
    page = insider.client.get("/x-equipment/").content.decode()
    assert "data-token=" in page
    body = {"select": {"ids": three}, "change": {"x_state": {"set": "stopped"}}, "dry_run": True}
    answer = insider.api.post("/api/v1/x-equipment/bulk", body, content_type="application/json")
    assert answer.status_code == 200
    assert answer.json()["changing"] == 3


def test_what_was_done_to_an_object_that_is_off_or_gone_is_still_shown_and_not_taken_back(
    administrator, insider, equipment, three
):
    definition = OwnObject.objects.get(name="x_equipment")
    run = done(insider.actor, ALL, settings=change(x_state={"set": "stopped"}), type_name="x_equipment")

    def look():
        for path in ("/bulk/", f"/bulk/{run.key}/"):
            assert administrator.client.get(path).status_code == 200
            assert insider.client.get(path).status_code == 200
        assert insider.api.get(f"/api/v1/bulk/{run.key}").status_code == 200
        with pytest.raises(BulkProblem):
            runs.run_undo(run=run, actor=insider.actor)
        run.refresh_from_db()
        assert (run.undo, run.chunks.filter(undone=True).count()) == ("", 0)

    services.switch(actor=SYSTEM, definition=definition, active=False)
    look()
    services.switch(actor=SYSTEM, definition=definition, active=True)
    runs.run_undo(run=run, actor=insider.actor)
    assert {row.own["x_state"] for row in registry.get("x_equipment").model.objects.all()} == {"running"}
    run = done(insider.actor, ALL, settings=change(x_state={"set": "stopped"}), type_name="x_equipment")
    services.delete(actor=SYSTEM, definition=definition, confirmed="설비")
    look()
    removing.remove(definition.pk)
    look()


def test_cells_are_pasted_and_taken_back_unless_the_object_is_off(manager, equipment, own_folder):
    cells = "설비명\t제조사\t가동 상태\n선반\t한빛\t가동\n절단기\t두리\t녹슮\n"
    answer = manager.client.post("/x-equipment/paste/", {"cells": cells, "header": "yes"})
    assert answer.status_code == 302
    page = manager.client.get(answer.url).content.decode()
    assert 'class="bad">녹슮' in page
    told = {"f0": "name", "f1": "x_maker", "f2": "x_state", "step": "run"}
    assert manager.client.post(answer.url, told).status_code == 302
    run = ImportRun.objects.get()
    assert (run.imported, run.rejected) == (1, 1)
    (shelf,) = stored(equipment)
    assert (shelf[0], shelf[2]["x_state"]) == ("선반", "running")
    assert shelf[1].startswith("EQ-"), "numbers that the trial drew are not given again"
    definition = OwnObject.objects.get(name="x_equipment")
    services.switch(actor=SYSTEM, definition=definition, active=False)
    with pytest.raises(ImportProblem):
        require_undoable(run, manager.actor)
    services.switch(actor=SYSTEM, definition=definition, active=True)
    import_runs.run_undo(run=run, actor=manager.actor)
    imports.undo(run_id=run.pk, user_id=manager.id)
    assert stored(equipment) == []
