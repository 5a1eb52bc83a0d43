"""What to do next with a customer, and why."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from dangol.interactions.services import interaction_log
from dangol.interactions.steps import steps
from dangol.interactions.steps.registry import OVERDUE, SILENT
from dangol.records import registry, writing
from dangol.records.lists import record_get
from tests.cast import Person

pytestmark = pytest.mark.django_db


def create(person: Person, of: str, **values: Any) -> int:
    return writing.create(registry.get(of), values, actor=person.actor)


def next_with(person: Person, customer: int) -> list[Any]:
    record = record_get(actor=person.actor, record_type=registry.get("customer"), record_id=customer)
    assert record is not None
    return steps(person.actor, record, timezone.now())


@pytest.fixture
def customer(insider: Person) -> int:
    return create(insider, "customer", name="한빛정밀", stage="active")


def test_an_overdue_task_comes_before_a_silent_decider(insider: Person, customer: int) -> None:
    create(insider, "contact", customer=customer, name="최은호", job_title="이사")
    interaction_log(
        actor=insider.actor,
        kind="task",
        subject="견적 보내기",
        customer_id=customer,
        due_at=timezone.now() - timedelta(days=2),
    )
    found = next_with(insider, customer)
    assert [(step.title, step.urgency) for step in found] == [
        ("견적 보내기", OVERDUE),
        ("최은호 이사에게 전화", SILENT),
    ]
    assert "마감" in found[0].reason
    assert "결정권자" in found[1].reason


def test_a_call_with_the_decider_takes_the_step_away(insider: Person, customer: int) -> None:
    contact = create(insider, "contact", customer=customer, name="최은호", job_title="이사")
    assert len(next_with(insider, customer)) == 1
    interaction_log(actor=insider.actor, kind="call", subject="안부", contact_id=contact)
    assert next_with(insider, customer) == []


def test_a_prospect_is_called_sooner_than_a_customer(insider: Person) -> None:
    for stage, days, expected in (("prospect", 20, 1), ("active", 20, 0), ("active", 50, 1), ("lost", 50, 0)):
        customer = create(insider, "customer", name=f"{stage} {days}", stage=stage)
        interaction_log(
            actor=insider.actor,
            kind="call",
            subject="안부",
            customer_id=customer,
            occurred_at=timezone.now() - timedelta(days=days),
        )
        assert len(next_with(insider, customer)) == expected, (stage, days)


def test_a_planned_meeting_is_enough(insider: Person, customer: int) -> None:
    interaction_log(
        actor=insider.actor,
        kind="meeting",
        subject="미팅",
        customer_id=customer,
        occurred_at=timezone.now() + timedelta(days=3),
    )
    assert next_with(insider, customer) == []


def test_colleagues_of_another_team_get_no_tasks_of_ours(
    insider: Person, outsider: Person, customer: int
) -> None:
    interaction_log(actor=insider.actor, kind="task", subject="우리 일", customer_id=customer)
    record = record_get(actor=insider.actor, record_type=registry.get("customer"), record_id=customer)
    assert record is not None
    record = {name: value for name, value in record.items() if not name.startswith("~")}
    assert "우리 일" not in [step.title for step in steps(outsider.actor, record, timezone.now())]
