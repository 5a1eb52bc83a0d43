"""References from and to own objects, and what stands on the pages of both."""

import pytest

from dangol.interactions.models import Interaction
from dangol.records import filters, registry, writing
from dangol.records.lists import record_list
from dangol.records.models import OwnField
from dangol.records.own import services as own_fields
from tests.records.objects.conftest import SYSTEM

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(insider):
    return writing.create(registry.get("customer"), {"name": "한빛정밀"}, actor=insider.actor)


@pytest.fixture
def press(insider, equipment, customer):
    return writing.create(equipment, {"name": "프레스 1호기", "x_customer": customer}, actor=insider.actor)


def test_a_reference_leads_both_ways(insider, outsider, equipment, customer, press):
    page = insider.client.get(f"/customers/{customer}/").content.decode()
    assert f'href="/x-equipment/{press}/"' in page
    assert f"/x-equipment/new/?x_customer={customer}" in page
    assert f'href="/customers/{customer}/"' in insider.client.get(f"/x-equipment/{press}/").content.decode()
    tree = filters.parse('x_customer.name contains "한빛"', equipment, actor=insider.actor)
    assert [row["id"] for row in record_list(actor=insider.actor, record_type=equipment, tree=tree).rows] == [
        press
    ]
    new = insider.client.get(f"/x-equipment/new/?x_customer={customer}").content.decode()
    assert "한빛정밀" in new


def test_what_others_own_does_not_show_on_a_page_both_see(insider, outsider, equipment, customer, press):
    registry.get("customer").model.objects.filter(pk=customer).update(
        owner=outsider.user, team=outsider.user.team
    )
    page = outsider.client.get(f"/customers/{customer}/").content.decode()
    assert "프레스" not in page


def test_own_objects_refer_to_each_other_and_built_in_ones_to_them(insider, objects, equipment, press):
    checks = objects("점검", label_en="Inspection")
    for record_type in ("x_inspection", "order"):
        own_fields.create(
            actor=SYSTEM, record_type=record_type, name="x_machine", kind="reference", label_ko="대상 설비",
            settings={"target": "x_equipment"},
        )  # fmt: skip
    check = writing.create(
        checks, {"name": "1월 점검", "x_machine": {"number": "EQ-000001"}}, actor=insider.actor
    )
    page = insider.client.get(f"/x-equipment/{press}/").content.decode()
    assert f'href="/x-inspection/{check}/"' in page
    shown = insider.api.get(f"/api/v1/x-inspection/{check}").json()
    assert shown["x_machine"] == {"id": press, "title": "프레스 1호기"}
    writing.delete(equipment, [press], actor=insider.actor)
    writing.purge(equipment, [press], actor=SYSTEM)
    assert insider.api.get(f"/api/v1/x-inspection/{check}").json()["x_machine"] is None


def test_interactions_are_written_down_on_its_page_and_stand_on_its_timeline(
    insider, outsider, equipment, customer, press
):
    field = OwnField.objects.get(record_type="interaction")
    assert field.settings == {"target": "x_equipment"}
    page = insider.client.get(f"/x-equipment/{press}/").content.decode()
    assert 'id="composer"' in page
    url = f"/timeline/x_equipment/{press}/add/"
    assert url in page
    answer = insider.client.post(url, {"kind": "call", "text": "소음 문의\n베어링 교체 예정"})
    assert answer.status_code == 302
    call = Interaction.objects.get()
    assert call.own == {field.name: press}
    assert "소음 문의" in insider.client.get(f"/x-equipment/{press}/").content.decode()
    (entry,) = insider.api.get(f"/api/v1/x-equipment/{press}/timeline").json()["items"]
    assert entry["title"] == "소음 문의"
    assert outsider.api.get(f"/api/v1/x-equipment/{press}/timeline").status_code == 404
    interactions = registry.get("interaction")
    writing.update(interactions, call.pk, {field.name: None, "customer": customer}, actor=insider.actor)
    assert insider.api.get(f"/api/v1/x-equipment/{press}/timeline").json()["items"] == []
    assert len(insider.api.get(f"/api/v1/customers/{customer}/timeline").json()["items"]) == 1
