"""Types of records that an administrator made are in the lake at the next refresh, and out of it when they go."""

from __future__ import annotations

import json

import pytest

from dangol.identity import revisions
from dangol.identity.actors import Actor
from dangol.measures import lake
from dangol.measures.lake.datasets import registered
from dangol.records import registry, writing
from dangol.records.models import OwnObject
from dangol.records.objects import services
from dangol.records.own import services as own_fields
from tests.settling import settle

SYSTEM = Actor.system("test")


@pytest.fixture
def equipment(transactional_db, lake_folder):
    """설비, committed, since the lake reads over a connection of its own; its table goes before the database is emptied."""
    revisions.forget()
    revisions.look()
    services.create(actor=SYSTEM, label_ko="설비", label_en="Equipment", prefix="EQ-")
    own_fields.create(
        actor=SYSTEM, record_type="x_equipment", name="x_price", kind="money", label_ko="취득가"
    )
    yield registry.get("x_equipment")
    for definition in OwnObject.objects.filter(state__in=("active", "inactive")):
        services.delete(actor=SYSTEM, definition=definition, confirmed=str(definition))
    registry.set_own(())
    revisions.forget()


def rows():
    with lake.connect() as opened:
        table = opened.table("x_equipment")
        return opened.read(table.select("number", "name", "own").order_by("number")).to_pylist()


def test_it_is_copied_followed_and_dropped(equipment):
    first, second = (
        writing.create(equipment, {"name": name, "x_price": "1500.50"}, actor=SYSTEM)
        for name in ("선반", "톱")
    )
    settle()
    lake.refresh()
    assert [(row["number"], row["name"], json.loads(row["own"])) for row in rows()] == [
        ("EQ-000001", "선반", {"x_price": "1500.50"}),
        ("EQ-000002", "톱", {"x_price": "1500.50"}),
    ]
    writing.update(equipment, first, {"name": "대형 선반"}, actor=SYSTEM)
    writing.delete(equipment, [second], actor=SYSTEM)
    settle()
    published = lake.refresh()
    assert published.datasets["x_equipment"].deltas
    assert [row["name"] for row in rows()] == ["대형 선반"]
    services.switch(actor=SYSTEM, definition=OwnObject.objects.get(), active=False)
    settle()
    assert "x_equipment" not in lake.refresh().datasets
    assert "x_equipment" not in {dataset.name for dataset in registered()}
    services.switch(actor=SYSTEM, definition=OwnObject.objects.get(), active=True)
    settle()
    lake.refresh()
    assert [row["name"] for row in rows()] == ["대형 선반"]
