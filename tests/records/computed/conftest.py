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
