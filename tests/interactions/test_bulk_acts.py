"""Tasks are done by the dozen, and customers change hands with what is open."""

from __future__ import annotations

from typing import Any

import pytest

from dangol.customers.models import Customer
from dangol.interactions.models import Interaction
from dangol.records import registry, writing
from dangol.records.bulk import acts, undoing
from dangol.records.bulk.errors import BulkProblem
from dangol.records.bulk.selection import Selection
from dangol.records.writing import Change
from tests.cast import Person
from tests.records.bulk.conftest import done, planned

pytestmark = pytest.mark.django_db
ALL = Selection()


def made(person: Person, name: str, *rows: dict[str, Any]) -> list[int]:
    return writing.write(registry.get(name), [Change(row) for row in rows], actor=person.actor).created


def test_open_tasks_are_done_and_other_records_are_refused_or_unchanged(insider: Person) -> None:
    task = {"kind": "task", "due_at": "2026-11-30 10:00"}
    first, second, finished, note = made(
        insider,
        "interaction",
        {**task, "subject": "하나"},
        {**task, "subject": "둘"},
        {**task, "subject": "셋", "done_at": "2026-11-20 10:00"},
        {"kind": "note", "subject": "메모"},
    )
    run = done(insider.actor, ALL, "complete", type_name="interaction")
    assert (run.changed, run.unchanged, run.refused) == (2, 1, 1)
    assert run.refusals.get().record_id == note
    assert not Interaction.objects.filter(kind="task", done_at=None).exists()
    undoing.undo(run, insider.actor)
    assert set(Interaction.objects.filter(kind="task", done_at=None).values_list("pk", flat=True)) == {
        first,
        second,
    }
    assert Interaction.objects.get(pk=finished).done_at is not None


def test_customers_go_with_the_open_tasks_of_their_owner_and_come_back_with_them(
    manager: Person, insider: Person, teammate: Person, outsider: Person
) -> None:
    (customer,) = made(insider, "customer", {"name": "한빛정밀"})
    task = {"kind": "task", "customer": customer}
    own, finished = made(
        insider,
        "interaction",
        {**task, "subject": "견적"},
        {**task, "subject": "끝난 일", "done_at": "2026-11-20 10:00"},
    )
    (others,) = made(teammate, "interaction", {**task, "subject": "동료의 일"})
    settings = {"owner": teammate.id}
    _plan, seen = planned(manager.actor, ALL, "hand_over", settings)
    assert (seen.selected, seen.changing) == (1, 1)
    run = done(manager.actor, ALL, "hand_over", settings)
    assert (run.changed, run.others) == (1, {"interaction": 1})
    assert Customer.objects.get(pk=customer).owner_id == teammate.id
    owner = dict(Interaction.objects.values_list("pk", "owner_id"))
    assert owner == {own: teammate.id, finished: insider.id, others: teammate.id}
    run = undoing.undo(run, manager.actor)
    assert run.undone["put_back"] == {"customer": 1, "interaction": 1}
    assert Customer.objects.get(pk=customer).owner_id == insider.id
    assert Interaction.objects.get(pk=own).owner_id == insider.id


def test_a_hand_over_needs_somebody_and_the_right(insider: Person, reader: Person) -> None:
    act = acts.find("hand_over", registry.get("customer"))
    assert act is not None
    with pytest.raises(BulkProblem) as caught:
        act.read(registry.get("customer"), {}, insider.actor)
    assert caught.value.field == "owner"
    assert not act.open_to(reader.actor, registry.get("customer"))
    assert acts.find("hand_over", registry.get("contact")) is None
