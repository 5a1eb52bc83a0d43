"""Who may not change a field does not, whichever way in is tried; what was not shown is not lost by saving."""

from __future__ import annotations

import pytest

from dangol.records import registry, writing
from dangol.records.bulk import acts
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


RIGHT, WRONG = "010-7777-5678", "010-1111-2222"
"""The number that is stored behind the mask, and another one."""


def stored(customer):
    return registry.get("customer").model.objects.get(pk=customer)


def test_a_masked_value_stays_whatever_is_typed(kept, secrets):
    customer = secrets.ids["customer"]
    page = body_of(kept.client.get(f"/customers/{customer}/edit/"))
    assert 'placeholder="010-****-5678" disabled' in page
    assert f"/customers/{customer}/cell/phone/" not in body_of(kept.client.get(f"/customers/{customer}/"))
    assert f"/customers/{customer}/cell/phone/" not in body_of(kept.client.get("/customers/"))
    form = {"kind": "company", "name": "새 이름", "stage": "active", "phone": "", "version": ""}
    assert kept.client.post(f"/customers/{customer}/edit/", form).status_code == 302
    assert (stored(customer).name, stored(customer).phone) == ("새 이름", "+821077775678")
    cell = f"/customers/{customer}/cell/phone/"
    assert "<input" not in body_of(kept.client.get(cell))
    assert kept.client.post(cell, {"phone": ""}).status_code == 200
    for typed in (RIGHT, WRONG):
        answer = kept.client.post(cell, {"phone": typed})
        assert answer.status_code == 422
        assert "가려진 값이라" in body_of(answer)
        again = kept.client.post(f"/customers/{customer}/edit/", {**form, "phone": typed})
        assert again.status_code == 422
        assert "가려진 값이라" in body_of(again)
    assert stored(customer).phone == "+821077775678"


def test_no_way_of_writing_confirms_a_guess_at_a_masked_value(kept, secrets):
    customer = secrets.ids["customer"]
    address = f"/api/v1/customers/{customer}"
    version = stored(customer).version

    def answer_to(phone):
        answer = kept.api.patch(address, {"phone": phone}, content_type="application/json")
        refused = {name: value for name, value in answer.json().items() if name != "request"}
        assert "value" not in refused["errors"][0]
        return answer.status_code, refused

    status, refusal = answer_to(RIGHT)
    assert status == 422
    assert [(error["field"], error["code"]) for error in refusal["errors"]] == [("phone", "masked")]
    assert answer_to(WRONG) == (status, refusal)
    assert answer_to("") == (status, refusal)
    assert stored(customer).version == version


def test_a_masked_field_is_filled_in_where_it_is_empty_and_in_new_records(kept, secrets):
    customer = secrets.ids["customer"]
    writing.update(registry.get("customer"), customer, {"phone": None}, actor=SYSTEM)
    page = body_of(kept.client.get(f"/customers/{customer}/edit/"))
    assert 'name="phone"' in page
    assert "disabled" not in page[page.index('name="phone"') :][:200]
    answer = kept.client.post(f"/customers/{customer}/cell/phone/", {"phone": WRONG})
    assert "010-****-2222" in body_of(answer)
    assert stored(customer).phone == "+821011112222"
    made = kept.api.post(
        "/api/v1/customers", {"name": "새 고객", "phone": RIGHT}, content_type="application/json"
    )
    assert made.status_code == 201
    assert made.json()["phone"] == "010-****-5678"
    assert stored(made.json()["id"]).phone == "+821077775678"


def test_what_must_be_unique_and_is_masked_is_not_written_at_all(company, secrets):
    who = visitor(company, {("machine", "code"): "masked"}, code="guesser")
    taken = registry.get("machine").model.objects.get(pk=secrets.ids["machine"]).code
    for code in (taken, "no-such-code"):
        values = {"name": "선반", "code": code}
        answer = who.api.post("/api/v1/machines", values, content_type="application/json")
        assert answer.status_code == 422
        assert "unique" not in {error["code"] for error in answer.json()["errors"]}
        assert "이미" not in body_of(answer)


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


@pytest.mark.parametrize("rule", ["hidden", "masked", "read_only"])
def test_acts_that_would_tell_which_tasks_are_open_are_not_there_for_whom_that_is_kept_from(
    company, secrets, rule
):
    who = visitor(company, {("interaction", "done_at"): rule}, code="keen")
    task = registry.get("interaction").model.objects.get(kind="task")
    offered = {act.name for act in acts.acts_for(who.actor, registry.get("interaction"))}
    assert "edit" in offered
    assert "complete" not in offered
    handed = {act.name for act in acts.acts_for(who.actor, registry.get("customer"))}
    assert ("hand_over" in handed) is (rule == "read_only")
    for dry_run in (True, False):
        answer = who.api.post(
            "/api/v1/interactions/bulk",
            {"select": {"ids": [task.pk]}, "act": "complete", "dry_run": dry_run},
            content_type="application/json",
        )
        assert answer.status_code in (403, 422)
        assert "changing" not in body_of(answer)
        assert "unchanged" not in body_of(answer)
    task.refresh_from_db()
    assert task.done_at is None


def test_tasks_are_done_in_bulk_by_whom_nothing_is_kept_from(company, secrets):
    who = visitor(company, {("interaction", "outcome"): "hidden"}, code="doer")
    task = registry.get("interaction").model.objects.get(kind="task")
    answer = who.api.post(
        "/api/v1/interactions/bulk",
        {"select": {"ids": [task.pk]}, "act": "complete", "dry_run": True},
        content_type="application/json",
    )
    assert answer.status_code == 200
    assert answer.json()["changing"] == 1
