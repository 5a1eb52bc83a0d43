from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dangol.methods.value_bridge import Step, bridge

amounts = st.integers(-(10**12), 10**12)
values = st.dictionaries(st.integers(0, 12), amounts)


def steps(found):
    return {change.step: (change.customers, change.amount) for change in found.steps}


def test_every_change_has_its_step():
    found = bridge({"a": 100, "b": 50, "c": 70, "d": 5}, {"a": 130, "b": 20, "d": 5, "e": 40})
    assert (found.before, found.after) == (225, 195)
    assert steps(found) == {
        Step.WON: (1, 40),
        Step.LOST: (1, -70),
        Step.GREW: (1, 30),
        Step.SHRANK: (1, -30),
        Step.MODEL_CHANGED: (0, 0),
    }


def test_what_new_parameters_did_is_told_apart_from_what_customers_did():
    found = bridge({"a": 100, "b": 50}, {"a": 150, "b": 45}, by_old_model={"a": 120, "b": 50})
    assert steps(found)[Step.GREW] == (1, 20)
    assert steps(found)[Step.SHRANK] == (0, 0)
    assert steps(found)[Step.MODEL_CHANGED] == (2, 25)


def test_zero_is_not_being_there():
    found = bridge({"a": 0, "b": 9}, {"a": 7, "b": 0})
    assert steps(found)[Step.WON] == (1, 7)
    assert steps(found)[Step.LOST] == (1, -9)


@given(values, values, st.data())
def test_steps_add_up_to_the_last_minor_unit(before, after, data):
    old = {customer: data.draw(amounts) for customer in after} if data.draw(st.booleans()) else None
    found = bridge(before, after, by_old_model=old)
    assert found.before == sum(before.values())
    assert found.after == sum(after.values())
    assert found.before + sum(change.amount for change in found.steps) == found.after
    by_step = steps(found)
    assert by_step[Step.WON][1] >= 0
    assert by_step[Step.LOST][1] <= 0
    assert by_step[Step.GREW][1] >= 0
    assert by_step[Step.SHRANK][1] <= 0


def test_decimals_add_up_exactly_too():
    found = bridge({1: Decimal("0.1"), 2: Decimal("0.2")}, {1: Decimal("0.3")})
    assert found.after - found.before == sum(change.amount for change in found.steps) == Decimal("0.0")


def test_nobody_at_either_date_is_a_bridge_of_nothing():
    assert bridge({}, {}).after == 0


def test_amounts_that_do_not_add_up_exactly_are_refused():
    with pytest.raises(TypeError, match="not float"):
        bridge({1: 0.1}, {1: 0.2})
    with pytest.raises(TypeError, match="not Decimal, int"):
        bridge({1: 1}, {1: Decimal(1)})
    with pytest.raises(ValueError, match="customer 1: NaN is not an amount"):
        bridge({1: Decimal("NaN")}, {})
    with pytest.raises(ValueError, match="customer 2 is valued by one of the two models only"):
        bridge({1: 1}, {1: 1, 2: 2}, by_old_model={1: 1})
