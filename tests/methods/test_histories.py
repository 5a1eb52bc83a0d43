import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dangol.methods.histories import Histories, bought_later, summarise


def test_equal_customers_become_one_row_and_come_back_in_their_order():
    histories = Histories.of([2, 0, 2, 1], [3.0, 0.0, 3.0, 1.0], [9.0, 9.0, 9.0, 9.0])
    assert len(histories.weight) == 3
    assert histories.weight.sum() == histories.customers == 4
    assert histories.frequencies().tolist() == [2, 0, 2, 1]
    assert histories.spread(histories.recency).tolist() == [3, 0, 3, 1]


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 6), st.integers(0, 4)), min_size=1, max_size=40))
def test_folding_loses_nobody(rows):
    x = [row[0] for row in rows]
    last = [float(row[1]) if row[0] else 0.0 for row in rows]
    age = [6.0 + row[2] for row in rows]
    histories = Histories.of(x, last, age)
    assert histories.frequencies().tolist() == x
    assert histories.spread(histories.recency).tolist() == last
    assert histories.spread(histories.age).tolist() == age
    level, ages, pair = histories.pairs
    assert level[pair].tolist() == histories.frequency.tolist()
    assert ages[pair].tolist() == histories.age.tolist()


@pytest.mark.parametrize(
    ("x", "last", "age", "said"),
    [
        ([1, -1], [1, 0], [9, 9], "frequency is a whole number from 0; row 1 has -1"),
        ([1.5], [1], [9], "frequency is a whole number"),
        ([1], [10], [9], "recency lies between 0 and the age"),
        ([1], [0], [9], "exactly where nothing was bought again"),
        ([0], [2], [9], "exactly where nothing was bought again"),
        ([0], [0], [0], "age is a finite number above 0"),
        ([0], [0], [float("nan")], "age is a finite number above 0"),
        ([], [], [], "no customers"),
        ([1, 2], [1], [9], "one value per customer"),
    ],
)
def test_a_history_that_cannot_be_is_refused_by_name_and_row(x, last, age, said):
    with pytest.raises(ValueError, match=said):
        Histories.of(x, last, age)


def test_purchases_of_one_day_are_one_and_the_first_is_no_repeat():
    found = summarise(["b", "a", "a", "a", "a"], [5, 0, 0, 7, 14], until=21, values=[8, 1, 2, 10, 20])
    assert found.customers.tolist() == ["a", "b"]
    assert found.histories.frequencies().tolist() == [2, 0]
    assert found.histories.spread(found.histories.recency).tolist() == [2.0, 0.0]
    assert found.histories.spread(found.histories.age)[0] == 3.0
    assert found.spend[0] == 15.0
    assert np.isnan(found.spend[1])
    assert found.first.tolist() == [0, 5]


def test_a_day_of_returns_is_no_purchase_and_is_counted():
    found = summarise([1, 1, 1], [0, 7, 9], until=30, values=[10, 20, -5])
    assert found.histories.frequencies().tolist() == [1]
    assert found.left_out == 1
    assert found.spend.tolist() == [20.0]


def test_what_comes_after_the_end_is_held_out():
    who, days = [1, 1, 1, 2, 3], [0, 10, 30, 5, 25]
    found = summarise(who, days, until=20)
    assert found.customers.tolist() == [1, 2]
    assert found.histories.frequencies().tolist() == [1, 0]
    assert bought_later(found, who, days, after=20, until=40).tolist() == [1, 0]


def test_nobody_and_odd_columns_are_errors():
    with pytest.raises(ValueError, match="nothing was bought up to day 3"):
        summarise([1], [4], until=3)
    with pytest.raises(ValueError, match="nobody was known before day 4"):
        summarise([1], [4], until=4)
    with pytest.raises(ValueError, match="days are whole numbers"):
        summarise([1], [4.5], until=9)
    with pytest.raises(ValueError, match="values are finite; row 0"):
        summarise([1], [4], until=9, values=[float("nan")])
