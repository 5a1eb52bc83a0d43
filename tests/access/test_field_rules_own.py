"""Own fields obey field rules also where only they can go wrong: after they are gone, and in conditions."""

from __future__ import annotations

import json

import pytest

from dangol.records import registry, writing
from dangol.records.models import OwnField
from dangol.records.own import services
from tests.access.test_field_rules import body_of, kept, own_ones, told
from tests.cast import SYSTEM

pytestmark = pytest.mark.django_db

__all__ = ["kept", "own_ones"]


def test_an_own_field_obeys_its_rule_in_history_also_when_it_is_switched_off_or_deleted(kept, secrets):
    customer = secrets.ids["customer"]
    address = f"/api/v1/customers/{customer}/history"

    def changes():
        text = body_of(kept.api.get(address)) + body_of(kept.client.get(f"/customers/{customer}/history/"))
        assert not told(text)
        items = kept.api.get(address).json()["items"]
        assert "x_kept" not in json.dumps(items)
        return [one for item in items for one in item["changes"] if one["field"] == "x_half"]

    before = changes()
    assert [(one["before"], one["after"]) for one in before] == [
        (None, "z*********z"),
        ("z*********z", None),
        (None, "z*********z"),
    ]
    count = len(kept.api.get(address).json()["items"])
    writing.update(registry.get("customer"), customer, {"x_kept": "zqownotherqz"}, actor=SYSTEM)
    assert len(kept.api.get(address).json()["items"]) == count, "what is hidden did not change"
    for name in ("x_kept", "x_half"):
        definition = OwnField.objects.get(record_type="customer", name=name)
        services.switch(actor=SYSTEM, definition=definition, active=False)
    assert "x_half" not in registry.get("customer").fields
    assert changes() == before
    assert len(kept.api.get(address).json()["items"]) == count


def test_whether_an_own_field_is_shown_tells_nothing_of_a_field_that_is_kept(kept, secrets):
    services.create(
        actor=SYSTEM, record_type="customer", name="x_shown", kind="text", label_ko="조건부", settings={},
        condition='x_kept = "zqownhiddenqz"',
    )  # fmt: skip
    for typed in ("zqownhiddenqz", "x"):
        answer = kept.client.post("/customers/shown/", {"x_kept": typed, "name": "x"})
        assert answer.json() == {"hidden": []}
