"""What keeps rules from doing harm: loops, chains, too many runs, broken definitions, errors, lost workers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from dangol.automation import engine, ports, services
from dangol.automation.models import Rule, RuleRun, RunState
from dangol.automation.ports import Outcome, StepKind
from dangol.interactions.models import Notification
from dangol.records import registry, writing
from dangol.records.own import services as own_fields
from dangol.records.writing import Change
from tests.automation.work import change, customer, make_rule, runs, set_to, value, work

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_rule_that_sets_itself_off_stops_at_the_second_time(manager):
    rule = make_rule(
        manager.actor,
        trigger={"kind": "changed", "fields": ["city"]},
        steps=[set_to({"field": "city", "mode": "formula", "value": 'city & "!"'})],
    )
    record = customer(manager.actor, city="서울시")
    change(manager.actor, record, city="부산시")
    work()
    assert value(record, "city") == "부산시!"
    assert runs(rule) == [(RunState.DONE, ""), (RunState.STOPPED, "loop")]
    change(manager.actor, record, city="광주시")  # a new act of a person is a new chain
    work()
    assert value(record, "city") == "광주시!"


def test_two_rules_that_set_each_other_off_stop_too(manager):
    there = make_rule(
        manager.actor, trigger={"kind": "changed", "fields": ["city"]}, steps=[set_to({"field": "description", "mode": "copy", "value": "city"})]
    )  # fmt: skip
    make_rule(
        manager.actor, trigger={"kind": "changed", "fields": ["description"]}, steps=[set_to({"field": "city", "mode": "formula", "value": 'city & "?"'})]
    )  # fmt: skip
    record = customer(manager.actor, city="서울시")
    change(manager.actor, record, city="부산시")
    work()
    assert (RunState.STOPPED, "loop") in runs(there)
    assert len({run.chain for run in RuleRun.objects.all()}) == 1


def test_a_chain_of_rules_ends_after_five(manager):
    """Rules that each make a record: never the same record twice, so only the depth stops them."""
    lines = [{"field": "name", "mode": "formula", "value": 'name & "x"'}]
    make_rule(
        manager.actor,
        trigger={"kind": "created"},
        steps=[{"kind": "create", "settings": {"record_type": "customer", "lines": lines}}],
    )
    customer(manager.actor, name="처음")
    work(30)
    assert registry.get("customer").model._default_manager.filter(name__startswith="처음").count() == 6
    assert RuleRun.objects.filter(reason="depth").count() == 1


def test_a_rule_over_its_limit_switches_itself_off_and_says_so(manager):
    rule = make_rule(
        manager.actor, trigger={"kind": "created"}, steps=[set_to(city="서울시")], hourly_limit=5
    )
    rows = [Change({"name": f"고객 {at}"}) for at in range(8)]
    writing.write(registry.get("customer"), rows, actor=manager.actor)
    work()
    rule.refresh_from_db()
    assert (rule.is_active, rule.off_reason) == (False, "rate")
    assert RuleRun.objects.filter(reason="rate").count() == 3
    told = Notification.objects.get(kind="rule_off")
    assert (told.user_id, told.target_type, told.target_id) == (manager.id, "rule", rule.pk)
    assert "한 시간 동안 너무 자주" in manager.client.get(f"/automation/{rule.pk}/").content.decode()


def test_a_rule_whose_field_is_gone_is_switched_off_with_words(administrator):
    actor = administrator.actor
    field = own_fields.create(
        actor=actor, record_type="customer", name="x_score", kind="number", label_ko="점수"
    )
    rule = make_rule(
        actor, trigger={"kind": "created"}, condition="x_score > 3", steps=[set_to(city="서울시")]
    )
    own_fields.switch(actor=actor, definition=field, active=False)
    customer(actor)
    work()
    rule.refresh_from_db()
    assert (rule.is_active, rule.off_reason) == (False, "broken")
    assert "x_score" in rule.off_detail


def test_an_error_is_tried_again_and_in_the_end_given_up(manager):
    calls = []

    def broken(batch):
        calls.append(list(batch.ids))
        raise RuntimeError("nobody at home")

    step = ports.step_kind("stop")
    ports.register_step(
        StepKind("broken", "x", "x", step.parameters, step.check, step.says, step.preview, broken)
    )
    rule = make_rule(
        manager.actor,
        trigger={"kind": "created"},
        steps=[set_to(city="서울시"), {"kind": "broken", "settings": {}}],
    )
    record = customer(manager.actor, city="부산시")
    for _attempt in range(engine.MAX_ATTEMPTS):
        work()
        assert value(record, "city") == "부산시"  # what came before the error is taken back
        RuleRun.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    assert runs(rule) == [(RunState.FAILED, "error")]
    assert len(calls) == engine.MAX_ATTEMPTS
    assert "nobody at home" in RuleRun.objects.get().detail


def test_one_bad_record_does_not_keep_the_others(manager):
    def picky(batch):
        if len(batch.ids) > 1 or value(batch.ids[0], "name") == "나쁨":
            raise RuntimeError("no")
        return {batch.ids[0]: Outcome("done")}

    step = ports.step_kind("stop")
    ports.register_step(
        StepKind("picky", "x", "x", step.parameters, step.check, step.says, step.preview, picky)
    )
    make_rule(manager.actor, trigger={"kind": "created"}, steps=[{"kind": "picky", "settings": {}}])
    rows = [Change({"name": name}) for name in ("좋음", "나쁨", "더 좋음")]
    writing.write(registry.get("customer"), rows, actor=manager.actor)
    work()
    assert sorted(RuleRun.objects.values_list("state", flat=True)) == ["done", "done", "queued"]


def test_a_run_executed_twice_acts_once(manager, insider, teammate):
    make_rule(
        manager.actor,
        trigger={"kind": "created"},
        steps=[{"kind": "assign", "settings": {"mode": "turn", "people": [insider.id, teammate.id]}}],
    )
    record = customer(manager.actor)
    work()
    engine.execute(list(RuleRun.objects.values_list("pk", flat=True)))
    assert value(record, "owner_id") == insider.id


def test_old_runs_are_forgotten(manager):
    rule = make_rule(manager.actor, trigger={"kind": "created"}, steps=[set_to(city="서울시")])
    for _at in range(3):
        customer(manager.actor)
    work()
    RuleRun.objects.filter(pk=RuleRun.objects.order_by("id").first().pk).update(
        created_at=timezone.now() - timedelta(days=services.KEPT_DAYS + 1)
    )
    assert services.runs_forget() == 1
    assert RuleRun.objects.filter(rule=rule).count() == 2
    assert Rule.objects.get().is_active
