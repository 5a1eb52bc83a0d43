from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_ind

from dangol.methods import lift
from dangol.methods.lift import Reason, Verdict


def two(seed, count=400, more=0.0):
    rng = np.random.default_rng(seed)
    return rng.gamma(2, 50, count) + more, rng.gamma(2, 50, count)


def test_a_difference_of_means_is_welchs():
    treated, control = two(1, more=30)
    found = lift.means(treated, control)
    expected = ttest_ind(treated, control, equal_var=False).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.verdict is Verdict.MORE
    assert found.relative[1] < found.relative[0] < found.relative[2]


def test_where_the_interval_contains_zero_nothing_is_claimed():
    found = lift.means(*two(2))
    assert found.low < 0 < found.high
    assert found.verdict is Verdict.CANNOT_TELL
    assert found.reason is Reason.INTERVAL_CONTAINS_ZERO
    assert lift.incremental(found, 1000).verdict is Verdict.CANNOT_TELL


def test_too_few_customers_say_nothing_however_clear_they_look():
    found = lift.means([100.0, 101.0, 102.0], [1.0, 2.0, 3.0])
    assert found.low > 0
    assert found.verdict is Verdict.CANNOT_TELL
    assert found.reason is Reason.TOO_FEW


def test_newcombes_example_comes_out():
    """Newcombe 1998, table II, (a) 56/70 - 48/80 by method 10: 0.0524 to 0.3339."""
    found = lift.proportions(56, 70, 48, 80)
    assert found.difference == pytest.approx(0.2)
    assert (round(found.low, 4), round(found.high, 4)) == (0.0524, 0.3339)


