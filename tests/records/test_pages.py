"""The generic pages, through the browser's door."""

import pytest
from django.urls import reverse

from dangol.customers.models import Customer
from dangol.records import registry, writing

pytestmark = pytest.mark.django_db


@pytest.fixture
def customers():
    return registry.get("customer")


@pytest.fixture
def hanbit(insider, customers):
    return writing.create(
        customers, {"name": "한빛정밀 주식회사", "city": "창원시", "stage": "active"}, actor=insider.actor
    )


def test_the_list_shows_records_and_their_count(insider, hanbit):
    page = insider.client.get("/customers/").content.decode()
    assert "한빛정밀 주식회사" in page
    assert insider.client.get("/customers/count/").content.decode() == "1건"


def test_the_list_for_htmx_is_the_region_only(insider, hanbit):
    page = insider.client.get(
        "/customers/?sort=name", headers={"HX-Request": "true", "HX-Target": "list"}
    ).content.decode()
    assert page.lstrip().startswith('<div id="list"')


def test_a_wrong_filter_points_at_the_character(insider, hanbit):
    answer = insider.client.get("/customers/", {"filter": "stagee = active"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "stage" in page
    assert "^" in page


def test_a_condition_from_the_dialog_joins_the_filter(insider, hanbit):
    answer = insider.client.get(
        "/customers/",
        {"filter": "stage = active", "add_field": "city", "add_op": "contains", "add_value": "창"},
    )
    assert answer.status_code == 302, answer.content.decode()[-6000:]
    page = insider.client.get(f"/customers/{answer.url}").content.decode()
    assert "한빛정밀" in page


def test_a_condition_from_the_dialog_can_speak_of_a_moment(insider, hanbit):
    asked = {"add_field": "created_at", "add_op": ">=", "add_value": "today - 30d"}
    answer = insider.client.get("/customers/", asked)
    page = insider.client.get(f"/customers/{answer.url}").content.decode()
    assert "한빛정밀" in page
    assert 'id="filter-error"' not in page


def test_create_edit_and_history(insider, customers):
    answer = insider.client.post(
        "/customers/new/",
        {"name": "새 고객", "kind": "company", "stage": "prospect", "phone": "010-1234-5678"},
    )
    assert answer.status_code == 302, answer.content.decode()[-6000:]
    row = Customer.objects.get()
    assert answer.url == f"/customers/{row.pk}/"
    form = insider.client.get(f"/customers/{row.pk}/edit/").content.decode()
    assert 'value="010-1234-5678"' in form
    answer = insider.client.post(
        f"/customers/{row.pk}/edit/",
        {
            "name": "바뀐 고객",
            "kind": "company",
            "stage": "active",
            "version": row.version,
            "owner": insider.id,
            "owner-title": insider.user.name,
            "team": insider.user.team_id,
            "team-title": "x",
        },
    )
    assert answer.status_code == 302, answer.content.decode()[-6000:]
    assert "새 고객" in insider.client.get(f"/customers/{row.pk}/history/").content.decode()


def test_errors_stand_beside_their_fields_and_nothing_typed_is_lost(insider, customers):
    answer = insider.client.post(
        "/customers/new/", {"name": "새 고객", "kind": "company", "stage": "prospect", "phone": "없음"}
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'id="f-phone-error"' in page
    assert 'value="없음"' in page
    assert 'value="새 고객"' in page
    assert not Customer.objects.exists()


def test_a_cell_is_edited_in_place(insider, hanbit):
    widget = insider.client.get(f"/customers/{hanbit}/cell/city/").content.decode()
    assert 'value="창원시"' in widget
    answer = insider.client.post(f"/customers/{hanbit}/cell/city/", {"city": "부산시", "version": 1})
    assert answer.content.decode() == "부산시"
    late = insider.client.post(f"/customers/{hanbit}/cell/city/", {"city": "서울시", "version": 1})
    assert late.status_code == 422
    assert insider.user.name in late.content.decode()
    assert Customer.objects.get(pk=hanbit).city == "부산시"


def test_into_the_bin_and_back(insider, manager, hanbit, customers):
    assert manager.client.post(f"/customers/{hanbit}/delete/").status_code == 302
    assert manager.client.get(f"/customers/{hanbit}/").status_code == 404
    assert "한빛정밀" in manager.client.get("/customers/bin/").content.decode()
    assert manager.client.post(f"/customers/{hanbit}/restore/").status_code == 302
    assert manager.client.get(f"/customers/{hanbit}/").status_code == 200


def test_an_outsider_gets_404_and_nothing_changes(outsider, hanbit):
    for name in ("detail", "edit", "history"):
        assert outsider.client.get(reverse(f"records:{name}", args=["customers", hanbit])).status_code == 404
    assert outsider.client.get(f"/customers/{hanbit}/cell/city/").status_code == 404
    for name, data in (("edit", {"name": "x"}), ("delete", {}), ("restore", {})):
        assert (
            outsider.client.post(reverse(f"records:{name}", args=["customers", hanbit]), data).status_code
            == 404
        )
    assert outsider.client.post(f"/customers/{hanbit}/cell/city/", {"city": "x"}).status_code == 404
    row = Customer.objects.get(pk=hanbit)
    assert (row.name, row.city, row.version, row.deleted_at) == ("한빛정밀 주식회사", "창원시", 1, None)


def test_whoever_may_not_see_the_type_finds_no_list(nobody):
    assert nobody.client.get("/customers/").status_code == 404


def test_lookup_offers_colleagues_and_records(insider, outsider, hanbit):
    assert insider.user.name in insider.client.get("/lookup/user/").content.decode()
    assert "한빛정밀" in insider.client.get("/lookup/customer/").content.decode()
    assert "한빛정밀" not in outsider.client.get("/lookup/customer/").content.decode()
    assert insider.client.get("/lookup/nonsense/").status_code == 404
