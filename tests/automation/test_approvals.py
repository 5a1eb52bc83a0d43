"""A rule asks before it goes on: stages, all or any, standing in, deadlines, reminders."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from dangol.automation import approving
from dangol.automation.models import ApprovalRequest, ApprovalVote, RuleRun, RunState
from dangol.identity.models import Role
from dangol.interactions.models import Notification
from dangol.records.writing import Missing
from tests.automation.work import customer, make_rule, runs, set_to, value, work

pytestmark = pytest.mark.django_db(transaction=True)


def asking(actor, **settings):
    """A rule that asks about each new customer: 부산시 when approved, 광주시 when not."""
    step = {
        "kind": "approval",
        "settings": settings,
        "then": [set_to(city="부산시")],
        "else": [set_to(city="광주시")],
    }
    return make_rule(actor, trigger={"kind": "created"}, steps=[step])


def by(*people, how="any"):
    return {"who1": "people", "people1": [one.id for one in people], "how1": how}


def asked(record):
    return ApprovalRequest.objects.get(record_id=record)


def test_who_is_asked_approves_and_the_rule_goes_on(manager, insider):
    rule = asking(manager.actor, **by(insider))
    record = customer(manager.actor, city="서울시")
    work()
    assert runs(rule) == [(RunState.WAITING, "")]
    assert Notification.objects.get(kind="approval").user_id == insider.id
    page = insider.client.get("/approvals/").content.decode()
    assert "㈜한빛정밀" in page
    assert "승인" in insider.client.get(f"/customers/{record}/").content.decode()
    insider.client.post(f"/approvals/{asked(record).pk}/decide/", {"approve": "1"})
    work()
    assert (value(record, "city"), runs(rule)) == ("부산시", [(RunState.DONE, "")])


def test_a_rejection_needs_a_reason_and_goes_the_other_way(manager, insider):
    asking(manager.actor, **by(insider))
    record = customer(manager.actor)
    work()
    with pytest.raises(ValidationError):
        approving.decide(actor=insider.actor, request_id=asked(record).pk, approve=False)
    url = f"/api/v1/approvals/{asked(record).pk}/decide"
    answer = insider.api.post(url, {"approve": False, "comment": "예산"}, content_type="application/json")
    assert answer.json()["state"] == "rejected"
    work()
    assert value(record, "city") == "광주시"


def test_nobody_else_decides_and_nobody_twice(manager, insider, teammate):
    asking(manager.actor, **by(insider))
    record = customer(manager.actor)
    work()
    with pytest.raises(Missing):
        approving.decide(actor=teammate.actor, request_id=asked(record).pk, approve=True)
    assert teammate.api.get("/api/v1/approvals").json()["items"] == []
    approving.decide(actor=insider.actor, request_id=asked(record).pk, approve=True)
    with pytest.raises(Missing):
        approving.decide(actor=insider.actor, request_id=asked(record).pk, approve=False, comment="doch")


def test_all_of_a_stage_and_then_the_next(manager, insider, teammate, administrator):
    stages = {
        **by(insider, teammate, how="all"),
        "who2": "people",
        "people2": [administrator.id],
        "how2": "any",
    }
    asking(manager.actor, **stages)
    record = customer(manager.actor, city="서울시")
    work()
    approving.decide(actor=insider.actor, request_id=asked(record).pk, approve=True)
    assert asked(record).stage == 0
    approving.decide(actor=teammate.actor, request_id=asked(record).pk, approve=True)
    assert asked(record).stage == 1
    work()
    assert value(record, "city") == "서울시"
    approving.decide(actor=administrator.actor, request_id=asked(record).pk, approve=True)
    work()
    assert value(record, "city") == "부산시"


def test_the_manager_of_the_owner_is_found_by_role_and_team(administrator, manager, insider):
    role = Role.objects.get(code="sales-manager")
    asking(administrator.actor, who1="role", role1=str(role.pk), how1="any")
    record = customer(insider.actor)
    work()
    assert list(ApprovalVote.objects.values_list("approver_id", flat=True)) == [manager.id]
    assert asked(record).state == "pending"


def test_whoever_stands_in_decides(manager, insider, teammate):
    today = approving.today()
    approving.delegation_save(
        actor=insider.actor, delegate_id=teammate.id, first_day=today, last_day=today + timedelta(days=3)
    )
    asking(manager.actor, **by(insider))
    record = customer(manager.actor)
    work()
    assert set(Notification.objects.filter(kind="approval").values_list("user_id", flat=True)) == {
        insider.id,
        teammate.id,
    }
    approving.decide(actor=teammate.actor, request_id=asked(record).pk, approve=True)
    vote = ApprovalVote.objects.get()
    assert (vote.approver_id, vote.decided_by_id) == (insider.id, teammate.id)
    work()
    assert value(record, "city") == "부산시"


def test_what_is_not_decided_in_time_counts_as_rejected(manager, insider):
    asking(manager.actor, **by(insider))
    record = customer(manager.actor)
    work()
    RuleRun.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    work()
    assert (value(record, "city"), asked(record).state) == ("광주시", "expired")
    assert not approving.votes_open_to(insider.actor).exists()


def test_who_has_not_decided_is_reminded_once_a_day(manager, insider):
    asking(manager.actor, **by(insider))
    customer(manager.actor)
    work()
    assert approving.remind() == 0
    ApprovalVote.objects.update(reminded_at=timezone.now() - timedelta(days=2))
    assert (approving.remind(), approving.remind()) == (1, 0)


def test_people_who_may_not_see_the_record_are_not_asked(manager, outsider):
    rule = asking(manager.actor, **by(outsider))
    customer(manager.actor)
    work()
    assert runs(rule) == [(RunState.FAILED, "refused")]
