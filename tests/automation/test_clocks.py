"""Rules by the clock and by dates: each date once, missed days made up for."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone

from dangol.automation import clocks
from dangol.automation.models import RuleClock, RuleRun
from tests.automation.work import change, customer, make_rule, set_to, value, work

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = date(2026, 11, 20)


def test_a_date_sets_a_rule_off_once_for_each_value(manager):
    rule = make_rule(
        manager.actor, trigger={"kind": "date", "field": "since", "days": -3}, steps=[set_to(city="서울시")]
    )
    soon = customer(manager.actor, since="2026-11-23")
    later = customer(manager.actor, since="2026-11-24", city="부산시")
    assert clocks.start_reached(TODAY) == 1
    assert clocks.start_reached(TODAY) == 0
    work()
    assert (value(soon, "city"), value(later, "city")) == ("서울시", "부산시")
    change(manager.actor, soon, since="2026-11-24")
    assert clocks.start_reached(TODAY + timedelta(days=1)) == 2
    assert RuleRun.objects.filter(rule=rule).count() == 3


def test_days_without_a_worker_are_made_up_for(manager):
    make_rule(
        manager.actor, trigger={"kind": "date", "field": "since", "days": 0}, steps=[set_to(city="서울시")]
    )
    customer(manager.actor, since="2026-11-21")
    customer(manager.actor, since="2026-11-23")
    assert clocks.start_reached(TODAY) == 0
    assert clocks.start_reached(TODAY + timedelta(days=4)) == 2


def test_a_rule_by_the_clock_goes_over_all_records_that_meet_its_condition(manager):
    rule = make_rule(
        manager.actor,
        trigger={"kind": "schedule", "every": "day", "at": "09:00"},
        condition="stage = new",
        steps=[set_to(city="서울시")],
    )
    new, old = customer(manager.actor, stage="new"), customer(manager.actor, stage="active", city="부산시")
    assert clocks.start_due() == 0  # the first time is the next nine o'clock
    RuleClock.objects.update(next_at=timezone.now() - timedelta(days=3))
    assert clocks.start_due() == 1  # three days missed are made up for once
    assert clocks.start_due() == 0
    work()
    assert (value(new, "city"), value(old, "city")) == ("서울시", "부산시")
    assert RuleRun.objects.filter(rule=rule).count() == 1


@pytest.mark.parametrize(
    ("trigger", "now", "then"),
    [
        ({"every": "hour"}, "2026-11-20 10:20", "2026-11-20 11:00"),
        ({"every": "day", "at": "09:00"}, "2026-11-20 08:59", "2026-11-20 09:00"),
        ({"every": "day", "at": "09:00"}, "2026-11-20 09:00", "2026-11-21 09:00"),
        ({"every": "week", "at": "09:00", "weekday": 0}, "2026-11-20 10:00", "2026-11-23 09:00"),
        ({"every": "week", "at": "09:00", "weekday": 4}, "2026-11-20 10:00", "2026-11-27 09:00"),
    ],
)
def test_the_next_time_is_by_the_clock_of_the_company(trigger, now, then):
    moment = datetime.fromisoformat(now).replace(tzinfo=clocks.zone())
    assert clocks.next_at(trigger, moment) == datetime.fromisoformat(then).replace(tzinfo=clocks.zone())
