from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dangol.methods import rfm

DAY = date(2026, 11, 20)


def bought(customer, order, day, amount, *, sale=True):
    return rfm.Purchase(customer, order, day, sale, Decimal(amount))


def test_every_combination_of_scores_has_exactly_one_of_eight_segments():
    table = rfm.segment_of_scores()
    assert len(table) == 125
    assert set(table.values()) == set(rfm.SEGMENTS)
    assert sum(Counter(table.values()).values()) == 125


@pytest.mark.parametrize(
    ("scores", "name"),
    [
        ((5, 5, 5), "champions"),
        ((3, 5, 5), "loyal"),
        ((5, 1, 5), "new"),
        ((4, 2, 2), "growing"),
        ((3, 1, 1), "needs_attention"),
        ((1, 5, 5), "at_risk"),
        ((2, 1, 1), "asleep"),
        ((1, 1, 1), "lost"),
    ],
)
def test_the_name_follows_from_recency_first(scores, name):
    assert rfm.segment(*scores) == name


def test_better_recency_never_makes_a_segment_of_those_who_stayed_away():
    away = {"at_risk", "asleep", "lost"}
    for (r, f, m), name in rfm.segment_of_scores().items():
        assert (name in away) == (r <= 2), (r, f, m)


def test_a_score_outside_one_to_five_is_refused():
    with pytest.raises(ValueError, match="between 1 and 5"):
        rfm.segment(0, 1, 1)


def test_ten_different_values_give_two_customers_to_each_score():
    assert rfm.fifths(list(range(10))) == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_equal_values_get_equal_scores_and_lift_those_above_them():
    assert rfm.fifths([1, 1, 1, 1, 2, 3, 4, 5, 6, 7]) == [1, 1, 1, 1, 3, 3, 4, 4, 5, 5]


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=60))
def test_scores_rise_with_values_and_do_not_depend_on_order(values):
    scores = rfm.fifths(values)
    assert all(1 <= score <= 5 for score in scores)
    by_value = dict(zip(values, scores, strict=True))
    ordered = [by_value[value] for value in sorted(by_value)]
    assert ordered == sorted(ordered)
    assert rfm.fifths(values[::-1]) == scores[::-1]
    for value, score in by_value.items():
        worse = sum(other < value for other in values)
        assert score > 5 * worse / len(values) >= score - 1


def test_returns_lower_the_value_but_are_no_purchases():
    measures = rfm.measure(
        [
            bought(1, 10, date(2026, 11, 1), "100.005"),
            bought(1, 10, date(2026, 11, 1), "50"),
            bought(1, 11, date(2026, 11, 1), "1"),
            bought(1, 12, date(2026, 11, 19), "-30", sale=False),
        ],
        DAY,
    )
    assert measures == {1: rfm.Rfm(recency=19, frequency=2, monetary=Decimal("121.005"))}


def test_a_customer_with_returns_only_has_never_bought():
    assert rfm.measure([bought(1, 10, DAY, "-5", sale=False)], DAY) == {}


def test_a_sale_dated_after_the_data_day_counts_as_today():
    assert rfm.measure([bought(1, 10, date(2027, 1, 1), "5")], DAY)[1].recency == 0


def test_fewer_than_five_customers_are_not_scored():
    four = {person: rfm.Rfm(person, 1, Decimal(1)) for person in range(4)}
    assert rfm.score(four) == {}
    assert len(rfm.score({**four, 9: rfm.Rfm(9, 1, Decimal(1))})) == 5
