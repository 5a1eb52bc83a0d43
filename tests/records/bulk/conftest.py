"""Some customers, and an act on a selection of them, the way the page does it: previewed, then carried out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dangol.identity.actors import Actor
from dangol.records import registry, writing
from dangol.records.bulk import acts, runs
from dangol.records.bulk.previewing import Preview, preview
from dangol.records.bulk.selection import Selection
from dangol.records.models import BulkRun
from dangol.records.types import RecordType
from dangol.records.writing import Change
from tests.cast import Person

Try = Callable[..., Preview]
Do = Callable[..., BulkRun]


@pytest.fixture
def customer() -> RecordType:
    return registry.get("customer")


@pytest.fixture
def mine(insider: Person) -> list[int]:
    """Ten customers of the insider's, five of them in 서울."""
    rows = [
        Change({"name": f"고객 {n:02}", "city": "서울" if n % 2 else "부산", "stage": "active"})
        for n in range(10)
    ]
    return writing.write(registry.get("customer"), rows, actor=insider.actor).created


@pytest.fixture
def theirs(teammate: Person) -> list[int]:
    """Two customers of the teammate's: seen by the insider, but not the insider's to change."""
    rows = [Change({"name": f"이웃 {n}", "city": "대전", "stage": "active"}) for n in range(2)]
    return writing.write(registry.get("customer"), rows, actor=teammate.actor).created


def planned(
    actor: Actor,
    selection: Selection,
    act_name: str = "edit",
    settings: dict[str, Any] | None = None,
    type_name: str = "customer",
) -> tuple[runs.Plan, Preview]:
    """The plan that a preview shows, and the preview."""
    record_type = registry.get(type_name)
    act = acts.find(act_name, record_type)
    assert act is not None
    raw = settings or {}
    seen = preview(
        record_type=record_type,
        act=act,
        settings=act.read(record_type, raw, actor),
        selection=selection,
        actor=actor,
    )
    return runs.plan_of(record_type, act, raw, selection, seen), seen


def done(
    actor: Actor, selection: Selection, act_name: str = "edit", settings: Any = None, **more: Any
) -> BulkRun:
    """Carry it out, whatever its size."""
    from dangol.records.bulk import engine

    plan, _seen = planned(actor, selection, act_name, settings, more.pop("type_name", "customer"))
    return engine.run(runs.run_create(plan, actor=actor, **more), actor)


def change(**edits: Any) -> dict[str, Any]:
    """`change(city={"set": "인천"})` as the API writes it."""
    return {"change": edits}
