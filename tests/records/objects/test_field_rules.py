"""Own objects obey field rules like built-in types, also right after an administrator has changed them."""

from __future__ import annotations

import json

import pytest

from dangol.identity.models import FieldRule
from dangol.identity.services import role_save
from dangol.interactions.models import Interaction
from dangol.records import fieldrules, registry, writing
from dangol.records.models import OwnField, OwnObject
from dangol.records.objects import services
from dangol.records.own import services as own_fields
from tests.cast import person
from tests.records.objects.conftest import SYSTEM

pytestmark = pytest.mark.django_db
VALUES = {"name": "프레스 1호기", "x_maker": "zqmakerqz", "x_serial": "zqserialqz", "x_price": "73519284"}


@pytest.fixture
def kept(company):
    """Somebody who may do everything, but for what the rules keep: `kept(rules)`."""

    def make(rules, code="kept"):
        grants = [("*", action, "all") for action in ("view", "create", "edit", "delete", "import", "export")]
        grants += [("x_equipment", "view", "all"), ("interaction", "view", "all")]
        role = role_save(actor=SYSTEM, code=code, name=code, grants=grants, rules=rules)
        return person(
            f"{code}@example.com", "송하린", roles=(role.code,), team=company.busan, territory=company.south
        )

    return make


@pytest.fixture
def customer():
    return writing.create(registry.get("customer"), {"name": "한빛정밀"}, actor=SYSTEM)


@pytest.fixture
def press(equipment, customer):
    return writing.create(equipment, {**VALUES, "x_customer": customer}, actor=SYSTEM)


def test_hidden_masked_and_read_only_fields_of_an_own_object(kept, equipment, press):
    who = kept({("x_equipment", "x_maker"): "hidden", ("x_equipment", "x_serial"): "masked", ("x_equipment", "x_price"): "read_only"})  # fmt: skip
    got = who.api.get(f"/api/v1/x-equipment/{press}").json()
    assert "x_maker" not in got
    assert (got["x_serial"], got["x_price"]) == ("z********z", "73519284")
    for path in ("/x-equipment/", f"/x-equipment/{press}/", f"/x-equipment/{press}/history/"):
        page = who.client.get(path)
        assert page.status_code == 200
        assert "zqmaker" not in page.content.decode()
        assert "zqserial" not in page.content.decode()
    assert who.api.get("/api/v1/x-equipment", {"filter": "x_maker = zqmakerqz"}).status_code == 400
    assert who.api.get("/api/v1/x-equipment", {"sort": "x_serial"}).status_code == 400
    for name, value in (("x_maker", "neu"), ("x_price", "1"), ("x_serial", "neu")):
        answer = who.api.patch(
            f"/api/v1/x-equipment/{press}", json.dumps({name: value}), content_type="application/json"
        )
        assert answer.status_code == 422, name
    assert equipment.model.objects.get(pk=press).own["x_serial"] == "zqserialqz"
    renamed = who.api.patch(
        f"/api/v1/x-equipment/{press}", json.dumps({"name": "프레스"}), content_type="application/json"
    )
    assert renamed.status_code == 200


def test_new_records_are_numbered_for_those_who_may_not_set_or_see_the_number(kept, equipment):
    for code, rule in (("a", "hidden"), ("b", "read_only"), ("c", "masked")):
        who = kept({("x_equipment", "number"): rule}, code)
        answer = who.client.post("/x-equipment/new/", {"name": f"선반 {code}"}, follow=True)
        assert answer.status_code == 200
        stored = equipment.model.objects.get(name=f"선반 {code}").number
        assert stored.startswith("EQ-00000")
        assert (stored in answer.content.decode()) == (rule == "read_only")


def test_cards_of_what_refers_to_a_record_obey_the_rules(kept, equipment, customer, press):
    page = f"/customers/{customer}/"
    whole = kept({}, "whole").client.get(page).content.decode()
    assert "zqmakerqz" in whole
    assert "프레스 1호기" in whole
    told = kept({("x_equipment", "x_maker"): "hidden", ("x_equipment", "name"): "masked"}).client.get(page)
    text = told.content.decode()
    assert "zqmakerqz" not in text
    assert "프레스 1호기" not in text
    assert "프***" in text
    away = kept({("x_equipment", "x_customer"): "hidden"}, "away").client.get(page)
    assert away.status_code == 200
    assert "/x-equipment/" + str(press) not in away.content.decode()
    fixed = kept({("x_equipment", "x_customer"): "read_only"}, "fixed").client.get(page).content.decode()
    assert f"/x-equipment/{press}/" in fixed
    assert f"/x-equipment/new/?x_customer={customer}" not in fixed


def test_its_timeline_tells_nothing_of_interactions_whose_reference_to_it_is_hidden(
    kept, equipment, customer, press
):
    field = OwnField.objects.get(record_type="interaction").name
    writing.create(
        registry.get("interaction"),
        {"kind": "call", "subject": "소음 문의", field: press, "customer": customer},
        actor=SYSTEM,
    )
    page, api = f"/x-equipment/{press}/", f"/api/v1/x-equipment/{press}/timeline"
    fixed = kept({("interaction", field): "read_only"}, "fixed")
    assert "소음 문의" in fixed.client.get(page).content.decode()
    assert 'id="composer"' not in fixed.client.get(page).content.decode()
    written = {"kind": "note", "text": "무언가"}
    answer = fixed.client.post(f"/timeline/x_equipment/{press}/add/", written, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert Interaction.objects.count() == 1
    away = kept({("interaction", field): "hidden"}, "away")
    assert "소음 문의" not in away.client.get(page).content.decode()
    assert away.api.get(api).json()["items"] == []
    assert len(away.api.get(f"/api/v1/customers/{customer}/timeline").json()["items"]) == 1


def test_what_is_kept_of_a_view_goes_with_a_changed_definition(kept, equipment, press):
    who = kept({("x_equipment", "x_maker"): "hidden"})
    before = fieldrules.seen_by(who.actor, equipment)
    assert fieldrules.seen_by(who.actor, equipment) is before, "it is kept"
    definition = OwnObject.objects.get(name="x_equipment")
    services.change(
        actor=SYSTEM, definition=definition, label_ko="생산 설비", title_ko="설비 이름", owned=False
    )
    actor = who.actor  # loading one tells of changed definitions
    now = fieldrules.seen_by(actor, registry.get("x_equipment"))
    assert (str(now.label), str(now.title_field.label)) == ("생산 설비", "설비 이름")
    assert "owner" not in now.fields
    assert "x_maker" not in now.fields
    own_fields.create(
        actor=SYSTEM, record_type="x_equipment", name="x_power", kind="integer", label_ko="출력", settings={}
    )
    actor = who.actor
    assert "x_power" in fieldrules.seen_by(actor, registry.get("x_equipment")).fields
    page = who.client.get(f"/x-equipment/{press}/edit/").content.decode()
    assert "생산 설비" in page
    assert "출력" in page
    assert "제조사" not in page


def test_rules_go_with_the_object(kept, equipment):
    who = kept({("x_equipment", "x_maker"): "hidden", ("customer", "phone"): "masked"})
    services.delete(actor=SYSTEM, definition=OwnObject.objects.get(name="x_equipment"))
    assert list(FieldRule.objects.values_list("record_type", "field")) == [("customer", "phone")]
    assert who.client.get("/customers/").status_code == 200
