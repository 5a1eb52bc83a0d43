"""New values for many records: previewed, carried out in chunks, refused one by one."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from dangol.customers.models import Customer
from dangol.identity.actors import Actor
from dangol.records import registry, writing
from dangol.records.bulk import engine, runs
from dangol.records.bulk.edits import read_edits
from dangol.records.bulk.errors import BulkProblem
from dangol.records.bulk.selection import Selection
from dangol.records.models import Change as Recorded
from dangol.records.writing import Change
from tests.cast import Person
from tests.records.bulk.conftest import change, done, planned

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")
ALL = Selection()


def cities() -> list[str]:
    return list(Customer.objects.order_by("pk").values_list("city", flat=True))


def test_a_value_is_set_and_the_sums_add_up(insider: Person, mine: list[int]) -> None:
    run = done(insider.actor, ALL, settings=change(city={"set": "서울"}), chunk_rows=3)
    assert (run.state, run.rows, run.changed, run.unchanged, run.refused) == ("finished", 10, 5, 5, 0)
    assert set(cities()) == {"서울"}
    assert run.chunks.count() >= 3


def test_the_preview_says_what_the_act_then_does(insider: Person, mine: list[int], theirs: list[int]) -> None:
    plan, seen = planned(insider.actor, ALL, settings=change(city={"set": "서울"}))
    assert (seen.selected, seen.changing, seen.already, seen.forbidden) == (12, 5, 5, 2)
    assert cities().count("서울") == 5, "a preview changes nothing"
    assert not Recorded.objects.exists()
    example = seen.examples[0]
    assert [(field.name, old, new) for field, old, new in example.changes] == [("city", "부산", "서울")]
    run = engine.run(runs.run_create(plan, actor=insider.actor), insider.actor)
    assert (run.changed, run.unchanged, run.refused) == (5, 5, 2)


def test_what_one_may_not_change_is_refused_one_by_one(
    insider: Person, mine: list[int], theirs: list[int]
) -> None:
    run = done(insider.actor, Selection(ids=(*mine[:2], *theirs)), settings=change(city={"set": "인천"}))
    assert (run.changed, run.refused) == (2, 2)
    assert set(run.refusals.values_list("record_id", "code")) == {(one, "forbidden") for one in theirs}
    assert set(Customer.objects.filter(pk__in=theirs).values_list("city", flat=True)) == {"대전"}


def test_what_one_does_not_see_is_not_there(outsider: Person, mine: list[int]) -> None:
    run = done(outsider.actor, Selection(ids=tuple(mine)), settings=change(city={"set": "인천"}))
    assert (run.rows, run.changed, run.refused) == (10, 0, 10)
    assert set(run.refusals.values_list("code", flat=True)) == {"missing"}
    run = done(outsider.actor, ALL, settings=change(city={"set": "인천"}))
    assert run.rows == 0
    assert "인천" not in cities()


def test_a_filter_without_some_and_an_edit_that_leaves_the_filter(insider: Person, mine: list[int]) -> None:
    chosen = Selection(filter='city = "서울"', excluded=(mine[1],))
    run = done(insider.actor, chosen, settings=change(city={"set": "광주"}), chunk_rows=2)
    assert (run.rows, run.changed) == (4, 4)
    assert cities().count("광주") == 4
    assert Customer.objects.get(pk=mine[1]).city == "서울"


def test_what_comes_after_the_preview_is_left_alone(insider: Person, mine: list[int]) -> None:
    plan, _seen = planned(insider.actor, ALL, settings=change(city={"set": "인천"}))
    later = writing.create(registry.get("customer"), {"name": "늦은 고객"}, actor=insider.actor)
    run = engine.run(runs.run_create(plan, actor=insider.actor), insider.actor)
    assert run.rows == 10
    assert Customer.objects.get(pk=later).city == ""


@pytest.mark.django_db(transaction=True)
def test_a_field_that_somebody_changed_since_the_preview_is_not_written_over(
    insider: Person, manager: Person, mine: list[int]
) -> None:
    plan, _seen = planned(insider.actor, ALL, settings=change(city={"set": "인천"}))
    kind = registry.get("customer")
    writing.update(kind, mine[0], {"city": "울산"}, actor=manager.actor)
    writing.update(kind, mine[1], {"description": "다른 필드"}, actor=manager.actor)
    run = engine.run(runs.run_create(plan, actor=insider.actor), insider.actor)
    assert (run.changed, run.refused) == (9, 1)
    refusal = run.refusals.get()
    assert (refusal.record_id, refusal.code, refusal.field) == (mine[0], "conflict", "city")
    assert "최민준" in refusal.reason
    assert Customer.objects.get(pk=mine[0]).city == "울산"
    assert Customer.objects.get(pk=mine[1]).city == "인천"


def test_fields_are_cleared(insider: Person, mine: list[int]) -> None:
    run = done(insider.actor, ALL, settings=change(city={"clear": None}))
    assert run.changed == 10
    assert set(cities()) == {""}


def test_days_are_shifted_and_what_has_none_stays(insider: Person, mine: list[int]) -> None:
    kind = registry.get("customer")
    writing.update(kind, mine[0], {"since": "2026-02-27"}, actor=insider.actor)
    _plan, seen = planned(insider.actor, ALL, settings=change(since={"days": 7}))
    assert (seen.changing, seen.already) == (1, 9)
    run = done(insider.actor, ALL, settings=change(since={"days": 7}))
    assert (run.changed, run.unchanged) == (1, 9)
    assert Customer.objects.get(pk=mine[0]).since == date(2026, 2, 27) + timedelta(days=7)


def test_prices_change_by_per_cent_in_whole_won(manager: Person) -> None:
    kind = registry.get("product")
    rows = [
        Change({"code": f"P{n}", "name": f"제품 {n}", "list_price": price})
        for n, price in enumerate(("1005", "-3", "0.1"))
    ]
    ids = writing.write(kind, rows, actor=SYSTEM).created
    done(
        SYSTEM, Selection(ids=tuple(ids)), settings=change(list_price={"percent": "10"}), type_name="product"
    )
    prices = [kind.model._default_manager.get(pk=one).list_price for one in ids]
    assert prices[0] == Decimal(1106)
    assert prices[1] == Decimal(-3)
    assert prices[2] == Decimal("0.1")


def test_a_hand_over_brings_team_and_territory_along(
    manager: Person, insider: Person, outsider: Person, mine: list[int]
) -> None:
    run = done(manager.actor, Selection(ids=tuple(mine)), settings=change(owner={"hand_over": outsider.id}))
    assert (run.changed, run.refused) == (10, 0)
    handed = Customer.objects.filter(pk__in=mine)
    assert set(handed.values_list("owner_id", "team_id", "territory_id")) == {
        (outsider.id, outsider.user.team_id, outsider.user.territory_id)
    }


def test_a_record_that_breaks_a_rule_is_refused_and_the_others_go_on(
    insider: Person, mine: list[int]
) -> None:
    chosen = Selection(ids=tuple(mine[:3]))
    run = done(insider.actor, chosen, settings=change(parent={"set": mine[1]}))
    assert (run.changed, run.refused) == (2, 1)
    refusal = run.refusals.get()
    assert (refusal.record_id, refusal.field) == (mine[1], "parent")
    assert refusal.reason


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({}, "change"),
        (change(external_id={"set": "1"}), "external_id"),
        (change(created_at={"set": "2026-01-01"}), "created_at"),
        (change(stage={"set": "nonsense"}), "stage"),
        (change(stage={"days": 1}), "stage"),
        (change(name={"clear": None}), "name"),
        (change(since={"days": 0}), "since"),
        (change(city={"set": ""}), "city"),
        (change(owner={"hand_over": {"name": "아무도 아님"}}), "owner"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_field(insider: Person, settings: Any, field: str) -> None:
    with pytest.raises(BulkProblem) as caught:
        read_edits(registry.get("customer"), settings, insider.actor)
    assert caught.value.field == field
    assert str(caught.value)


def test_rights_are_those_of_the_moment_of_running(insider: Person, mine: list[int]) -> None:
    plan, _seen = planned(insider.actor, ALL, settings=change(city={"set": "인천"}))
    run = runs.run_create(plan, actor=insider.actor)
    insider.user.roles.clear()
    with pytest.raises(BulkProblem):
        engine.run(run, insider.actor)
    run.refresh_from_db()
    assert (run.state, run.rows) == ("failed", 0)
    assert run.message
    assert "인천" not in cities()
