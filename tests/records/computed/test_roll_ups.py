"""Roll-ups are what a computation from scratch gives, whatever way the related records were written."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dangol.records import filters, permissions, registry, writing
from dangol.records.lists import record_get, record_list
from dangol.records.models import OwnField, RollUpCheck, RollUpValue
from dangol.records.own import roll_checks, rolling, services
from dangol.records.own.roll_sql import plan_of
from tests.records.own.conftest import SYSTEM

MACHINE, REPAIR = "machine", "repair"


def value(name, record_id, actor=SYSTEM):
    return record_get(actor=actor, record_type=registry.get(MACHINE), record_id=record_id, columns=[name])[
        name
    ]


def ids(text="", sort=None, actor=SYSTEM, record_type=MACHINE):
    found = registry.get(record_type)
    tree = filters.parse(text, found, actor=actor)
    return [row["id"] for row in record_list(actor=actor, record_type=found, tree=tree, sort=sort).rows]


def test_every_function_gives_what_it_says(machine, repair, roll_up, own):
    own(REPAIR, "x_day", "date")
    own(REPAIR, "x_grade", "choice")
    first, second = machine(), machine()
    repair(first, cost=10, x_day="2026-01-02", x_grade="gold", title="가")
    repair(first, cost=5, x_day="2026-03-02", x_grade="silver", title="나")
    repair(first, title="다")
    roll_up("x_n", "count")
    roll_up("x_paid", "count", where="cost > 5")
    roll_up("x_sum", "sum", "cost")
    roll_up("x_mean", "average", "cost")
    roll_up("x_low", "min", "cost")
    roll_up("x_last", "max", "x_day")
    roll_up("x_title", "latest", "title", by="x_day")
    roll_up("x_tone", "latest", "x_grade", by="x_day")
    row = record_get(actor=SYSTEM, record_type=registry.get(MACHINE), record_id=first)
    assert (row["x_n"], row["x_paid"], row["x_sum"], row["x_mean"], row["x_low"]) == (
        3,
        1,
        15,
        Decimal("7.5"),
        5,
    )
    assert (row["x_last"], row["x_title"], row["x_tone"]) == (dt.date(2026, 3, 2), "나", "silver")
    row = record_get(actor=SYSTEM, record_type=registry.get(MACHINE), record_id=second)
    assert (row["x_n"], row["x_sum"], row["x_mean"], row["x_last"], row["x_title"]) == (
        0,
        0,
        None,
        None,
        None,
    )
    third = machine()
    assert (value("x_n", third), value("x_low", third)) == (0, None)
    assert ids("x_n = 0", ["id"]) == ids("x_mean is empty", ["id"]) == [second, third]
    assert ids("x_sum > 10 and x_last >= 2026-03-01 and x_title contains 나") == [first]
    assert ids('x_tone = "은"') == [first]
    assert ids("not (x_low < 7)", ["id"]) == [second, third]


def test_all_ways_of_writing_keep_it(machine, repair, roll_up, insider):
    first, second = machine(), machine()
    roll_up("x_n", "count")
    roll_up("x_sum", "sum", "cost")
    type_ = registry.get(REPAIR)
    one = repair(first, cost=3)
    many = writing.write(
        type_, [writing.Change({"machine": first, "title": f"{n}", "cost": n}) for n in range(40)], actor=insider.actor
    ).ids  # fmt: skip
    assert (value("x_n", first), value("x_sum", first)) == (41, 783)
    writing.update(type_, one, {"machine": second}, actor=insider.actor)
    assert (value("x_sum", first), value("x_sum", second), value("x_n", second)) == (780, 3, 1)
    writing.write(
        type_, [writing.Change({"cost": 1}, id=record_id) for record_id in many], actor=insider.actor
    )
    assert value("x_sum", first) == 40
    writing.delete(type_, many[:10], actor=insider.actor)
    assert (value("x_sum", first), value("x_n", first)) == (30, 30)
    writing.restore(type_, many[:5], actor=insider.actor)
    assert value("x_n", first) == 35
    writing.purge(type_, many[:10], actor=SYSTEM)
    assert value("x_n", first) == 30
    with connection.cursor() as cursor:
        cursor.execute("UPDATE workshop_repair SET cost = 100 WHERE id = %s", [many[20]])
    assert value("x_sum", first) == 129
    before = record_get(actor=SYSTEM, record_type=registry.get(MACHINE), record_id=first)["version"]
    repair(first, cost=1)
    assert record_get(actor=SYSTEM, record_type=registry.get(MACHINE), record_id=first)["version"] == before
    writing.purge(registry.get(MACHINE), [machine()], actor=SYSTEM)
    assert set(RollUpValue.objects.values_list("record_id", flat=True)) == {first, second}


def test_a_list_sorted_by_a_roll_up_walks_its_index(machine, repair, roll_up, insider):
    numbered = [machine() for _ in range(7)]
    for place, record_id in enumerate(numbered):
        for _ in range(place % 3):
            repair(record_id, cost=place)
    roll_up("x_n", "count")
    roll_up("x_low", "min", "cost")
    for sort in ("x_n", "x_low"):
        for sign in ("", "-"):
            seen, after = [], None
            while True:
                page = record_list(
                    actor=insider.actor, record_type=registry.get(MACHINE), sort=[sign + sort], limit=2, after=after, columns=[sort]
                )  # fmt: skip
                seen += page.rows
                after = page.next
                if after is None:
                    break
            keys = [row[sort] for row in seen if row[sort] is not None]
            assert len({row["id"] for row in seen}) == 7
            assert keys == sorted(keys, reverse=bool(sign))


def test_formulas_use_roll_ups_and_roll_ups_use_formulas(machine, repair, roll_up, formula):
    formula(REPAIR, "x_vat", "cost * 1.1")
    roll_up("x_total", "sum", "x_vat")
    formula(MACHINE, "x_share", "x_total / 11 * 100")
    record_id = machine()
    repair(record_id, cost=10)
    assert value("x_share", record_id) == 100
    definition = OwnField.objects.get(name="x_vat")
    services.change(actor=SYSTEM, definition=definition, settings={"formula": "cost * 2"})
    assert "x_total" not in registry.get(MACHINE).fields
    rolling.settle(OwnField.objects.get(name="x_total").pk)
    assert value("x_total", record_id) == 20
    total = OwnField.objects.get(name="x_total")
    other = {"child": REPAIR, "through": MACHINE, "function": "latest", "value": "title", "by": "created_at"}
    with pytest.raises(ValidationError, match="x_share"):
        services.change(actor=SYSTEM, definition=total, settings=other)
    for name in ("x_vat", "x_total"):
        with pytest.raises(ValidationError):
            services.delete(actor=SYSTEM, definition=OwnField.objects.get(name=name))


def test_a_total_is_shown_only_where_all_it_counts_may_be_seen(
    machine, repair, roll_up, insider, outsider, manager
):
    from dataclasses import replace

    record_id = machine()
    repair(record_id, cost=10)
    roll_up("x_sum", "sum", "cost")
    assert value("x_sum", record_id, insider.actor) == 10
    everything = frozenset({"all"})
    no_repairs = replace(outsider.actor, grants={(MACHINE, "view"): everything})
    own_repairs = replace(
        outsider.actor, grants={(MACHINE, "view"): everything, (REPAIR, "view"): frozenset({"own"})}
    )
    assert "x_sum" not in permissions.fields_for(no_repairs, registry.get(MACHINE))
    assert ids("x_sum = 10", actor=no_repairs) == ids("x_sum > 0", actor=own_repairs) == []
    assert value("x_sum", record_id, own_repairs) is None
    assert ids("", ["-x_sum"], actor=own_repairs) == [record_id]


def test_through_an_own_reference(machine, roll_up, own):
    own(MACHINE, "x_line", "reference", settings={"target": MACHINE})
    own(MACHINE, "x_kw", "number")
    main = machine()
    part = machine(x_line=main, x_kw="2.5")
    roll_up("x_load", "sum", "x_kw", child=MACHINE, through="x_line")
    assert value("x_load", main) == Decimal("2.5")
    writing.update(registry.get(MACHINE), part, {"x_kw": "4"}, actor=SYSTEM)
    assert value("x_load", main) == 4
    writing.update(registry.get(MACHINE), part, {"x_line": None}, actor=SYSTEM)
    assert value("x_load", main) == 0


def test_switched_off_it_costs_nothing_and_comes_back_right(machine, repair, roll_up):
    definition = roll_up("x_n", "count")
    record_id = machine()
    services.switch(actor=SYSTEM, definition=definition, active=False)
    rolling.settle(definition.pk)
    assert _triggers() == []
    repair(record_id)
    services.switch(actor=SYSTEM, definition=definition, active=True)
    rolling.settle(definition.pk)
    assert value("x_n", record_id) == 1
    assert len(_triggers()) == 5
    from dangol.records.own import removing

    services.delete(actor=SYSTEM, definition=definition)
    removing.remove(definition.pk, SYSTEM)
    assert _triggers() == []
    assert not RollUpValue.objects.exists()
    repair(record_id)


def _triggers():
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'dangol_roll%'")
        return [row[0] for row in cursor.fetchall()]


def test_the_nightly_check_finds_drift_mends_it_and_tells(machine, repair, roll_up):
    definition = roll_up("x_n", "count")
    record_id = machine()
    repair(record_id)
    roll_checks.check_all()
    assert RollUpCheck.objects.get().drifted == 0
    RollUpValue.objects.filter(record_id=record_id).update(number=99)
    roll_checks.check_all()
    assert value("x_n", record_id) == 1
    assert RollUpCheck.objects.get().drifted == 1
    assert [good for _field, good, _text in roll_checks.findings()] == [False]
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER dangol_rolls_repair_insert ON workshop_repair")
    assert not roll_checks.has_trigger(definition)
    roll_checks.check_all()
    assert roll_checks.has_trigger(definition)
    assert [good for _field, good, _text in roll_checks.findings()] == [True]


def test_a_filter_with_today_follows_the_day(machine, repair, roll_up, own, monkeypatch):
    own(REPAIR, "x_day", "date")
    definition = roll_up("x_new", "count", where="x_day >= today - 7d")
    assert definition.settings["moving"]
    record_id = machine()
    repair(record_id, x_day=(dt.date.today() - dt.timedelta(days=6)).isoformat())
    assert value("x_new", record_id) == 1
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now + dt.timedelta(days=3))
    roll_checks.follow_the_day()
    assert value("x_new", record_id) == 0
    repair(record_id, x_day=(dt.date.today() - dt.timedelta(days=6)).isoformat())
    repair(record_id, x_day=dt.date.today().isoformat())
    assert value("x_new", record_id) == 1
    roll_checks.check_all()
    assert RollUpCheck.objects.get().drifted == 0
    RollUpValue.objects.update(number=5)
    roll_checks.follow_the_day()
    assert value("x_new", record_id) == 5


@pytest.mark.parametrize(
    ("settings_", "field"),
    [
        ({"child": "customer"}, "child"),
        ({"function": "product"}, "function"),
        ({"function": "sum", "value": "title"}, "value"),
        ({"function": "sum", "value": "machine"}, "value"),
        ({"function": "latest", "value": "title"}, "by"),
        ({"function": "count", "where": "cost >"}, "where"),
        ({"function": "count", "where": "machine.price > 3"}, "where"),
        ({"function": "count", "where": "created_by = me"}, "where"),
        ({"function": "count", "places": 11}, "places"),
    ],
)
def test_what_makes_no_roll_up_is_refused(settings_, field, roll_up):
    with pytest.raises(ValidationError) as caught:
        services.create(
            actor=SYSTEM, record_type=MACHINE, name="x_bad", kind="roll_up", label_ko="x",
            settings={"child": REPAIR, "through": MACHINE, "function": "count", **settings_},
        )  # fmt: skip
    assert field in caught.value.message_dict


STEP = st.tuples(
    st.sampled_from(["new", "many", "move", "cost", "bin", "back", "purge", "sql", "grade"]),
    st.integers(0, 9),
    st.integers(0, 3),
    st.integers(-50, 50),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, max_size=12))
def test_after_any_writes_every_value_is_the_one_from_scratch(  # noqa: C901 - one branch for each way of writing
    steps, machine, repair, roll_up, own, insider
):
    if "x_grade" not in registry.get(REPAIR).fields:
        own(REPAIR, "x_grade", "choice")
        own(REPAIR, "x_day", "date")
        roll_up("x_n", "count", where="x_grade = gold or cost > 10")
        roll_up("x_sum", "sum", "cost")
        roll_up("x_low", "min", "cost", where="cost is not empty")
        roll_up("x_mean", "average", "cost")
        roll_up("x_title", "latest", "title", by="x_day")
    machines = [machine() for _ in range(4)]
    type_ = registry.get(REPAIR)
    alive, binned = [], []
    for what, which, target, number in steps:
        one = alive[which % len(alive)] if alive else None
        if what == "new":
            alive.append(
                repair(machines[target], cost=number, x_day=f"2026-01-{which + 1:02}", title=f"{number}")
            )
        elif what == "many":
            changes = [
                writing.Change(
                    {"title": f"{n}", "machine": machines[n % 4], "cost": n * number, "x_grade": "gold"}
                )
                for n in range(25)
            ]
            alive += writing.write(type_, changes, actor=insider.actor).ids
        elif what == "back" and binned:
            alive.append(binned.pop())
            writing.restore(type_, [alive[-1]], actor=insider.actor)
        elif one is None:
            continue
        elif what == "move":
            writing.update(type_, one, {"machine": machines[target]}, actor=insider.actor)
        elif what == "cost":
            writing.update(type_, one, {"cost": number or None}, actor=insider.actor)
        elif what == "grade":
            writing.update(type_, one, {"x_grade": "gold" if number > 0 else None}, actor=insider.actor)
        elif what == "bin":
            alive.remove(one)
            binned.append(one)
            writing.delete(type_, [one], actor=insider.actor)
        elif what == "purge":
            alive.remove(one)
            writing.purge(type_, [one], actor=SYSTEM)
        elif what == "sql":
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE workshop_repair SET cost = cost + 1, machine_id = %s WHERE id %% 2 = 0", [machines[target]]
                )  # fmt: skip
    for definition in rolling.kept():
        assert roll_checks.check(definition, mend=False).drifted == 0
    total = sum((row["cost"] or 0) for row in record_list(actor=SYSTEM, record_type=type_, limit=500, columns=["cost", "machine"]).rows if row["machine"].id == machines[0])  # fmt: skip
    assert value("x_sum", machines[0]) == total
    assert plan_of(OwnField.objects.get(name="x_n")).zero
