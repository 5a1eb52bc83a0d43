"""A customer whose usual days between orders have long passed is to be called."""

from __future__ import annotations

import pytest
from django.utils import timezone

from dangol.insight.figures import late_order
from dangol.interactions.steps.registry import LEAVING, PLANNED
from dangol.records import registry, writing
from dangol.records.lists import record_get
from tests.cast import Person

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("days", "urgency"), [(20, None), (50, LEAVING), (300, PLANNED)])
def test_a_late_order_is_told_by_the_usual_interval(insider: Person, days: int, urgency: int | None) -> None:
    customer = writing.create(registry.get("customer"), {"name": "한빛정밀"}, actor=insider.actor)
    record = record_get(actor=insider.actor, record_type=registry.get("customer"), record_id=customer)
    assert record is not None
    record |= {"rfm.segment": "at_risk", "value.interval": 30, "rfm.recency": days, "rfm.monetary": None}
    found = late_order(insider.actor, record, timezone.now())
    assert [step.urgency for step in found] == ([urgency] if urgency else [])
