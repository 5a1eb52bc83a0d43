"""A list in groups: counts, totals, and what opens them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dangol.customers.models import Customer
from dangol.records import groups, permissions, writing

pytestmark = pytest.mark.django_db


def test_groups_count_and_add_up_what_the_actor_may_see(insider, outsider, machines):
    for name, state, price in (("a", "running", 100), ("b", "running", 300), ("c", "stopped", None)):
        writing.create(
            machines, {"code": name, "name": name, "state": state, "price": price}, actor=insider.actor
        )
    writing.create(
        machines, {"code": "z", "name": "z", "state": "running", "price": 9999}, actor=outsider.actor
    )
    known = permissions.fields_for(insider.actor, machines)
    found = groups.group_list(
        actor=insider.actor,
        record_type=machines,
        tree=None,
        grouping=groups.grouping_of("state", known),
        totals=groups.totals_of(known, ["price", "name"]),
        patience=5000,
    )
    assert found is not None
    assert found.exact
    by = {group.value: group for group in found.groups}
    assert by["running"].count == 2
    assert by["running"].totals[0].sum == Decimal(400)
    assert by["running"].totals[0].average == Decimal(200)
    assert by["stopped"].totals[0].sum is None
    page = insider.client.get("/machines/?group=state").content.decode()
    assert "400" in page
    assert "9,999" not in page


@pytest.mark.parametrize("span", ["month", "quarter", "year"])
def test_groups_of_dates_open_exactly_their_records(insider, customers, span):
    for day in ("2025-12-31", "2026-01-01", "2026-02-15", "2026-04-01"):
        writing.create(customers, {"name": day, "since": day}, actor=insider.actor)
    writing.create(customers, {"name": "언제인지 모름"}, actor=insider.actor)
    known = permissions.fields_for(insider.actor, customers)
    found = groups.group_list(
        actor=insider.actor, record_type=customers, tree=None,
        grouping=groups.grouping_of(f"since:{span}", known), patience=5000,
    )  # fmt: skip
    assert found is not None
    from dangol.records.lists import record_count

    for group in found.groups:
        counted = record_count(actor=insider.actor, record_type=customers, tree=group.tree)
        assert counted.value == group.count
    assert sum(group.count for group in found.groups) == 5
    assert len(found.groups) == {"month": 5, "quarter": 4, "year": 3}[span]
    assert found.groups[-1].value is None


def test_groups_by_a_reference_do_not_name_what_the_actor_may_not_see(insider, outsider, customers):
    parent = writing.create(customers, {"name": "비밀 모회사"}, actor=outsider.actor)
    child = writing.create(customers, {"name": "자회사"}, actor=insider.actor)
    Customer.objects.filter(pk=child).update(parent_id=parent)
    known = permissions.fields_for(insider.actor, customers)
    found = groups.group_list(
        actor=insider.actor, record_type=customers, tree=None, grouping=groups.grouping_of("parent", known),
        patience=5000,
    )  # fmt: skip
    assert found is not None
    (group,) = found.groups
    assert (group.hidden, group.value, group.tree) == (True, None, None)
    page = insider.client.get("/customers/?group=parent").content.decode()
    assert "비밀 모회사" not in page
    assert f"parent+%3D+{parent}" not in page


def test_groups_that_take_too_long_say_at_least_so_many(insider, customers, some, monkeypatch):
    known = permissions.fields_for(insider.actor, customers)
    real = groups.rows_within
    asked = []

    def slow(milliseconds, sql, parameters):
        asked.append(milliseconds)
        return None if len(asked) == 1 else real(5000, sql, parameters)

    monkeypatch.setattr(groups, "rows_within", slow)
    monkeypatch.setattr(groups, "SAMPLE", 2)
    found = groups.group_list(
        actor=insider.actor, record_type=customers, tree=None, grouping=groups.grouping_of("stage", known),
        totals=(), patience=100,
    )  # fmt: skip
    assert found is not None
    assert not found.exact
    assert sum(group.count for group in found.groups) == 2
    assert asked == [100, 50]
