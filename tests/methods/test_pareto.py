from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from dangol.methods import pareto

money = st.lists(st.decimals(-1000, 10000, places=3), min_size=1, max_size=80)


def test_the_best_fifth_of_five_is_one():
    assert pareto.best(
        [Decimal(1), Decimal(80), Decimal(5), Decimal(4), Decimal(10)], Decimal("0.2")
    ) == pareto.Point(1, Decimal(80), Decimal(80))
    assert pareto.share_of_best(
        [Decimal(1), Decimal(80), Decimal(5), Decimal(4), Decimal(10)], Decimal("0.2")
    ) == Decimal("0.8")


def test_a_broken_fifth_is_rounded_up():
    assert pareto.best([Decimal(1)] * 4372, Decimal("0.2")).customers == 875


def test_without_a_positive_total_there_is_no_share():
    assert pareto.share_of_best([Decimal(-5), Decimal(5)], Decimal("0.2")) is None
    assert pareto.share_of_best([], Decimal("0.2")) is None


def test_gini_is_zero_among_equals_and_near_one_when_one_has_all():
    assert pareto.gini([Decimal(7)] * 10) == 0
    assert pareto.gini([Decimal(0)] * 99 + [Decimal(5)]) == Decimal("0.99")
    assert pareto.gini([Decimal(1), Decimal(2), Decimal(3), Decimal(4)]) == Decimal("0.25")
    assert pareto.gini([Decimal(-1)]) is None


@given(money)
def test_gini_lies_between_zero_and_one_and_equals_the_mean_difference(values):
    result = pareto.gini(values)
    if result is None:
        return
    held = [max(value, Decimal(0)) for value in values]
    pairs = sum((abs(a - b) for a in held for b in held), Decimal(0))
    assert abs(result - pairs / (2 * len(held) * sum(held))) < Decimal("1e-9")
    assert 0 <= result < 1


@given(money)
def test_a_point_of_the_curve_names_exactly_the_customers_behind_it(values):
    points = pareto.curve(values, steps=10)
    assert points[-1].customers == len(values)
    assert points[-1].value == sum(values)
    for point in points:
        behind = [value for value in values if value >= point.least]
        assert len(behind) == point.customers
        assert sum(behind) == point.value
