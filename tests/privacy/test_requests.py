"""What people ask for about their data, and the clock of ten days."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from dangol.customers import jobs
from dangol.customers.models import PersonRequest
from dangol.events.models import Event
from dangol.records import registry, writing

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(insider):
    customer = writing.create(registry.get("customer"), {"name": "김하나"}, actor=insider.actor)

    def asked(**values):
        given = {"customer": customer, "kind": "erase", "subject": "탈퇴와 파기 요청", **values}
        return writing.create(registry.get("person_request"), given, actor=insider.actor)

    return asked


def test_a_request_is_due_after_ten_days_and_no_later(ask):
    request = PersonRequest.objects.get(pk=ask())
    assert (request.status, request.due_on - request.received_on) == ("open", timedelta(days=10))
    late = (timezone.localdate() + timedelta(days=30)).isoformat()
    with pytest.raises(writing.WriteError) as refused:
        ask(due_on=late)
    assert [error.field for error in refused.value.errors] == ["due_on"]


def test_who_is_refused_hears_why(ask, insider):
    number, kind = ask(), registry.get("person_request")
    with pytest.raises(writing.WriteError) as refused:
        writing.update(kind, number, {"status": "refused"}, actor=insider.actor)
    assert [error.field for error in refused.value.errors] == ["answer"]
    writing.update(kind, number, {"status": "refused", "answer": "보존 의무 기간"}, actor=insider.actor)
    assert PersonRequest.objects.get(pk=number).answered_on == timezone.localdate()


def test_the_owner_is_told_three_days_before_and_no_more_when_it_is_done(ask, insider):
    number = ask(received_on=(timezone.localdate() - timedelta(days=8)).isoformat())
    ask()
    assert jobs.remind() == 1
    event = Event.objects.get(name="records.privacy_duty_due")
    assert event.payload == {"target_type": "person_request", "target_id": number, "users": [insider.id]}
    writing.update(registry.get("person_request"), number, {"status": "done"}, actor=insider.actor)
    assert jobs.remind() == 0


def test_requests_stand_in_a_list_and_another_team_sees_none(ask, insider, outsider):
    ask()
    assert "탈퇴와 파기 요청" in insider.client.get("/person-requests/").content.decode()
    assert "탈퇴와 파기 요청" not in outsider.client.get("/person-requests/").content.decode()
    assert outsider.api.get("/api/v1/person-requests").json()["items"] == []
