"""Webhooks tell what happened, as far as their owner may know it, signed as the specification says."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from standardwebhooks import Webhook, WebhookVerificationError

from dangol.events.models import Delivery
from dangol.identity.services import role_save, user_deactivate
from dangol.integrations import services
from dangol.integrations.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from dangol.interactions.models import Notification
from dangol.outbound.models import OutboundCall
from dangol.records import merging, registry, writing
from tests.cast import SYSTEM, person
from tests.integrations.conftest import deliver, deliver_events

pytestmark = pytest.mark.django_db


@pytest.fixture
def customers():
    return registry.get("customer")


@pytest.fixture
def make(administrator, receiver):
    """Make an endpoint; gives it and its secret."""

    def made(**values):
        given = {
            "name": "ERP",
            "url": receiver.url,
            "owner": administrator.user,
            "events": ["customer.created", "customer.updated", "customer.deleted", "customer.purged"],
            **values,
        }
        return services.endpoint_save(actor=administrator.actor, **given)

    return made


def told(receiver):
    return [json.loads(body) for _headers, body in receiver.got]


def test_a_created_record_is_told_with_a_signature_that_the_receivers_library_accepts(
    make, receiver, insider, customers
):
    endpoint, secret = make()
    number = writing.create(customers, {"name": "한빛상사"}, actor=insider.actor)
    assert deliver(endpoint) == 1
    ((headers, body),) = receiver.got
    assert Webhook(secret).verify(body, headers) == {
        "type": "customer.created",
        "timestamp": json.loads(body)["timestamp"],
        "data": {"record_type": "customer", "ids": [number], "actor": insider.id},
    }
    assert headers["content-type"] == "application/json"
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body + b" ", headers)
    sent = WebhookDelivery.objects.get()
    assert (sent.state, sent.attempts, sent.last_status, sent.message) == (
        "sent",
        1,
        200,
        headers["webhook-id"],
    )
    attempt = WebhookAttempt.objects.get()
    assert (attempt.status, attempt.excerpt, attempt.is_success) == (200, "thanks", True)
    call = OutboundCall.objects.get(purpose="webhook")
    assert (call.method, call.status) == ("POST", 200)


def test_records_come_as_the_api_shows_them_to_the_owner(make, receiver, administrator, company, customers):
    grants = [("customer", "view", "all")]
    role = role_save(
        actor=SYSTEM, code="thin", name="thin", grants=grants,
        rules={("customer", "phone"): "masked", ("customer", "email"): "hidden"},
    )  # fmt: skip
    owner = person("thin@example.com", "송하린", roles=(role.code,), team=company.busan)
    endpoint, _secret = make(owner=owner.user, includes_record=True)
    values = {"name": "한빛상사", "phone": "010-1234-5678", "email": "kept@hanbit.example"}
    number = writing.create(customers, values, actor=administrator.actor)
    deliver(endpoint)
    (record,) = told(receiver)[0]["data"]["records"]
    assert (record["id"], record["name"], record["phone"]) == (number, "한빛상사", "010-****-5678")
    assert "email" not in record
    assert b"kept@" not in receiver.got[0][1]


def test_what_the_owner_may_not_see_is_not_told(make, receiver, insider, outsider, customers):
    endpoint, _secret = make(owner=outsider.user)
    writing.create(customers, {"name": "한빛상사"}, actor=insider.actor)
    assert deliver(endpoint) == 1
    assert receiver.got == []
    assert WebhookDelivery.objects.get().state == "skipped"


def test_rights_that_were_taken_away_meanwhile_are_gone(make, receiver, insider, customers):
    endpoint, _secret = make(owner=insider.user)
    number = writing.create(customers, {"name": "한빛상사"}, actor=insider.actor)
    writing.create(customers, {"name": "두리상사"}, actor=insider.actor)
    deliver_events()
    insider.user.roles.clear()
    deliver(endpoint)
    assert receiver.got == []
    assert number


def test_a_filter_lets_only_matching_records_through(make, receiver, administrator, customers):
    endpoint, _secret = make(filter='city = "부산"', events=["customer.created"])
    writing.create(customers, {"name": "서울상사", "city": "서울"}, actor=administrator.actor)
    busan = writing.create(customers, {"name": "부산상사", "city": "부산"}, actor=administrator.actor)
    deliver(endpoint)
    assert [message["data"]["ids"] for message in told(receiver)] == [[busan]]


def test_many_records_come_in_messages_of_the_chosen_size(make, receiver, administrator, customers):
    endpoint, _secret = make(batch_size=2, events=["customer.created"])
    rows = [{"name": f"상사 {number}"} for number in range(5)]
    writing.write(customers, [writing.Change(row) for row in rows], actor=administrator.actor)
    deliver(endpoint)
    assert sorted(len(message["data"]["ids"]) for message in told(receiver)) == [1, 2, 2]
    assert len({headers["webhook-id"] for headers, _body in receiver.got}) == 3


def test_deleting_and_removing_for_good_are_told(make, receiver, administrator, customers):
    endpoint, _secret = make()
    number = writing.create(customers, {"name": "한빛상사"}, actor=administrator.actor)
    deliver(endpoint)
    writing.delete(customers, [number], actor=administrator.actor)
    deliver(endpoint)
    writing.purge(customers, [number], actor=administrator.actor)
    deliver(endpoint)
    assert [message["type"] for message in told(receiver)] == [
        "customer.created", "customer.deleted", "customer.purged",
    ]  # fmt: skip
    assert {tuple(message["data"]["ids"]) for message in told(receiver)} == {(number,)}


def test_facts_that_nobody_wants_make_no_delivery(make, insider, administrator, customers):
    make(events=["order.created"])
    writing.create(customers, {"name": "한빛상사"}, actor=insider.actor)
    assert not Delivery.objects.filter(handler__startswith="dangol.integrations.webhooks").exists()


def test_without_webhooks_a_write_asks_nothing(insider, customers, django_assert_max_num_queries):
    from dangol.integrations.webhooks import subscriptions

    actor = insider.actor
    subscriptions.wanted()
    with django_assert_max_num_queries(0):
        assert subscriptions.wanted() == frozenset()
    assert actor


def test_a_changed_secret_signs_beside_the_old_one_for_a_day(make, receiver, administrator, customers, clock):
    endpoint, old = make()
    new = services.secret_rotate(endpoint=endpoint, actor=administrator.actor)
    writing.create(customers, {"name": "한빛상사"}, actor=administrator.actor)
    deliver(endpoint)
    headers, body = receiver.got[0]
    assert Webhook(old).verify(body, headers) == Webhook(new).verify(body, headers)
    clock.forward(hours=25)
    services.endpoint_test(endpoint=WebhookEndpoint.objects.get(), actor=administrator.actor)
    deliver(endpoint)
    headers, body = receiver.got[-1]
    assert Webhook(new).verify(body, headers)["type"] == "webhook.test"
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(body, headers)


def test_the_secret_lies_sealed_in_the_database(make):
    endpoint, secret = make()
    stored = WebhookEndpoint.objects.get(pk=endpoint.pk)
    assert secret.startswith("whsec_")
    assert secret not in stored.secret
    assert secret.removeprefix("whsec_") not in stored.secret


def test_a_redirect_is_a_failure_and_is_not_followed(make, receiver, administrator, customers):
    endpoint, _secret = make()
    receiver.status, receiver.headers = 302, {"Location": receiver.url + "/elsewhere"}
    writing.create(customers, {"name": "한빛상사"}, actor=administrator.actor)
    deliver(endpoint)
    assert len(receiver.got) == 1
    assert WebhookDelivery.objects.get().state == "pending"
    assert WebhookDelivery.objects.get().last_status == 302


def test_connections_are_kept(make, receiver, administrator, customers):
    endpoint, _secret = make(concurrency=2, batch_size=1, events=["customer.created"])
    writing.write(
        customers, [writing.Change({"name": f"상사 {n}"}) for n in range(20)], actor=administrator.actor
    )
    deliver(endpoint)
    assert len(receiver.got) == 20
    assert len(receiver.connections) <= 2


def test_whoever_is_gone_gets_nothing_more(make, receiver, administrator, manager, customers):
    endpoint, _secret = make(owner=manager.user)
    user_deactivate(user=manager.user, actor=SYSTEM)
    writing.create(customers, {"name": "한빛상사"}, actor=administrator.actor)
    deliver(endpoint)
    endpoint.refresh_from_db()
    assert receiver.got == []
    assert endpoint.stopped_why == "owner"
    assert WebhookDelivery.objects.get().state == "pending"


def test_a_receiver_that_says_it_is_gone_is_left_alone_and_its_owner_told(
    make, receiver, administrator, manager, customers
):
    endpoint, _secret = make(owner=manager.user)
    receiver.status = 410
    writing.create(customers, {"name": "한빛상사"}, actor=manager.actor)
    deliver(endpoint)
    deliver_events()
    endpoint.refresh_from_db()
    assert endpoint.stopped_why == "gone"
    assert not endpoint.is_live()
    told_people = Notification.objects.filter(kind="stopped", target_type="webhook")
    assert {manager.id, administrator.id} <= set(told_people.values_list("user_id", flat=True))


def test_a_cancelled_write_tells_nothing(make, receiver, administrator, customers):
    from django.db import transaction

    endpoint, _secret = make()
    with transaction.atomic():
        writing.create(customers, {"name": "한빛상사"}, actor=administrator.actor)
        transaction.set_rollback(True)
    deliver(endpoint)
    assert receiver.got == []
    assert WebhookDelivery.objects.count() == 0


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"url": "https://user:word@example.com/"}, "url"),
        ({"url": "ftp://example.com/"}, "url"),
        ({"url": "http://169.254.169.254/latest/meta-data"}, "url"),
        ({"url": "http://2130706433/"}, "url"),
        ({"url": "http://0177.0.0.1/"}, "url"),
        ({"url": "http://[::ffff:10.0.0.1]/"}, "url"),
        ({"url": "http://10.0.0.1/"}, "url"),
        ({"url": "http://8.8.8.8/"}, "url"),
        ({"events": []}, "events"),
        ({"events": ["customer.exploded"]}, "events"),
        ({"filter": "nonsense = 1", "events": ["customer.created"]}, "filter"),
        ({"filter": 'city = "부산"', "events": ["customer.created", "order.created"]}, "filter"),
        ({"batch_size": 0}, "batch_size"),
        ({"rate": 5_000}, "rate"),
        ({"name": " "}, "name"),
    ],
)
def test_what_cannot_be_is_refused_with_the_field_named(make, values, field):
    with pytest.raises(ValidationError) as refused:
        make(**values)
    assert field in refused.value.message_dict
    assert not WebhookEndpoint.objects.exists()


def test_nobody_lends_the_rights_of_somebody_else(receiver, company, administrator, insider):
    role = role_save(actor=SYSTEM, code="it", name="it", grants=[("*", "administer", "all")])
    helper = person("it@example.com", "전산", roles=(role.code,), team=company.top)
    given = {"name": "ERP", "url": receiver.url, "events": ["customer.created"]}
    with pytest.raises(PermissionDenied):
        services.endpoint_save(actor=helper.actor, owner=administrator.user, **given)
    made, _secret = services.endpoint_save(actor=helper.actor, owner=helper.user, **given)
    assert made.owner == helper.user
    with pytest.raises(PermissionDenied):
        services.endpoint_save(actor=insider.actor, owner=insider.user, **given)


def test_old_messages_are_forgotten_and_waiting_ones_kept(make, administrator, customers, clock):
    endpoint, _secret = make()
    writing.create(customers, {"name": "한빛상사"}, actor=administrator.actor)
    deliver(endpoint)
    services.endpoint_test(endpoint=endpoint, actor=administrator.actor)
    assert WebhookDelivery.objects.count() == 2
    clock.forward(days=31)
    assert services.deliveries_forget() == 1
    assert WebhookDelivery.objects.get().state == "pending"
    assert datetime.now(UTC)


def test_a_merge_tells_which_record_stands_for_the_others_and_its_undo_that_they_are_back(
    make, receiver, administrator, customers
):
    endpoint, _secret = make(
        events=["customer.merged", "customer.unmerged", "customer.deleted", "contact_point.merged"]
    )
    into, other = (
        writing.create(customers, {"name": name}, actor=administrator.actor) for name in ("가온", "가온상사")
    )
    points = [
        writing.create(
            registry.get("contact_point"),
            {"customer": one, "kind": "phone", "value": "02-777-7777"},
            actor=administrator.actor,
        )
        for one in (into, other)
    ]
    merge = merging.merge(actor=administrator.actor, record_type=customers, into=into, others=[other])
    deliver(endpoint)
    data = {message["type"]: message["data"] for message in told(receiver)}
    assert data == {
        "customer.merged": {
            "record_type": "customer",
            "ids": [other],
            "actor": administrator.id,
            "merged_into": {str(other): into},
        },
        "contact_point.merged": {
            "record_type": "contact_point",
            "ids": [points[1]],
            "actor": administrator.id,
            "merged_into": {str(points[1]): points[0]},
        },
    }
    receiver.got.clear()
    merging.undo(actor=administrator.actor, merge=merge)
    deliver(endpoint)
    ((message),) = told(receiver)
    assert (message["type"], message["data"]["ids"]) == ("customer.unmerged", [other])


def test_a_merge_into_a_record_that_the_owner_may_not_see_is_not_told(
    make, receiver, insider, outsider, administrator, customers
):
    endpoint, _secret = make(owner=outsider.user, events=["customer.merged"])
    hers = writing.create(customers, {"name": "부산상사"}, actor=outsider.actor)
    kept = writing.create(customers, {"name": "서울상사"}, actor=insider.actor)
    merging.merge(actor=administrator.actor, record_type=customers, into=kept, others=[hers])
    assert deliver(endpoint) == 1
    assert receiver.got == []
    assert WebhookDelivery.objects.get().state == "skipped"


def test_a_filter_asks_for_the_record_that_stands(make, receiver, administrator, customers):
    endpoint, _secret = make(filter='city = "부산"', events=["customer.merged"])
    busan, seoul, *others = (
        writing.create(customers, {"name": name, "city": city}, actor=administrator.actor)
        for name, city in (("가온", "부산"), ("나루", "서울"), ("가온상사", "서울"), ("나루상사", "부산"))
    )
    for into, other in ((busan, others[0]), (seoul, others[1])):
        merging.merge(actor=administrator.actor, record_type=customers, into=into, others=[other])
    deliver(endpoint)
    assert [message["data"]["merged_into"] for message in told(receiver)] == [{str(others[0]): busan}]
