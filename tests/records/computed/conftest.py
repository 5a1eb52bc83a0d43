"""Formulas and roll-ups on the types of the tests' workshop."""

import pytest

from dangol.records import registry, writing
from dangol.records.own import services
from tests.records.own.conftest import SYSTEM, _nothing_left_behind, every_kind, own  # noqa: F401


@pytest.fixture
def formula():
    """Makes formula fields: `formula("machine", "x_double", "price * 2")`."""

    def make(record_type, name, text, **options):
        settings = {"formula": text, **options.pop("settings", {})}
        return services.create(
            actor=SYSTEM, record_type=record_type, name=name, kind="formula", label_ko=name, settings=settings, **options
        )  # fmt: skip

    return make


@pytest.fixture
def machine(insider):
    """Makes machines of the insider."""
    count = 0

    def make(**values):
        nonlocal count
        count += 1
        given = {"name": "절단기", "code": f"M-{count}", **values}
        return writing.create(registry.get("machine"), given, actor=insider.actor)

    return make


@pytest.fixture
def roll_up():
    """Makes roll-up fields of machines over repairs, and computes them as the worker does."""
    from dangol.records.own import rolling

    def make(
        name, function, value="", *, record_type="machine", child="repair", through="machine", **settings
    ):
        definition = services.create(
            actor=SYSTEM,
            record_type=record_type,
            name=name,
            kind="roll_up",
            label_ko=name,
            settings={"child": child, "through": through, "function": function, "value": value, **settings},
        )
        rolling.settle(definition.pk)
        definition.refresh_from_db()
        return definition

    return make


@pytest.fixture
def repair(insider):
    """Makes repairs: `repair(machine_id, cost=5)`."""

    def make(machine_id, **values):
        given = {"title": "수리", "machine": machine_id, **values}
        return writing.create(registry.get("repair"), given, actor=insider.actor)

    return make
