"""Roll-ups stay right when many records are changed at once, taken back, and pasted; nobody enters one there."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dangol.records import registry
from dangol.records.bulk import undoing
from dangol.records.bulk.edits import bulk_fields
from dangol.records.bulk.selection import Selection
from dangol.records.importing import undoing as importing
from dangol.records.importing.columns import FOUND_BY
from dangol.records.models import ImportRun
from dangol.records.own import roll_checks
from tests.records.bulk.conftest import change, done
from tests.records.computed.test_roll_ups import MACHINE, REPAIR, value
from tests.records.importing.test_pasting import chosen, grid

ALL = Selection()


@pytest.fixture
def totals(machine, repair, roll_up, formula):
    """Two machines with three and one repairs; what they are counted to."""
    machines = [machine(), machine()]
    for number in range(3):
        repair(machines[0], cost=10 + number, title=f"교체 {number}")
    repair(machines[1], cost=5, title="점검")
    made = [roll_up("x_n", "count"), roll_up("x_sum", "sum", "cost"), roll_up("x_top", "max", "cost")]
    formula(MACHINE, "x_mean", "x_sum / x_n")

    def told():
        for definition in made:
            assert roll_checks.check(definition).drifted == 0
        return [
            tuple(value(name, record_id) for name in ("x_n", "x_sum", "x_top", "x_mean"))
            for record_id in machines
        ]

    told.machines = machines
    return told


BEFORE = [(3, 33, 12, 11), (1, 5, 5, 5)]


def test_a_bulk_edit_of_what_is_summed_and_its_undo(totals, insider):
    assert totals() == BEFORE
    run = done(insider.actor, ALL, settings=change(cost={"percent": 100}), type_name=REPAIR, chunk_rows=2)
    assert run.changed == 4
    assert totals() == [(3, 66, 24, 22), (1, 10, 10, 10)]
    undoing.require_undoable(run, insider.actor)
    undoing.undo(run, insider.actor)
    assert totals() == BEFORE


def test_repairs_that_move_to_another_machine_and_back(totals, insider):
    _first, second = totals.machines
    run = done(insider.actor, ALL, settings=change(machine={"set": second}), type_name=REPAIR, chunk_rows=2)
    assert totals() == [(0, 0, None, None), (4, 38, 12, Decimal("9.5"))]
    undoing.undo(run, insider.actor)
    assert totals() == BEFORE


def test_repairs_that_are_thrown_away_together_and_come_back(totals, insider):
    run = done(insider.actor, ALL, "delete", type_name=REPAIR, chunk_rows=3)
    assert totals() == [(0, 0, None, None), (0, 0, None, None)]
    undoing.undo(run, insider.actor)
    assert totals() == BEFORE


def test_pasted_repairs_are_counted_and_not_when_the_paste_is_taken_back(totals, manager):
    cells = "설비 번호\t내용\t비용\nM-1\t청소\t100\nM-2\t청소\t200\n"
    answer = manager.client.post("/repairs/paste/", {"cells": cells})
    page = grid(manager, answer.url)
    for name in ("x_n", "x_sum", "x_top", "x_mean"):
        assert name not in page
    told = {**chosen(page), "f0": f"machine{FOUND_BY}code", "f1": "title", "f2": "cost"}
    manager.client.post(answer.url, {**told, "step": "run"})
    run = ImportRun.objects.get()
    assert (run.state, run.imported, run.rejected) == ("finished", 2, 0)
    assert totals() == [(4, 133, 100, Decimal("33.25")), (2, 205, 200, Decimal("102.5"))]
    importing.undo(run, manager.actor)
    assert totals() == BEFORE


def test_nobody_pastes_or_bulk_edits_a_computed_field(totals, manager):
    assert not {"x_n", "x_sum", "x_top", "x_mean"} & bulk_fields(manager.actor, registry.get(MACHINE)).keys()
    answer = manager.client.post(
        "/machines/paste/", {"cells": "설비 번호\t이름\tx_n\tx_mean\nM-7\t절단기\t99\t99\n"}
    )
    page = grid(manager, answer.url)
    told = chosen(page)
    assert (told["f0"], told["f1"]) == ("code", "name")
    assert (told["f2"], told["f3"]) == ("", "")
    assert 'value="x_n"' not in page
    manager.client.post(answer.url, {**told, "f2": "x_n", "f3": "x_mean", "step": "run"})
    made = registry.get(MACHINE).model.objects.get(code="M-7")
    assert (value("x_n", made.pk), value("x_mean", made.pk)) == (0, None)
    assert made.own == {}
    assert totals() == BEFORE
