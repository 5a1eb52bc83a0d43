"""Who may not change a field does not, whichever way in is tried; what was not shown is not lost by saving."""

from __future__ import annotations

import pytest

from dangol.records import registry, writing
from tests.access.test_field_rules import body_of, kept, own_ones, visitor
from tests.cast import SYSTEM

pytestmark = pytest.mark.django_db

__all__ = ["kept", "own_ones"]


def test_what_is_read_only_is_shown_but_not_changed(company, secrets):
    who = visitor(
        company, {("customer", "city"): "read_only", ("machine", "price"): "read_only"}, code="fixed"
    )
    customer = secrets.ids["customer"]
    assert who.api.get(f"/api/v1/customers/{customer}").json()["city"] == "비밀정밀"
    answer = who.api.patch(f"/api/v1/customers/{customer}", {"city": "부산"}, content_type="application/json")
    assert answer.status_code == 422
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [("city", "read_only")]
    assert (
        who.api.post(
            "/api/v1/machines", {"name": "x", "code": "x-1", "price": "5"}, content_type="application/json"
        ).status_code
        == 422
    )
    assert who.client.get(f"/customers/{customer}/cell/city/").status_code == 404
    page = body_of(who.client.get(f"/customers/{customer}/edit/"))
    assert 'name="street"' in page
    assert 'name="city"' not in page
    form = {"kind": "company", "name": "새 이름", "city": "부산", "stage": "active", "version": ""}
    assert who.client.post(f"/customers/{customer}/edit/", form).status_code == 302
    stored = registry.get("customer").model.objects.get(pk=customer)
    assert (stored.name, stored.city) == ("새 이름", "비밀정밀")


def test_a_masked_value_stays_when_nothing_is_typed_and_is_replaced_by_what_is(kept, secrets):
    customer = secrets.ids["customer"]
    page = body_of(kept.client.get(f"/customers/{customer}/edit/"))
    assert 'placeholder="010-****-5678"' in page
    form = {"kind": "company", "name": "새 이름", "stage": "active", "phone": "", "version": ""}
    assert kept.client.post(f"/customers/{customer}/edit/", form).status_code == 302
    model = registry.get("customer").model
    assert model.objects.get(pk=customer).phone == "+821077775678"
    cell = f"/customers/{customer}/cell/phone/"
    assert kept.client.post(cell, {"phone": ""}).status_code == 200
    assert model.objects.get(pk=customer).phone == "+821077775678"
    assert "010-****-2222" in body_of(kept.client.post(cell, {"phone": "010-1111-2222"}))
    assert model.objects.get(pk=customer).phone == "+821011112222"


def test_writing_a_hidden_field_is_refused_like_an_unknown_one(kept, secrets):
    customer = f"/api/v1/customers/{secrets.ids['customer']}"
    refused = [
        kept.api.patch(customer, {name: "x"}, content_type="application/json").json()["errors"]
        for name in ("description", "nothing_of_that_name")
    ]
    assert [error[0]["code"] for error in refused] == ["unknown_field", "unknown_field"]
    assert (
        registry.get("customer").model.objects.get(pk=secrets.ids["customer"]).description
        == "zqdescriptionqz"
    )


def test_a_conflict_over_a_hidden_field_does_not_say_which_field_changed(kept, secrets):
    customer = f"/api/v1/customers/{secrets.ids['customer']}"
    version = kept.api.get(customer).json()["version"]
    writing.update(registry.get("customer"), secrets.ids["customer"], {"description": "anders"}, actor=SYSTEM)
    answer = kept.api.patch(customer, {"city": "x", "version": version}, content_type="application/json")
    assert answer.status_code == 409
    assert "설명" not in body_of(answer)
    writing.update(registry.get("customer"), secrets.ids["customer"], {"postcode": "06234"}, actor=SYSTEM)
    answer = kept.api.patch(customer, {"city": "x", "version": version}, content_type="application/json")
    assert "우편번호" in body_of(answer)
    assert "설명" not in body_of(answer)


def test_a_required_field_that_is_hidden_is_not_named_when_it_is_missing(company):
    who = visitor(company, {("machine", "code"): "hidden"}, code="codeless")
    answer = who.api.post("/api/v1/machines", {"name": "선반"}, content_type="application/json")
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [""]
    assert "설비 번호" not in body_of(answer)
    assert not registry.get("machine").model.objects.exists()


def test_a_record_is_not_named_by_a_key_that_is_hidden_or_masked(company, secrets):
    for rule in ("hidden", "masked"):
        who = visitor(company, {("customer", "external_id"): rule}, code=f"keyless-{rule}")
        values = {"kind": "note", "subject": "x", "customer": {"external_id": "비밀정밀"}}
        answer = who.api.post("/api/v1/interactions", values, content_type="application/json")
        assert answer.status_code == 422, rule
        assert "external_id" not in body_of(answer)


def test_who_may_not_change_when_a_task_was_done_cannot_tick_it_off(company, secrets):
    who = visitor(company, {("interaction", "done_at"): "read_only"}, code="ticker")
    task = registry.get("interaction").model.objects.get(kind="task")
    assert who.client.post(f"/tasks/{task.pk}/done/").status_code == 403
    task.refresh_from_db()
    assert task.done_at is None
