"""Rules begin, ask and act: on one record and on many, in the name of whoever wrote them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from dangol.automation import services
from dangol.automation.definitions import DefinitionProblem
from dangol.automation.models import RuleRun, RunState
from dangol.events.models import Delivery
from dangol.records import history, registry, writing
from dangol.records.models import Change as Recorded
from dangol.records.writing import Change
from tests.automation.work import change, customer, make_rule, runs, set_to, value, work

pytestmark = pytest.mark.django_db

CUSTOMER = registry.get("customer")


def test_a_rule_sets_a_field_when_another_changes(manager):
    rule = make_rule(
        manager.actor,
        trigger={"kind": "changed", "fields": ["stage"], "to": "active"},
        steps=[set_to(city="부산시")],
    )
    record = customer(manager.actor, stage="new", city="서울시")
    change(manager.actor, record, stage="active")
    work()
    assert value(record, "city") == "부산시"
    assert runs(rule) == [(RunState.DONE, "")]


@pytest.mark.django_db(transaction=True)
def test_a_change_from_another_value_sets_nothing_off(manager):
    rule = make_rule(
        manager.actor,
        trigger={"kind": "changed", "fields": ["stage"], "from": "dormant", "to": "active"},
        steps=[set_to(city="부산시")],
    )
    record = customer(manager.actor, stage="new")
    change(manager.actor, record, stage="active")
    work()
    assert runs(rule) == []
    change(manager.actor, record, stage="dormant")
    change(manager.actor, record, stage="active")
    work()
    assert runs(rule) == [(RunState.DONE, "")]


def test_the_condition_decides_set_wise_over_a_large_batch(manager):
    rule = make_rule(
        manager.actor,
        trigger={"kind": "created"},
        condition='city = "서울시"',
        steps=[set_to(stage="active")],
    )
    rows = [
        Change({"name": f"고객 {at}", "city": "서울시" if at % 3 else "부산시", "stage": "new"})
        for at in range(90)
    ]
    made = writing.write(CUSTOMER, rows, actor=manager.actor, origin="import").created
    work()
    assert RuleRun.objects.filter(rule=rule, state=RunState.DONE).count() == 60
    assert sum(value(one, "stage") == "active" for one in made) == 60


def test_history_says_which_rule_it_was_and_why(manager):
    make_rule(
        manager.actor,
        name="서울로",
        trigger={"kind": "changed", "fields": ["stage"]},
        steps=[set_to(city="서울시")],
    )
    record = customer(manager.actor, stage="new")
    change(manager.actor, record, stage="active")
    work()
    item = history.history(CUSTOMER, record, actor=manager.actor).items[0]
    assert item.origin == "automation"
    assert "서울로" in item.actor_name
    assert "chain=" in history.url_of(item)
    page = manager.client.get(f"/customers/{record}/history/").content.decode()
    assert "서울로" in page
    assert "/automation/runs/?chain=" in page


def test_a_write_that_no_rule_waits_for_gets_no_delivery(manager):
    make_rule(manager.actor, trigger={"kind": "changed", "fields": ["stage"]}, steps=[set_to(city="서울시")])
    record = customer(manager.actor)
    change(manager.actor, record, city="광주시")
    assert not Delivery.objects.filter(handler="automation.written").exists()
    change(manager.actor, record, stage="active")
    assert Delivery.objects.filter(handler="automation.written").count() == 1


def test_a_rule_reaches_no_further_than_whoever_wrote_it(manager, outsider):
    rule = make_rule(manager.actor, trigger={"kind": "created"}, steps=[set_to(city="서울시")])
    theirs = customer(outsider.actor, city="부산시")
    mine = customer(manager.actor, city="부산시")
    work()
    assert (value(theirs, "city"), value(mine, "city")) == ("부산시", "서울시")
    assert runs(rule) == [(RunState.DONE, "")]


def test_who_may_not_automate_makes_no_rule(insider, reader, administrator):
    for person in (insider, reader):
        with pytest.raises(PermissionDenied):
            make_rule(person.actor, trigger={"kind": "created"}, steps=[set_to(city="서울시")])
        assert person.client.get("/automation/").status_code == 404
    assert administrator.client.get("/automation/").status_code == 200


def test_a_rule_of_somebody_who_left_switches_itself_off(manager):
    rule = make_rule(manager.actor, trigger={"kind": "created"}, steps=[set_to(city="서울시")])
    manager.user.is_active = False
    manager.user.save()
    record = customer(manager.actor, city="부산시")
    work()
    rule.refresh_from_db()
    assert (rule.is_active, rule.off_reason) == (False, "author")
    assert value(record, "city") == "부산시"


def test_saving_makes_a_version_only_where_something_changed(manager):
    rule = make_rule(manager.actor, trigger={"kind": "created"}, steps=[set_to(city="서울시")])
    definition = {"trigger": {"kind": "created"}, "condition": "", "steps": rule.current.steps}
    again = services.rule_save(
        actor=manager.actor, name="다른 이름", record_type=CUSTOMER, definition=definition, rule=rule
    )
    assert again.versions.count() == 1
    definition["condition"] = "stage = active"
    services.rule_save(actor=manager.actor, name="x", record_type=CUSTOMER, definition=definition, rule=rule)
    assert rule.versions.count() == 2
    services.version_restore(actor=manager.actor, rule=rule, version=rule.versions.get(number=1))
    rule.refresh_from_db()
    assert (rule.current.number, rule.current.condition_text) == (3, "")


def test_a_wrong_definition_says_everything_that_is_wrong_and_where(manager):
    with pytest.raises(DefinitionProblem) as caught:
        make_rule(
            manager.actor,
            trigger={"kind": "changed", "fields": ["nonsense"]},
            condition="amuont > 3",
            steps=[
                {"id": "a", "kind": "set", "settings": {"lines": [{"field": "stage", "value": "뭐라고"}]}}
            ],
        )
    assert {problem.where for problem in caught.value.problems} == {"trigger", "condition", "a"}


def test_branches_lead_each_record_its_way_and_back_together(manager):
    inner = {
        "kind": "branch",
        "settings": {"condition": 'name contains "하나"'},
        "then": [set_to(city="서울시")],
        "else": [set_to(city="부산시")],
    }
    steps = [
        {
            "kind": "branch",
            "settings": {"condition": "stage = active"},
            "then": [inner],
            "else": [set_to(city="광주시")],
        },
        set_to(description="끝"),
    ]
    make_rule(manager.actor, trigger={"kind": "created"}, steps=steps)
    made = [
        customer(manager.actor, name="하나", stage="active"),
        customer(manager.actor, name="둘", stage="active"),
        customer(manager.actor, name="셋", stage="new"),
    ]
    work()
    assert [value(one, "city", "description") for one in made] == [
        ("서울시", "끝"),
        ("부산시", "끝"),
        ("광주시", "끝"),
    ]


def test_formulas_and_other_fields_give_values(manager):
    make_rule(
        manager.actor,
        trigger={"kind": "created"},
        steps=[
            set_to(
                {"field": "description", "mode": "formula", "value": 'name & " / " & city'},
                {"field": "city", "mode": "copy", "value": "name"},
            )
        ],
    )
    record = customer(manager.actor, name="한빛", city="서울시")
    work()
    assert value(record, "description", "city") == ("한빛 / 서울시", "한빛")


def test_a_rule_makes_a_record_that_refers_to_this_one(manager):
    steps = [
        {
            "kind": "create",
            "settings": {
                "record_type": "contact",
                "lines": [
                    {"field": "customer", "mode": "this"},
                    {"field": "name", "mode": "copy", "value": "name"},
                ],
            },
        }
    ]
    make_rule(manager.actor, trigger={"kind": "created"}, steps=steps)
    record = customer(manager.actor, name="홍길동")
    work()
    contacts = registry.get("contact").model._default_manager.filter(customer_id=record)
    assert list(contacts.values_list("name", flat=True)) == ["홍길동"]


def test_records_are_assigned_by_turns_that_go_on(manager, insider, teammate):
    people = [insider.id, teammate.id]
    make_rule(
        manager.actor,
        trigger={"kind": "created"},
        steps=[{"id": "turn", "kind": "assign", "settings": {"mode": "turn", "people": people}}],
    )
    owners = []
    for _at in range(4):
        record = customer(manager.actor)
        work()
        owners.append(value(record, "owner_id"))
    assert owners == [*people, *people]


def test_records_go_to_whoever_has_the_fewest(manager, insider, teammate):
    for _at in range(3):
        customer(insider.actor)
    make_rule(
        manager.actor,
        trigger={"kind": "created"},
        steps=[{"kind": "assign", "settings": {"mode": "load", "people": [insider.id, teammate.id]}}],
    )
    rows = [Change({"name": f"새 {at}"}) for at in range(5)]
    made = writing.write(CUSTOMER, rows, actor=manager.actor).created
    work()
    owners = [value(one, "owner_id") for one in made]
    assert (owners.count(teammate.id), owners.count(insider.id)) == (4, 1)


def test_records_go_to_the_people_of_their_territory(administrator, insider, outsider, company):
    make_rule(
        administrator.actor,
        trigger={"kind": "created"},
        steps=[{"kind": "assign", "settings": {"mode": "territory"}}],
    )
    north = customer(administrator.actor, territory=company.capital.pk)
    south = customer(administrator.actor, territory=company.south.pk)
    work()
    assert (value(north, "owner_id"), value(south, "owner_id")) == (insider.id, outsider.id)


def test_a_rule_waits_and_goes_on(manager):
    rule = make_rule(
        manager.actor,
        trigger={"kind": "created"},
        steps=[
            {"kind": "wait", "settings": {"mode": "for", "count": "2", "unit": "d"}},
            set_to(city="서울시"),
        ],
    )
    record = customer(manager.actor, city="부산시")
    work()
    assert (value(record, "city"), runs(rule)) == ("부산시", [(RunState.WAITING, "")])
    RuleRun.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    work()
    assert (value(record, "city"), runs(rule)) == ("서울시", [(RunState.DONE, "")])


def test_a_rule_that_is_switched_off_stops_what_waits(manager):
    rule = make_rule(
        manager.actor,
        trigger={"kind": "created"},
        steps=[
            {"kind": "wait", "settings": {"mode": "for", "count": "2", "unit": "d"}},
            set_to(city="서울시"),
        ],
    )
    customer(manager.actor)
    work()
    services.rule_switch(actor=manager.actor, rule=rule, active=False)
    assert runs(rule) == [(RunState.STOPPED, "off")]


def test_a_step_that_is_refused_tells_why_and_keeps_nobody_else(manager):
    rule = make_rule(
        manager.actor,
        trigger={"kind": "created"},
        steps=[set_to({"field": "email", "mode": "copy", "value": "city"})],
    )
    good = customer(manager.actor, name="좋음", city="a@example.com")
    bad = customer(manager.actor, name="나쁨", city="서울시")
    work()
    assert value(good, "email") == "a@example.com"
    assert runs(rule) == [(RunState.DONE, ""), (RunState.FAILED, "refused")]
    assert RuleRun.objects.get(record_id=bad).detail


def test_the_same_event_delivered_twice_runs_once(manager):
    rule = make_rule(manager.actor, trigger={"kind": "created"}, steps=[set_to(city="서울시")])
    customer(manager.actor)
    work()
    Delivery.objects.filter(handler="automation.written").update(
        state="pending", next_attempt_at=timezone.now()
    )
    from dangol.events.services import deliver_overdue

    deliver_overdue(late=timedelta(0), limit=10)
    assert runs(rule) == [(RunState.DONE, "")]


def test_what_is_undone_sets_nothing_off(manager):
    rule = make_rule(
        manager.actor, trigger={"kind": "changed", "fields": ["stage"]}, steps=[set_to(city="서울시")]
    )
    record = customer(manager.actor, stage="new")
    writing.update(CUSTOMER, record, {"stage": "active"}, actor=manager.actor, origin="undo")
    work()
    assert runs(rule) == []


def test_a_deleted_record_can_be_told_of(manager):
    rule = make_rule(manager.actor, trigger={"kind": "deleted"}, steps=[{"kind": "stop", "settings": {}}])
    record = customer(manager.actor)
    writing.delete(CUSTOMER, [record], actor=manager.actor)
    work()
    assert runs(rule) == [(RunState.STOPPED, "step")]


def test_trying_writes_nothing(manager):
    from dangol.automation import trying

    rule = make_rule(
        manager.actor,
        trigger={"kind": "changed", "fields": ["stage"], "to": "active"},
        condition='city = "서울시" and name contains "한빛"',
        steps=[
            {
                "kind": "branch",
                "settings": {"condition": "stage = active"},
                "then": [set_to(city="부산시")],
                "else": [],
            },
            set_to(description="x"),
        ],
        active=False,
    )
    record = customer(manager.actor, city="서울시", stage="new")
    change(manager.actor, record, stage="active")
    before = Recorded.objects.count()
    trial = trying.try_out(
        actor=manager.actor, record_type=CUSTOMER, definition=rule.current, record_id=record
    )
    assert [part.holds for part in trial.parts] == [True, True]
    assert trial.holds
    assert trial.changes[0][1]
    assert (trial.past.facts, trial.past.fitting) == (1, 1)
    assert "부산시" in trial.steps[1].says
    assert Recorded.objects.count() == before
    assert not RuleRun.objects.exists()
