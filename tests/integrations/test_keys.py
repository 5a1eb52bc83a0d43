"""A key never may more than its owner, and only what its scopes say, from where and as often as it says."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from dangol.identity import keys
from dangol.identity.models import Token
from dangol.identity.services import token_create
from dangol.records import registry, writing
from tests.cast import SYSTEM

pytestmark = pytest.mark.django_db
JSON = "application/json"


def client(person, **limits):
    _token, text = token_create(user=person.user, name="ERP", actor=SYSTEM, **limits)
    return Client(headers={"authorization": f"Bearer {text}"})


def test_a_key_for_reading_customers_reads_only_them(insider, administrator):
    number = writing.create(registry.get("customer"), {"name": "한빛상사"}, actor=insider.actor)
    for person in (insider, administrator):
        api = client(person, scopes=["customer:read"])
        assert api.get(f"/api/v1/customers/{number}").status_code == 200
        assert api.get("/api/v1/contacts").status_code == 403
        assert (
            api.patch(f"/api/v1/customers/{number}", {"city": "부산"}, content_type=JSON).status_code == 403
        )
        assert api.delete(f"/api/v1/customers/{number}").status_code in (403, 404)
        assert api.post("/api/v1/customers", {"name": "x"}, content_type=JSON).status_code == 403
        assert api.get("/api/v1/webhooks").status_code == 403
    assert registry.get("customer").model.objects.get().version == 1


def test_scopes_give_nothing_that_the_owner_has_not(reader, outsider, insider):
    number = writing.create(registry.get("customer"), {"name": "한빛상사"}, actor=insider.actor)
    everything = ["*:read", "*:write", "*:delete", "*:admin"]
    place = f"/api/v1/customers/{number}"
    assert client(reader, scopes=everything).patch(place, {"city": "x"}, content_type=JSON).status_code == 403
    assert client(outsider, scopes=everything).get(place).status_code == 404
    assert client(insider, scopes=everything).get("/api/v1/webhooks").status_code == 403


def test_writing_needs_its_own_scope(administrator):
    api = client(administrator, scopes=["customer:read", "customer:write"])
    made = api.post("/api/v1/customers", {"name": "한빛상사"}, content_type=JSON)
    assert made.status_code == 201
    assert api.delete(f"/api/v1/customers/{made.json()['id']}").status_code in (403, 404)
    assert api.post("/api/v1/products", {"code": "A", "name": "A"}, content_type=JSON).status_code == 403


def test_no_scope_at_all_is_nothing(administrator):
    api = client(administrator, scopes=[])
    assert api.get("/api/v1/customers").status_code == 403


def test_a_key_is_good_only_from_its_networks(insider):
    api = client(insider, networks=["10.1.0.0/16", "2001:db8::/32"])
    assert api.get("/api/v1/customers", REMOTE_ADDR="10.1.2.3").status_code == 200
    assert api.get("/api/v1/customers", REMOTE_ADDR="::ffff:10.1.2.3").status_code == 200
    assert api.get("/api/v1/customers", REMOTE_ADDR="2001:db8::7").status_code == 200
    refused = api.get("/api/v1/customers", REMOTE_ADDR="10.2.0.1", headers={"X-Forwarded-For": "10.1.2.3"})
    assert (refused.status_code, refused.json()["code"]) == (403, "network")


def test_the_calls_of_a_minute_are_counted_and_then_refused(insider, monkeypatch):
    now = 1_800_000_000.0
    monkeypatch.setattr(keys.time, "time", lambda: now)
    api = client(insider, per_minute=3)
    left = [api.get("/api/v1/customers").headers["RateLimit-Remaining"] for _call in range(3)]
    assert left == ["2", "1", "0"]
    refused = api.get("/api/v1/customers")
    assert (refused.status_code, refused.json()["code"]) == (429, "rate")
    assert refused.headers["Retry-After"] == refused.headers["RateLimit-Reset"] == "60"
    assert refused.headers["Content-Type"] == "application/problem+json"
    now += 60
    assert api.get("/api/v1/customers").status_code == 200


def test_a_key_without_limit_costs_no_counting(insider, django_assert_num_queries):
    token, _text = token_create(user=insider.user, name="x", actor=SYSTEM)
    with django_assert_num_queries(0):
        assert keys.call_counted(token) is None


@pytest.mark.parametrize(
    "limits",
    [
        {"scopes": ["customer"]},
        {"scopes": ["customer:fly"]},
        {"scopes": ["customer:admin"]},
        {"scopes": ["cust omer:read"]},
        {"networks": ["everywhere"]},
        {"networks": ["10.0.0.0/99"]},
        {"per_minute": 0},
        {"per_minute": 10**6},
    ],
)
def test_wrong_limits_are_refused(insider, limits):
    with pytest.raises(ValidationError) as refused:
        token_create(user=insider.user, name="x", actor=SYSTEM, **limits)
    assert set(refused.value.message_dict) == set(limits)
    assert not Token.objects.exists()


def test_the_page_makes_a_key_with_limits_and_administrators_see_all(insider, administrator):
    values = {"name": "창고", "lives": "90", "scopes": ["order:read", "product:read"], "networks": "10.0.0.0/8, 192.0.2.1", "per_minute": "60"}  # fmt: skip
    answer = insider.client.post("/settings/profile/tokens/new/", values)
    assert answer.status_code == 200
    assert "order:read" in answer.content.decode()
    token = Token.objects.get()
    assert (token.scopes, token.networks, token.per_minute) == (
        ["order:read", "product:read"], ["10.0.0.0/8", "192.0.2.1/32"], 60,
    )  # fmt: skip
    wrong = insider.client.post("/settings/profile/tokens/new/", {**values, "networks": "x"})
    assert wrong.status_code == 422
    assert insider.client.get("/settings/keys/").status_code == 403
    assert "창고" in administrator.client.get("/settings/keys/").content.decode()
    assert insider.client.post(f"/settings/keys/{token.pk}/revoke/").status_code == 403
    assert Token.objects.get().revoked_at is None
    administrator.client.post(f"/settings/keys/{token.pk}/revoke/")
    assert Token.objects.get().revoked_at is not None
