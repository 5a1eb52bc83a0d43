"""Types of records that an administrator makes in the test, with own fields."""

from __future__ import annotations

import pytest

from dangol.identity import revisions
from dangol.identity.actors import Actor
from dangol.records import registry
from dangol.records.objects import services
from dangol.records.own import services as own_fields

SYSTEM = Actor.system("test")
CHOICES = [
    {"code": "running", "ko": "가동", "en": "Running", "tone": "p"},
    {"code": "stopped", "ko": "정지", "en": "Stopped", "tone": "r"},
]
FIELDS = {
    "x_maker": ("text", "제조사", {}),
    "x_state": ("choice", "가동 상태", {"choices": CHOICES}),
    "x_price": ("money", "취득가", {}),
    "x_installed": ("date", "설치일", {}),
    "x_customer": ("reference", "설치 고객", {"target": "customer"}),
    "x_serial": ("text", "시리얼", {}),
}


@pytest.fixture(autouse=True)
def _nothing_left_behind(db):
    """What one test defines is gone in the next, also from this process."""
    revisions.forget()
    revisions.look()
    yield
    registry.set_own(())
    revisions.forget()


@pytest.fixture
def objects():
    """Makes own objects: `objects("설비", label_en="Equipment")`; returns the record type."""

    def make(label="설비", *, fields=(), **options):
        options.setdefault("label_en", "Equipment")
        definition = services.create(actor=SYSTEM, label_ko=label, **options)
        for name in fields:
            kind, label_ko, settings = FIELDS[name]
            own_fields.create(
                actor=SYSTEM,
                record_type=definition.name,
                name=name,
                kind=kind,
                label_ko=label_ko,
                settings=settings,
                unique=name == "x_serial",
            )
        return registry.get(definition.name)

    return make


@pytest.fixture
def equipment(objects):
    """설비 with own fields of several kinds, numbers, and a timeline."""
    return objects("설비", prefix="EQ-", title_ko="설비명", timeline=True, fields=FIELDS)
