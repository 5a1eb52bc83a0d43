"""Webhooks are made, tried out and replayed by programs and on the settings page, by administrators only."""

from __future__ import annotations

import pytest
from standardwebhooks import Webhook

from dangol.integrations.models import WebhookDelivery, WebhookEndpoint
from dangol.records import registry, writing
from tests.integrations.conftest import deliver

pytestmark = pytest.mark.django_db
JSON = "application/json"
PLACE = "/api/v1/webhooks"


@pytest.fixture
def made(administrator, receiver):
    body = {"name": "ERP", "url": receiver.url, "events": ["customer.created"]}
    answer = administrator.api.post(PLACE, body, content_type=JSON)
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_a_webhook_is_made_with_its_secret_shown_once(administrator, made, receiver):
    assert made["secret"].startswith("whsec_")
    shown = administrator.api.get(f"{PLACE}/{made['id']}")
    assert "secret" not in shown.json()
    writing.create(registry.get("customer"), {"name": "한빛상사"}, actor=administrator.actor)
    deliver(WebhookEndpoint.objects.get())
    headers, body = receiver.got[0]
    assert Webhook(made["secret"]).verify(body, headers)["type"] == "customer.created"
    log = administrator.api.get(f"{PLACE}/{made['id']}/messages?state=sent").json()
    assert log["items"][0]["log"][0]["status"] == 200
    assert log["next"] is None


def test_a_change_names_what_it_changes_and_keeps_the_rest(administrator, made):
    place = f"{PLACE}/{made['id']}"
    changed = administrator.api.patch(place, {"rate": 5}, content_type=JSON, headers={"If-Match": 'W/"1"'})
    assert (changed.status_code, changed.json()["rate"], changed.json()["events"]) == (
        200,
        5,
        ["customer.created"],
    )
    stale = administrator.api.patch(place, {"rate": 6}, content_type=JSON, headers={"If-Match": 'W/"1"'})
    assert stale.status_code == 412
    assert WebhookEndpoint.objects.get().rate == 5
    assert administrator.api.delete(place).status_code == 204
    assert administrator.api.get(place).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"rate": "many"}, "rate"),
        ({"rate": 2**40}, "rate"),
        ({"events": [1]}, "events"),
        ({"events": ["customer.x"]}, "events"),
        ({"owner": 2**62}, "owner"),
        ({"secret": "whsec_mine"}, "secret"),
        ({"url": "http://localhost.localdomain:22/"}, "url"),
    ],
)
def test_wrong_values_are_named(administrator, made, body, field):
    answer = administrator.api.patch(f"{PLACE}/{made['id']}", body, content_type=JSON)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
    assert WebhookEndpoint.objects.get().version == 1


def test_only_administrators_come_near_them(made, manager, insider):
    before = list(WebhookEndpoint.objects.values())
    for person in (manager, insider):
        for place in (PLACE, f"{PLACE}/{made['id']}", f"{PLACE}/{made['id']}/messages", f"{PLACE}/events"):
            assert person.api.get(place).status_code == 403
        for act in ("secret", "test", "start", "replay"):
            assert person.api.post(f"{PLACE}/{made['id']}/{act}", {}, content_type=JSON).status_code == 403
        assert person.client.get("/settings/webhooks/").status_code == 403
        assert person.client.post(f"/settings/webhooks/{made['id']}/delete/").status_code == 403
    assert list(WebhookEndpoint.objects.values()) == before


def test_a_test_and_a_replay_arrive(administrator, made, receiver):
    place = f"{PLACE}/{made['id']}"
    asked = administrator.api.post(f"{place}/test", content_type=JSON)
    assert asked.status_code == 202
    deliver(WebhookEndpoint.objects.get())
    again = administrator.api.post(f"{place}/replay", {"ids": [asked.json()["id"]]}, content_type=JSON)
    assert again.json() == {"replayed": 1}
    deliver(WebhookEndpoint.objects.get())
    assert [headers["webhook-id"] for headers, _body in receiver.got] == [asked.json()["message"]] * 2
    for wrong in (
        {},
        {"ids": [1], "since": "2026-01-01T00:00:00Z"},
        {"since": "yesterday"},
        {"ids": ["1"]},
        {"x": 1},
    ):
        assert administrator.api.post(f"{place}/replay", wrong, content_type=JSON).status_code == 422


def test_the_settings_page_makes_shows_and_ends_a_webhook(administrator, receiver):
    client = administrator.client
    assert "아직 웹훅이 없어요" in client.get("/settings/webhooks/").content.decode()
    values = {
        "name": "창고", "url": receiver.url, "owner": administrator.id, "events": ["order.created", "order.updated"],
        "batch_size": 10, "rate": 50, "concurrency": 2, "is_active": "on",
    }  # fmt: skip
    answer = client.post("/settings/webhooks/new/", values)
    assert "whsec_" in answer.content.decode()
    endpoint = WebhookEndpoint.objects.get()
    page = f"/settings/webhooks/{endpoint.pk}/"
    assert "whsec_" not in client.get(page).content.decode()
    assert client.post(f"{page}test/").status_code == 302
    deliver(endpoint)
    assert "webhook.test" in client.get(page).content.decode()
    wrong = client.post(page, {**values, "url": "http://10.0.0.1/"})
    assert wrong.status_code == 422
    assert "내부망" in wrong.content.decode()
    new = client.post(f"{page}secret/").content.decode()
    assert "whsec_" in new
    message = WebhookDelivery.objects.get()
    client.post(f"{page}replay/", {"message": message.pk})
    assert WebhookDelivery.objects.get().state == "pending"
    client.post(f"{page}replay/", {"since": "2026-01-01T00:00", "everything": "on"})
    assert client.post(f"{page}delete/").status_code == 302
    assert not WebhookEndpoint.objects.exists()
