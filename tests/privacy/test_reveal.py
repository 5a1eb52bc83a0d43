"""A masked value is shown on a reason, to those whose role may, so many times an hour – and the log knows."""

from __future__ import annotations

import pytest

from dangol.identity.models import FieldRule, Role
from dangol.records import registry, writing
from dangol.records.looks import settings
from dangol.records.models import Look
from tests.cast import SYSTEM

pytestmark = pytest.mark.django_db


@pytest.fixture
def masked(insider):
    """The insider's customer, whose phone sales people see masked and may reveal twice an hour."""
    role = Role.objects.get(code="sales")
    FieldRule.objects.create(role=role, record_type="customer", field="phone", rule="masked")
    settings.save(actor=SYSTEM, values={"reveal_roles": [role.pk], "reveals_per_hour": 2})
    customer = registry.get("customer")
    yield writing.create(customer, {"name": "김하나", "phone": "010-1234-5678"}, actor=insider.actor)
    settings.save(actor=SYSTEM, values={"reveal_roles": [], "reveals_per_hour": 20})


def revealed(person, customer, reason="배송 문의 전화", **headers):
    return person.client.post(f"/customers/{customer}/reveal/phone/", {"reason": reason}, headers=headers)


def test_the_page_shows_a_mask_with_a_button_and_the_value_only_on_a_reason(insider, masked):
    page = insider.client.get(f"/customers/{masked}/").content.decode()
    assert "010-****-5678" in page
    assert "1234" not in page
    assert f"/customers/{masked}/reveal/phone/" in page
    asked = insider.client.get(f"/customers/{masked}/reveal/phone/", headers={"hx-request": "true"})
    assert "1234" not in asked.content.decode()
    assert revealed(insider, masked, reason=" 왜 ").status_code == 422
    answer = revealed(insider, masked, **{"hx-request": "true"})
    assert "010-1234-5678" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    look = Look.objects.get(act="reveal")
    assert (look.user_id, look.ids, look.about) == (insider.id, [masked], "phone: 배송 문의 전화")


def test_the_next_page_shows_the_mask_again(insider, masked):
    revealed(insider, masked)
    assert "1234" not in insider.client.get(f"/customers/{masked}/").content.decode()


def test_only_so_many_an_hour(insider, masked):
    assert [revealed(insider, masked).status_code for _ in range(3)] == [200, 200, 422]
    assert Look.objects.filter(act="reveal").count() == 2


def test_whose_role_may_not_reveal_sees_no_button_and_nothing_behind_it(insider, teammate, masked):
    settings.save(actor=SYSTEM, values={"reveal_roles": []})
    assert "reveal/phone" not in insider.client.get(f"/customers/{masked}/").content.decode()
    assert revealed(insider, masked).status_code == 404
    answer = insider.api.post(
        f"/api/v1/customers/{masked}/reveal",
        {"field": "phone", "reason": "배송 문의 전화"},
        content_type="application/json",
    )
    assert answer.status_code == 403
    assert not Look.objects.filter(act="reveal").exists()


def test_what_one_may_not_see_at_all_is_not_revealed(outsider, masked):
    assert revealed(outsider, masked).status_code == 404
    assert not Look.objects.filter(act="reveal").exists()


def test_the_api_does_the_same(insider, masked):
    def ask(**body):
        return insider.api.post(f"/api/v1/customers/{masked}/reveal", body, content_type="application/json")

    assert ask(field="phone", reason="배송 문의 전화").json() == {"field": "phone", "value": "+821012345678"}
    assert ask(field="phone", reason="").status_code == 422
    assert ask(field="name", reason="배송 문의 전화").status_code == 403  # not masked
    assert ask(field=1).status_code == 422
    assert ask(field="phone", reason="배송 문의 전화").status_code == 200
    assert ask(field="phone", reason="배송 문의 전화").status_code == 429
    assert Look.objects.filter(act="reveal", via="api").count() == 2
