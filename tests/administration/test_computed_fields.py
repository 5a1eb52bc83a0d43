"""Settings → fields: formulas and roll-ups, with a look at what they give while one writes."""

from __future__ import annotations

import pytest

from dangol.identity import revisions
from dangol.records import registry, writing
from dangol.records.models import OwnField
from dangol.records.own import rolling
from tests.cast import Person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_left_behind(db: None):
    revisions.forget()
    revisions.look()
    yield
    revisions.forget()


@pytest.fixture
def machine(insider: Person) -> int:
    return writing.create(
        registry.get("machine"),
        {"name": "밀링", "code": "M-1", "price": "1200000", "power": 4},
        actor=insider.actor,
    )


def test_a_formula_is_checked_while_it_is_written(administrator: Person, machine: int) -> None:
    pages = administrator.client
    form = pages.get("/settings/fields/machine/new/?kind=formula").content.decode()
    assert "days_between" in form
    assert "<code>price</code>" in form
    address = "/settings/fields/machine/preview/?kind=formula"
    wrong = pages.post(address, {"formula": "price * nam"}).content.decode()
    assert "<mark>nam</mark>" in wrong
    assert "name" in wrong
    right = pages.post(address, {"formula": "price * 1.1"}).content.decode()
    assert "₩1,320,000" in right
    assert "밀링" in right
    assert "<mark>" not in right
    assert not OwnField.objects.exists()


def test_a_formula_is_made_shown_and_changed(administrator: Person, insider: Person, machine: int) -> None:
    pages = administrator.client
    given = {"label_ko": "부가세 포함", "label_en": "With VAT", "formula": "가격 * 1.1"}
    assert pages.post("/settings/fields/machine/new/?kind=formula", given).status_code == 302
    definition = OwnField.objects.get()
    assert definition.settings["formula"] == "price * 1.1"
    assert "₩1,320,000" in insider.client.get(f"/machines/{machine}/").content.decode()
    page = pages.get(f"/settings/fields/{definition.pk}/").content.decode()
    assert "빠르게 하기" in page
    assert "₩1,320,000" in page
    refused = pages.post(f"/settings/fields/{definition.pk}/", {**given, "formula": "price * today()"})
    assert refused.status_code == 422
    assert "today()" in refused.content.decode()
    pages.post(f"/settings/fields/{definition.pk}/", {**given, "formula": "today() - installed_on"})
    page = pages.get(f"/settings/fields/{definition.pk}/").content.decode()
    assert "빠르게 하기" not in page
    assert "today(), now(), label()" in page
    assert "부가세 포함" in pages.get("/settings/fields/machine/").content.decode()


def test_a_roll_up_is_made_in_two_steps(administrator: Person, insider: Person, machine: int) -> None:
    writing.create(
        registry.get("repair"), {"machine": machine, "title": "축", "cost": "7000"}, actor=insider.actor
    )
    pages = administrator.client
    first = pages.get("/settings/fields/machine/new/?kind=roll_up").content.decode()
    assert "of=repair.machine" in first
    second = pages.get("/settings/fields/machine/new/?kind=roll_up&of=repair.machine").content.decode()
    assert "비용" in second
    given = {
        "label_ko": "수리비",
        "child": "repair",
        "through": "machine",
        "function": "sum",
        "value": "cost",
    }
    looked_at = pages.post("/settings/fields/machine/preview/?kind=roll_up", given).content.decode()
    assert "7,000" in looked_at
    refused = pages.post("/settings/fields/machine/new/?kind=roll_up", {**given, "value": "title"})
    assert refused.status_code == 422
    assert pages.post("/settings/fields/machine/new/?kind=roll_up", given).status_code == 302
    definition = OwnField.objects.get()
    assert "계산 중" in pages.get("/settings/fields/machine/").content.decode()
    assert "수리비" not in insider.client.get(f"/machines/{machine}/").content.decode()
    rolling.settle(definition.pk)
    assert "7,000" in insider.client.get(f"/machines/{machine}/").content.decode()
    assert pages.get(f"/settings/fields/{definition.pk}/").status_code == 200


def test_nobody_else_reaches_the_pages(insider: Person, machine: int) -> None:
    for kind in ("formula", "roll_up"):
        assert insider.client.get(f"/settings/fields/machine/new/?kind={kind}").status_code in (403, 404)
        address = f"/settings/fields/machine/preview/?kind={kind}"
        assert insider.client.post(address, {"formula": "price"}).status_code in (403, 404)