def test_wilsons_interval_is_that_of_newcombes_paper():
    """Newcombe, Statistics in Medicine 17, 1998, pp. 857–872: 81/263 gives 0.2553 to 0.3662."""
    low, high = lift.wilson(81, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
    assert lift.wilson(0, 0) == (0.0, 1.0)
    assert lift.wilson(0, 10)[0] == 0.0
    assert lift.wilson(10, 10)[1] == 1.0


@given(st.integers(1, 300), st.data())
def test_a_share_lies_in_its_interval(of, data):
    yes = data.draw(st.integers(0, of))
    low, high = lift.wilson(yes, of)
    assert 0 <= low <= yes / of <= high <= 1


def test_shares_at_their_ends_keep_an_interval_of_some_width():
    found = lift.proportions(0, 200, 0, 200)
    assert found.low < 0 < found.high
    assert found.verdict is Verdict.CANNOT_TELL
    assert found.relative is None


def test_a_ratio_counts_customers_and_not_orders():
    """One customer with most orders moves the ratio much; the interval must know."""
    rng = np.random.default_rng(3)
    orders, control_orders = (rng.poisson(3, 500) + 1.0 for _ in range(2))
    own, other = rng.gamma(5, 10, 500), rng.gamma(5, 10, 500)
    found = lift.ratios((own * orders, orders), (other * control_orders, control_orders))
    assert found.difference == pytest.approx(
        (own * orders).sum() / orders.sum() - (other * control_orders).sum() / control_orders.sum()
    )
    single = lift.means(np.repeat(own, orders.astype(int)), np.repeat(other, control_orders.astype(int)))
    assert found.high - found.low > 1.5 * (single.high - single.low)


def test_the_delta_method_agrees_with_drawing_customers_anew():
    rng = np.random.default_rng(4)
    orders = rng.poisson(2, 600) + 1.0
    value = orders * rng.gamma(4, 10, 600)
    found = lift.ratios((value, orders), (value[::-1], orders[::-1]))
    drawn = []
    for _ in range(2000):
        taken = rng.integers(0, 600, 600)
        drawn.append(value[taken].sum() / orders[taken].sum())
    assert (found.high - found.low) / 2 / 1.959964 == pytest.approx(sqrt(2) * np.std(drawn), rel=0.08)


def test_numbers_from_before_make_the_interval_narrower_and_leave_the_effect():
    rng = np.random.default_rng(5)
    before = rng.gamma(2, 50, 2000)
    after = before + rng.normal(0, 20, 2000)
    treated = np.arange(2000) % 2 == 0
    after[treated] += 3
    plain = lift.means(after[treated], after[~treated])
    found = lift.cuped(after[treated], after[~treated], before[treated], before[~treated])
    assert found.variance_kept < 0.15
    assert found.high - found.low < 0.4 * (plain.high - plain.low)
    assert found.low < 3 < found.high
    assert plain.verdict is Verdict.CANNOT_TELL
    assert found.verdict is Verdict.MORE
    assert found.variance_kept == pytest.approx(
        ((found.high - found.low) / (plain.high - plain.low)) ** 2, rel=0.01
    )


def test_a_number_that_never_varies_frees_of_nothing():
    treated, control = two(6)
    found = lift.cuped(treated, control, np.ones(400), np.ones(400))
    assert (found.low, found.high) == (lift.means(treated, control).low, lift.means(treated, control).high)
    assert found.variance_kept == 1.0


@pytest.mark.parametrize("by", ["means", "cuped", "differences", "ratios"])
def test_nineteen_in_twenty_intervals_hold_the_truth(by):
    """400 seeded trials; a true 0.95 gives 0.92 … 0.98."""
    held = 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        before = rng.gamma(2, 50, 300)
        after = before + rng.normal(0, 40, 300)
        after[:150] += 10
        groups = (after[:150], after[150:])
        if by == "means":
            found = lift.means(*groups)
        elif by == "cuped":
            found = lift.cuped(*groups, before[:150], before[150:])
        elif by == "differences":
            found = lift.differences(before[:150], after[:150], before[150:], after[150:])
        else:
            found = lift.ratios((groups[0], np.ones(150)), (groups[1], np.ones(150)))
        held += found.low <= 10 <= found.high
    assert 0.92 <= held / 400 <= 0.98


def test_shares_hold_the_truth_too():
    rng = np.random.default_rng(7)
    held = 0
    for _ in range(1000):
        found = lift.proportions(int(rng.binomial(200, 0.06)), 200, int(rng.binomial(150, 0.02)), 150)
        held += found.low <= 0.04 <= found.high
    assert 0.93 <= held / 1000 <= 0.985


def test_what_is_called_detectable_is_detected_four_times_in_five():
    rng = np.random.default_rng(8)
    spread = lift.means(rng.normal(0, 10, 200), rng.normal(0, 10, 200)).detectable
    seen = sum(
        lift.means(rng.normal(spread, 10, 200), rng.normal(0, 10, 200)).verdict is Verdict.MORE
        for _ in range(600)
    )
    assert 0.72 <= seen / 600 <= 0.88
    assert lift.customers_needed(10, 2.8016) == pytest.approx(200, abs=1)


def test_differences_in_differences_take_away_what_moved_both():
    rng = np.random.default_rng(9)
    before, control_before = rng.normal(100, 5, 300), rng.normal(60, 5, 300)
    after, control_after = (
        before * 1.0 + 20 + 7 + rng.normal(0, 2, 300),
        control_before + 20 + rng.normal(0, 2, 300),
    )
    found = lift.differences(before, after, control_before, control_after)
    assert found.low < 7 < found.high
    assert found.treated == pytest.approx(27, abs=1)
    alone = lift.before_after(before, after)
    assert alone.difference == pytest.approx(27, abs=1)
    assert alone.verdict is Verdict.MORE


def test_money_is_the_effect_times_those_reached():
    found = lift.means(*two(10, more=40))
    money = lift.incremental(found, 1000)
    assert (money.amount, money.low, money.high) == (
        found.difference * 1000, found.low * 1000, found.high * 1000)  # fmt: skip


def test_a_control_too_near_to_nothing_gives_no_relative_lift():
    rng = np.random.default_rng(11)
    assert lift.means(rng.normal(5, 1, 100), rng.normal(0, 1, 100)).relative is None


def test_fiellers_interval_holds_the_truth():
    rng = np.random.default_rng(12)
    held = 0
    for _ in range(600):
        relative = lift.means(rng.normal(12, 6, 100), rng.normal(10, 6, 100)).relative
        held += relative[1] <= 0.2 <= relative[2]
    assert 0.925 <= held / 600 <= 0.975


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda: lift.means([1.0], [1.0, 2.0]), "treated: at least two customers"),
        (lambda: lift.means([1.0, 2.0], [1.0, float("inf")]), "control: values are finite; row 1"),
        (lambda: lift.proportions(5, 4, 1, 4), "treated: 5 of 4 customers cannot be"),
        (lambda: lift.ratios(([1, 2], [0, 0]), ([1, 2], [1, 1])), "denominators add up to 0"),
        (lambda: lift.cuped([1, 2], [1, 2], [1, 2, 3], [1, 2]), "number from before"),
        (lambda: lift.differences([1, 2], [1, 2, 3], [1, 2], [1, 2]), "treated: every customer"),
        (lambda: lift.means([1, 2], [1, 2], level=95), "a level lies between 0 and 1: 95"),
        (lambda: lift.customers_needed(10, 0), "difference not 0"),
        (lambda: lift.incremental(lift.means([1, 2], [1, 2]), -1), "fewer than none"),
    ],
)
def test_what_cannot_be_is_refused(act, said):
    with pytest.raises(ValueError, match=said):
        act()


def test_customers_who_are_all_the_same_give_an_interval_of_no_width():
    found = lift.means([5.0] * 50, [5.0] * 50)
    assert (found.low, found.high) == (0, 0)
    assert found.verdict is Verdict.CANNOT_TELL
