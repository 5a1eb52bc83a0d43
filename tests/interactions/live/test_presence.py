"""Who else is at a record, and what that person edits."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from dangol.interactions.live import presence
from dangol.interactions.models.presence import Presence
from dangol.records import registry, writing
from tests.interactions.live.conftest import cookie_of, page
from tests.interactions.live.test_stream import elsewhere, run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def customer(insider):
    return writing.create(registry.get("customer"), {"name": "한빛정밀"}, actor=insider.actor)


def there(client, customer):
    return client.get(f"/live/present/?here=customer:{customer}").content.decode()


def test_two_at_one_record_see_each_other_come_edit_and_go(streams, customer, insider, teammate):
    here = f"here=customer:{customer}"
    mine, theirs = cookie_of(insider), cookie_of(teammate)
    edit = {"field": "name"}

    async def story():
        async with streams() as all_, page(all_, mine, here) as seen:
            async with page(all_, theirs, here) as other:
                assert await seen.until("present") == {"type": "customer", "id": customer}
                assert "이서준 님도 보고 있어요" in await elsewhere(there, insider.client, customer)
                sent = {**edit, "key": other.hello["key"]}
                answer = await elsewhere(teammate.client.post, "/live/editing/", sent)
                assert answer.status_code == 204
                await seen.until("present")
                shown = await elsewhere(there, insider.client, customer)
                assert "편집 중" in shown
                assert 'data-field="name"' in shown
                assert "편집 중" not in await elsewhere(there, teammate.client, customer)
            await seen.until("present")
            assert "이서준" not in await elsewhere(there, insider.client, customer)

    run(story)


def test_nobody_edits_in_the_name_of_another(customer, insider, teammate):
    key = uuid.uuid4()
    presence.arrive(key=key, user_id=insider.id, record_type="customer", record_id=customer)
    sent = {"key": str(key), "field": "name"}
    assert teammate.client.post("/live/editing/", sent).status_code == 404
    assert insider.client.post("/live/editing/", {**sent, "field": "no_such_field"}).status_code == 404
    assert insider.client.post("/live/editing/", {"key": "x"}).status_code == 400
    assert Presence.objects.get().field == ""


def test_whoever_may_not_see_the_record_sees_nobody_there(customer, insider, outsider):
    presence.arrive(key=uuid.uuid4(), user_id=insider.id, record_type="customer", record_id=customer)
    assert outsider.client.get(f"/live/present/?here=customer:{customer}").status_code == 404
    assert (
        outsider.client.get(f"/live/changed/?here=customer:{customer}&on=customer:{customer}@0").status_code
        == 404
    )
    silent = outsider.client.get(f"/live/changed/?on=customer:{customer}@0")
    assert silent.status_code == 200
    assert silent.content.strip() == b""


def test_a_page_that_was_not_heard_of_for_a_minute_is_gone(customer, insider, teammate):
    presence.arrive(key=uuid.uuid4(), user_id=teammate.id, record_type="customer", record_id=customer)
    kind = registry.get("customer")
    assert len(presence.others(actor=insider.actor, record_type=kind, record_id=customer)) == 1
    Presence.objects.update(seen_at=timezone.now() - timedelta(seconds=90))
    assert presence.others(actor=insider.actor, record_type=kind, record_id=customer) == []
    presence.touch([])
    assert Presence.objects.count() == 0


def test_two_pages_of_one_person_are_one(customer, insider, teammate):
    for _ in range(2):
        presence.arrive(key=uuid.uuid4(), user_id=teammate.id, record_type="customer", record_id=customer)
    people = presence.others(actor=insider.actor, record_type=registry.get("customer"), record_id=customer)
    assert [one.name for one in people] == ["이서준"]


def test_the_page_says_who_changed_what(customer, insider, teammate):
    writing.update(registry.get("customer"), customer, {"city": "부산시"}, actor=insider.actor)
    query = f"/live/changed/?on=customer:{customer}@1"
    assert "김지우 님이" in teammate.client.get(f"{query}&here=customer:{customer}").content.decode()
    assert "김지우 님이 이 화면의 기록을 바꿨어요" in teammate.client.get(query).content.decode()
    nothing = teammate.client.get(f"/live/changed/?on=customer:{customer}@2").content
    assert nothing.strip() == b""
