"""Past its deadline an approval goes once to the people above, or to a person that the step names."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from dangol.automation import approving, engine
from dangol.automation.definitions import DefinitionProblem
from dangol.automation.models import ApprovalRequest, ApprovalVote, RuleRun, RunState
from dangol.identity.models import User
from dangol.interactions.models import Notification
from tests.automation.work import customer, make_rule, runs, set_to, value, work
from tests.cast import person

pytestmark = pytest.mark.django_db(transaction=True)


def asking(actor, *people, how="any", **settings):
    step = {
        "kind": "approval",
        "settings": {"who1": "people", "people1": [one.id for one in people], "how1": how, **settings},
        "then": [set_to(city="부산시")],
        "else": [set_to(city="광주시")],
    }
    return make_rule(actor, trigger={"kind": "created"}, steps=[step])


def pass_the_deadline():
    past = timezone.now() - timedelta(seconds=1)
    ApprovalRequest.objects.update(deadline=past)
    RuleRun.objects.update(due_at=past)
    engine.execute_due()


def asked_now():
    return set(ApprovalVote.objects.filter(decision="pending").values_list("approver_id", flat=True))


def test_a_named_person_gets_it_once_and_is_told(manager, insider, administrator):
    rule = asking(manager.actor, insider, late="person", late_person=str(administrator.id), late_days="2")
    record = customer(manager.actor)
    work()
    pass_the_deadline()
    request = ApprovalRequest.objects.get()
    assert (request.state, runs(rule)) == ("pending", [(RunState.WAITING, "")])
    assert asked_now() == {insider.id, administrator.id}
    assert timedelta(days=1) < request.deadline - timezone.now() < timedelta(days=3)
    assert Notification.objects.filter(kind="approval", user=administrator.id).count() == 1
    logged = RuleRun.objects.get().results[-1]
    assert (logged["code"], logged["data"]["users"]) == ("escalated", [administrator.id])
    page = manager.client.get(f"/automation/runs/{RuleRun.objects.get().pk}/").content.decode()
    assert "이제 묻는 사람: 관리자" in page
    pass_the_deadline()
    work()
    assert ApprovalRequest.objects.get().state == "expired"
    assert value(record, "city") == "광주시"
    assert Notification.objects.filter(kind="approval", user=administrator.id).count() == 1


def test_the_team_above_is_asked(company, manager, insider):
    head = person("head@example.com", "본부장", roles=("sales-manager",), team=company.top)
    left = person("gone@example.com", "퇴사자", roles=("sales-manager",), team=company.top)
    User.objects.filter(pk=left.id).update(is_active=False)
    asking(manager.actor, insider, late="superior")
    record = customer(manager.actor)
    work()
    pass_the_deadline()
    above = set(User.objects.filter(team=company.top, is_active=True).values_list("pk", flat=True))
    assert head.id in above
    assert asked_now() == {insider.id, *above}
    approving.decide(actor=head.actor, request_id=ApprovalRequest.objects.get().pk, approve=True)
    work()
    assert value(record, "city") == "부산시"


def test_whoever_got_it_decides_for_all_who_were_silent(manager, insider, teammate, administrator):
    asking(manager.actor, insider, teammate, how="all", late="person", late_person=administrator.id)
    record = customer(manager.actor)
    work()
    pass_the_deadline()
    approving.decide(actor=administrator.actor, request_id=ApprovalRequest.objects.get().pk, approve=True)
    work()
    assert (value(record, "city"), ApprovalRequest.objects.get().state) == ("부산시", "approved")


def test_those_who_were_asked_first_may_still_decide(manager, insider, administrator):
    asking(manager.actor, insider, late="person", late_person=administrator.id)
    record = customer(manager.actor)
    work()
    pass_the_deadline()
    approving.decide(
        actor=insider.actor, request_id=ApprovalRequest.objects.get().pk, approve=False, comment="늦었지만"
    )
    work()
    assert value(record, "city") == "광주시"
    assert not approving.votes_open_to(administrator.actor).exists()


def test_where_nobody_is_above_it_counts_as_rejected(manager, insider, outsider):
    asking(manager.actor, insider, late="person", late_person=outsider.id)  # who may not see the record
    record = customer(manager.actor)
    work()
    pass_the_deadline()
    work()
    assert (value(record, "city"), asked_now()) == ("광주시", {insider.id})
    assert not Notification.objects.filter(user=outsider.id).exists()


@pytest.mark.parametrize(
    ("settings", "parameter"),
    [
        ({"late": "boss"}, "late"),
        ({"late": "person"}, "late_person"),
        ({"late": "person", "late_person": "999999"}, "late_person"),
        ({"late": "superior", "late_days": "0"}, "late_days"),
        ({"lock": "everything"}, "lock"),
        ({"lock": "fields"}, "locked_fields"),
        ({"lock": "fields", "locked_fields": ["nothing"]}, "locked_fields"),
    ],
)
def test_what_makes_no_sense_is_named(manager, insider, settings, parameter):
    with pytest.raises(DefinitionProblem) as refused:
        asking(manager.actor, insider, **settings)
    assert [problem.parameter for problem in refused.value.problems] == [parameter]
